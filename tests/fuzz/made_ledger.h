// A ledger out of a fuzzer's bytes: people with fixed keys sign whatever bodies the bytes spell, so that what is behind a signature is
// reached too. Without a store of blocks: the machine's state alone, over one scratch database.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "ledger/body.h"
#include "ledger/log.h"
#include "ledger/machine.h"
#include "ledger/store.h"
#include "ledger/wire.h"
#include "tests/fuzz/harness.h"

namespace ain::ledger {

inline constexpr int64_t kMadeStartMs = 1'700'000'000'000, kMadeStepMs = 600'000;

struct MadeActor {
  std::unique_ptr<Signer> signer;
  AccountId account;
};

// T is the treasury, S the sequencer, the rest are people; G and J also govern and judge.
inline const std::array<MadeActor, 8>& made_actors() {
  static const std::array<MadeActor, 8> actors = [] {
    std::array<MadeActor, 8> made;
    for (size_t i = 0; i < made.size(); ++i) {
      made[i].signer = key_from_seed(std::string(32, "TSPVAOGJ"[i]));
      made[i].account = account_of(made[i].signer->public_key());
    }
    return made;
  }();
  return actors;
}

inline Genesis made_genesis() {
  const auto& actors = made_actors();
  Genesis genesis;
  genesis.name = "fuzz";
  genesis.created_ms = kMadeStartMs;
  genesis.treasury = actors[0].signer->public_key();
  genesis.sequencer = actors[1].signer->public_key();
  genesis.supply = Amount::micro(1'000'000'000);
  genesis.faucet = Amount::micro(5'000'000);
  genesis.parameters.fee_ppm = 20'000;
  genesis.parameters.bond_min = Amount::micro(1000);
  genesis.parameters.governors = {{actors[6].account}, 1};
  genesis.parameters.arbiters = {{actors[7].account}, 1};
  return genesis;
}

inline const std::string& made_network() {
  static const std::string network = network_id(made_genesis());
  return network;
}

// Signed over these very bytes, whatever they are.
inline std::string signed_bytes(std::string_view typ, std::string_view payload, const Signer& signer) {
  const std::string input = base64url_encode(fmt::format(R"({{"alg":"EdDSA","typ":"{}"}})", typ)) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(as_view(signer.sign(input)));
}

inline std::string made_envelope(const MadeActor& actor, int64_t nonce, int64_t time_ms, std::string_view type, std::string_view body) {
  return signed_bytes("ain-tx",
                      fmt::format(R"({{"account":"{}","body":{},"key":"{}","network":"{}","nonce":{},"type":"{}","valid_until":{}}})",
                                  actor.account.text(), body, key_text(actor.signer->public_key()), made_network(), nonce, type,
                                  time_ms + kMadeStepMs),
                      *actor.signer);
}

// The state at genesis, again and again: what is flushed after it is rolled back by the next begin().
class MadeLedger {
 public:
  MadeLedger() : rules_(rules_of(made_genesis())), db_(open_scratch_store()), state_(db_) {
    start(state_, rules_);
    state_.flush([](const std::string&, const std::optional<std::string>&) {});
  }

  Database& database() { return db_; }
  State& state() { return state_; }
  const Rules& rules() const { return rules_; }
  // To the store; what was written reads back as what it is. `sink` hears of each row.
  void flush(const RowSink& sink) {
    state_.flush([&](const std::string& key, const std::optional<std::string>& value) {
      if (value && !key.starts_with("account/")) must(canonical(to_json(row_from_text(key, *value))) == *value);
      sink(key, value);
    });
  }
  void begin() {
    changes_.reset();
    changes_.emplace(db_);
    state_.forget();
    time_ms_ = kMadeStartMs;
    height_ = 0;
  }

  struct Step {
    std::string envelope;
    std::optional<Transaction> tx;  // as decoded; nothing: it was refused before the machine saw it
    Outcome outcome;
    BlockContext block;
    Digest writes{};
  };
  // One transaction, a block of its own: two bytes say who, how much later and which type; a text is the body.
  Step step(Input& input) {
    const uint8_t who = input.byte();
    static const std::vector<std::string_view> types = type_names();
    const std::string_view type = types[input.below(static_cast<uint32_t>(types.size()))];
    return step(made_actors()[who & 7], who >> 3, type, input.text());
  }
  Step step(const MadeActor& actor, int64_t later, std::string_view type, std::string_view body) {
    time_ms_ += later * kMadeStepMs;
    Step step;
    step.block = {height_ + 1, time_ms_};
    step.envelope = made_envelope(actor, state_.account(actor.account).nonce + 1, time_ms_, type, body);
    step.tx = value_or_error([&] { return decode_transaction(step.envelope); });
    if (!step.tx) return step;
    step.outcome = apply(state_, rules_, *step.tx, step.block);
    if (!step.outcome.ok()) {
      must(!state_.dirty() && !step.outcome.reason.empty());
      return step;
    }
    check_money(step.tx->account);
    step.writes = state_.writes();
    state_.accept();
    ++height_;
    return step;
  }

 private:
  // Money only moves.
  void check_money(const AccountId& sender) {
    int64_t sum = 0;  // below 2^53 each, and some hundreds
    for (const Movement& movement : state_.movements(sender)) {
      must(state_.balance(movement.holder).micro() >= 0);
      sum += movement.delta;
    }
    must(sum == 0);
  }
  const Rules rules_;
  Database db_;
  std::optional<SqlTransaction> changes_;
  State state_;
  int64_t time_ms_ = kMadeStartMs, height_ = 0;
};

}  // namespace ain::ledger
