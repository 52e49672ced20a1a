#include "tests/sim/ledger/simulation.h"

#include "base/encoding.h"

namespace ain::ledger::sim {
namespace {

constexpr int64_t kStartMs = 1'700'000'000'000;

// One history's randomness has nothing to do with the next one's (SplitMix64).
uint64_t mix(uint64_t seed, int64_t history) {
  uint64_t x = seed * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(history) + 1;
  for (const uint64_t factor : {0xbf58476d1ce4e5b9, 0x94d049bb133111eb}) x = (x ^ x >> 30) * factor;
  return x ^ x >> 31;
}

// The same transaction as it comes over the wire, where its key can sign.
Transaction decoded(const Transaction& tx, const Cast& cast) {
  for (size_t i = 0; i < Cast::kKeys; ++i) {
    if (cast.key(i) != tx.key) continue;
    const Signer& signer = cast.signer(tx.key);
    return decode_transaction(tx.batch ? sign_batch(tx.network, tx.account, tx.nonce, tx.valid_until_ms, {tx.bodies}, signer)
                                       : sign_transaction(tx.network, tx.account, tx.nonce, tx.valid_until_ms, tx.bodies[0], signer));
  }
  return tx;
}

}  // namespace

struct Simulation::History {
  Setup setup;
  Generator generator;
  Model model;
  Checks checks;
  BlockContext block{1, kStartMs};
  std::vector<Taken> taken;
  bool stored = false;    // blocks go into the store, and some are lost in a crash
  bool enveloped = false; // transactions come as signed envelopes
};

Position& position() {
  thread_local Position here;
  return here;
}

Counts& Counts::operator+=(const Counts& other) {
  const auto add = [](auto& mine, const auto& theirs) { for (size_t i = 0; i < mine.size(); ++i) mine[i] += theirs[i]; };
  add(refused, other.refused);
  add(taken, other.taken);
  add(ended, other.ended);
  crashes += other.crashes;
  replays += other.replays;
  return *this;
}

std::optional<std::string> Simulation::run(int64_t number) {
  papers_.forget_if_many();
  position() = {number, 0};
  Generator generator(mix(seed_, number), cast_, papers_, catalogue_);
  const Setup setup = generator.setup();
  const bool stored = generator.one_in(6), enveloped = generator.one_in(64);
  History history{setup, generator, Model(setup, papers_, catalogue_.pools), Checks(setup.supply), {1, kStartMs}, {}, stored, enveloped};
  history.generator.watch(history.model);
  machine_.begin(setup);
  std::string differs;
  try {
    differs = play(history);
  } catch (const std::exception& error) {
    differs = fmt::format("it threw: {}", error.what());
  }
  machine_.end();
  if (differs.empty()) return std::nullopt;
  return fmt::format("step {}: {}", position().step, differs);
}

std::string Simulation::play(History& history) {
  if (std::string differs = step(history, history.generator.opening(history.block.time_ms)); !differs.empty()) return differs;
  for (int64_t left = transactions_ - 1; left > 0;) {
    if (std::string differs = play_block(history, left); !differs.empty()) return differs;
  }
  return finish(history);
}

std::string Simulation::play_block(History& history, int64_t& left) {
  Generator& generator = history.generator;
  const bool crashes = history.stored && generator.one_in(6);
  if (history.stored) machine_.commit_block();
  std::optional<World> world;
  std::optional<Checks> checks;
  if (crashes) {
    world = history.model.world;
    checks = history.checks;
  }
  const size_t taken = history.taken.size();
  ++history.block.height;
  history.block.time_ms = generator.next_time(history.block.time_ms);
  for (int i = generator.block_size(); i > 0 && left > 0; --i, --left) {
    if (std::string differs = step(history, generator.next(history.block.time_ms)); !differs.empty()) return differs;
  }
  if (!crashes) return {};
  ++counts_.crashes;
  machine_.crash(generator.one_in(2) ? Machine::Crash::before_flush : Machine::Crash::before_commit);
  history.model.world = std::move(*world);
  history.checks = std::move(*checks);
  // Who sent what was lost sends it again, mostly.
  for (size_t i = taken; i < history.taken.size(); ++i) generator.send_again(std::move(history.taken[i].tx));
  history.taken.resize(taken);
  std::string differs = history.checks.money(machine_.state(), history.model);
  if (differs.empty()) differs = history.checks.records(machine_.state(), history.model);
  return differs.empty() ? differs : "after a crash: " + differs;
}

std::string Simulation::step(History& history, Transaction tx) {
  ++position().step;
  if (history.enveloped) tx = decoded(tx, cast_);
  const Outcome outcome = machine_.apply(tx, history.block);
  const Broken broken = history.model.apply(tx, history.block.time_ms);
  ++counts_.refused[static_cast<size_t>(outcome.refusal)];
  State& state = machine_.state();
  std::string differs;
  if (outcome.ok() ? broken.any() : !broken.has(outcome.refusal)) {
    differs = fmt::format("the machine says {} ({}), the model {}", refusal_name(outcome.refusal), outcome.reason, broken.text());
  } else if (outcome.ok()) {
    differs = history.checks.moved(state, tx, history.model);
    for (const Body& body : tx.bodies) ++counts_.taken[body.index()];
    history.taken.push_back({tx, history.block, history.stored ? std::optional(state.writes()) : std::nullopt});
    state.accept();
  } else if (state.dirty()) {
    differs = "a refused transaction has written";
  }
  if (differs.empty()) differs = compare(history, tx);
  if (differs.empty()) return differs;
  return fmt::format("{}\n  {} by {} at {}: {}", differs, tx.type(), tx.account.text(), history.block.time_ms, canonical(body_json(tx)));
}

std::string Simulation::compare(History& history, const Transaction& tx) {
  State& state = machine_.state();
  Checks& checks = history.checks;
  const Model& model = history.model;
  if (std::string differs = checks.money(state, model); !differs.empty()) return differs;
  if (std::string differs = checks.account(state, tx.account, model); !differs.empty()) return differs;
  for (size_t i = 0; i < tx.bodies.size(); ++i) {
    const std::optional<Digest> escrow = std::visit([&](const auto& body) -> std::optional<Digest> {
      if constexpr (requires { body.escrow; }) return body.escrow;
      else if constexpr (requires { body.deposit; }) return transaction_id(tx, i);
      else return std::nullopt;
    }, tx.bodies[i]);
    if (!escrow) continue;
    if (std::string differs = checks.escrow(state, *escrow, model); !differs.empty()) return differs;
  }
  return {};
}

std::string Simulation::finish(History& history) {
  std::string differs;
  const auto look = [&] { if (differs.empty()) differs = history.checks.records(machine_.state(), history.model); };
  if (!history.stored) look();
  machine_.commit_block();
  if (machine_.total().micro() != history.setup.supply) return "the store does not hold all money";
  if (history.stored) look();  // as they are read again
  if (!differs.empty()) return "at the end: " + differs;
  for (const auto& [id, escrow] : history.model.world.escrows) ++counts_.ended[static_cast<size_t>(escrow.phase)];
  const Digest root = machine_.root();
  if (history.stored) machine_.rebuild_root();
  if (machine_.root() != root) return "the root of the store is not the one that grew with it";
  return replay(history, root);
}

// From genesis, in one block and without what was refused, it ends in the same root.
std::string Simulation::replay(const History& history, const Digest& root) {
  again_.begin(history.setup);
  std::string differs;
  for (const Taken& taken : history.taken) {
    const Outcome outcome = again_.apply(taken.tx, taken.block);
    if (!outcome.ok()) differs = fmt::format("replay refuses what was taken: {}", outcome.reason);
    else if (taken.writes && again_.state().writes() != *taken.writes) differs = "replay writes something else";
    else again_.state().accept();
    if (!differs.empty()) break;
  }
  if (differs.empty()) {
    again_.commit_block();
    if (again_.root() != root) differs = "replay ends in another root";
  } else {
    again_.state().discard();
  }
  again_.end();
  ++counts_.replays;
  return differs;
}

}  // namespace ain::ledger::sim
