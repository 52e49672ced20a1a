// The ledger's answers as JSON. An escrow's, an offer's and an attribution's JSON is also their value under
// the state root: a member more there is another protocol.
#include <array>

#include "base/encoding.h"
#include "ledger/body.h"
#include "ledger/ledger.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr std::array<std::string_view, 4> kPhaseNames{"open", "leased", "closed", "refunded"};
constexpr size_t kReasonBytesMax = 4096;

EscrowPhase read_phase(ObjectReader& reader) {
  std::string name = reader.string("phase", 16);
  for (size_t i = 0; i < kPhaseNames.size(); ++i) {
    if (kPhaseNames[i] == name) return static_cast<EscrowPhase>(i);
  }
  reader.fail_member("phase", "not a phase");
}

std::vector<Payout> read_payouts(ObjectReader& reader, const char* name) {
  std::vector<Payout> payouts;
  for (const Json& item : reader.array(name, kPayeesMax)) {
    ObjectReader payout(item, "payout");
    std::string payee = payout.string("account", 128);
    if (!is_payee_id(payee)) payout.fail_member("account", "not an account or an unclaimed hash");
    payouts.push_back({payee, read_amount(payout, "amount")});
    payout.finish();
  }
  return payouts;
}

Digest read_digest_or_zero(ObjectReader& reader, const char* name) {
  return reader.has(name) ? read_digest(reader, name) : Digest{};
}

template <typename BodyType>
BodyType read_body(std::string_view type, const Json& value) {
  return std::get<BodyType>(body_from_json(type, value));
}

}  // namespace

std::string_view phase_name(EscrowPhase phase) { return kPhaseNames.at(static_cast<size_t>(phase)); }

Json to_json(const AccountState& account) {
  return {{"account", account.account.text()},
          {"available", account.available.micro()},
          {"escrowed", account.escrowed.micro()},
          {"nonce", account.nonce},
          {"faucet_taken", account.faucet_taken}};
}

AccountState account_state_from_json(const Json& value) {
  ObjectReader reader(value, "account");
  AccountState account;
  account.account = read_account(reader, "account");
  account.available = read_amount(reader, "available");
  account.escrowed = read_amount(reader, "escrowed");
  account.nonce = reader.integer("nonce", 0, kTimeMaxMs);
  account.faucet_taken = reader.boolean("faucet_taken");
  reader.finish();
  return account;
}

Json to_json(const OfferState& offer) {
  return {
      {"account", offer.account.text()}, {"offer", body_json(offer.offer)}, {"expires_ms", offer.expires_ms}};
}

OfferState offer_state_from_json(const Json& value) {
  ObjectReader reader(value, "offer");
  OfferState offer;
  offer.account = read_account(reader, "account");
  offer.offer = read_body<Offer>("offer", reader.object("offer"));
  offer.expires_ms = reader.integer("expires_ms", 0, INT64_MAX);
  reader.finish();
  return offer;
}

Json to_json(const Payout& payout) { return {{"account", payout.payee}, {"amount", payout.amount.micro()}}; }

// A key or digest of a phase that has none yet has no member.
Json to_json(const EscrowState& escrow) {
  Json authors = Json::array();
  for (const Payout& payout : escrow.paid_authors) authors.push_back(to_json(payout));
  Json value{{"escrow", to_hex(escrow.id)},
             {"payer", escrow.payer.text()},
             {"payer_key", key_text(escrow.payer_key)},
             {"terms", body_json(escrow.terms)},
             {"royalty_ppm", escrow.royalty_ppm},
             {"phase", phase_name(escrow.phase)},
             {"opened_ms", escrow.opened_ms},
             {"opened_height", escrow.opened_height},
             {"accept_by_ms", escrow.accept_by_ms},
             {"run_by_ms", escrow.run_by_ms},
             {"run_us", escrow.run_us},
             {"paid_provider", escrow.paid_provider.micro()},
             {"paid_authors", std::move(authors)},
             {"refunded", escrow.refunded.micro()}};
  if (escrow.provider_key != PublicKey{}) value["provider_key"] = key_text(escrow.provider_key);
  if (!is_zero(escrow.closed_by)) value["closed_by"] = to_hex(escrow.closed_by);
  return value;
}

EscrowState escrow_state_from_json(const Json& value) {
  ObjectReader reader(value, "escrow");
  EscrowState escrow;
  escrow.id = read_digest(reader, "escrow");
  escrow.payer = read_account(reader, "payer");
  escrow.payer_key = read_key(reader, "payer_key");
  escrow.terms = read_body<EscrowOpen>("escrow_open", reader.object("terms"));
  escrow.royalty_ppm = reader.integer("royalty_ppm", 0, INT64_MAX);
  escrow.phase = read_phase(reader);
  if (reader.has("provider_key")) escrow.provider_key = read_key(reader, "provider_key");
  escrow.opened_ms = reader.integer("opened_ms", 0, INT64_MAX);
  escrow.opened_height = reader.integer("opened_height", 0, INT64_MAX);
  escrow.accept_by_ms = reader.integer("accept_by_ms", 0, INT64_MAX);
  escrow.run_by_ms = reader.integer("run_by_ms", 0, INT64_MAX);
  escrow.closed_by = read_digest_or_zero(reader, "closed_by");
  escrow.run_us = reader.integer("run_us", 0, INT64_MAX);
  escrow.paid_provider = read_amount(reader, "paid_provider");
  escrow.paid_authors = read_payouts(reader, "paid_authors");
  escrow.refunded = read_amount(reader, "refunded");
  reader.finish();
  return escrow;
}

// Only what was applied is in the log, so the code is always 0; it is there for readers of other ledgers'
// exports.
Json to_json(const HistoryEntry& entry) {
  const Transaction& tx = entry.transaction;
  return {{"txid", to_hex(entry.txid)},
          {"height", entry.height},
          {"time", entry.time_ms},
          {"type", type_name(tx.body)},
          {"account", tx.account.text()},
          {"nonce", tx.nonce},
          {"code", static_cast<int>(Refusal::none)},
          {"body", body_json(tx.body)}};
}

Json to_json(const Applied& applied) {
  return {{"code", static_cast<int>(applied.refusal)},
          {"refusal", refusal_name(applied.refusal)},
          {"reason", applied.reason},
          {"txid", to_hex(applied.txid)},
          {"height", applied.height},
          {"time", applied.time_ms},
          {"root", to_hex(applied.root)},
          {"replayed", applied.replayed}};
}

Applied applied_from_json(const Json& value) {
  ObjectReader reader(value, "transaction's result");
  Applied applied;
  auto refusal = refusal_from_code(reader.integer("code", 0, INT64_MAX));
  if (!refusal) reader.fail_member("code", "a refusal that this version of ain does not know");
  applied.refusal = *refusal;
  if (reader.string("refusal", 64) != refusal_name(*refusal))
    reader.fail_member("refusal", "not the code's name");
  applied.reason = reader.string("reason", kReasonBytesMax);
  applied.txid = read_digest(reader, "txid");
  applied.height = reader.integer("height", 0, kTimeMaxMs);
  applied.time_ms = reader.integer("time", 0, kTimeMaxMs);
  applied.root = read_digest(reader, "root");
  applied.replayed = reader.boolean("replayed");
  reader.finish();
  return applied;
}

Json to_json(const VerifyReport& report) {
  return {{"ok", report.problems.empty()},   {"transactions", report.transactions},
          {"height", report.height},         {"root", to_hex(report.root)},
          {"checkpoint", report.checkpoint}, {"problems", report.problems}};
}

Json to_json(const LogEntry& entry) {
  return {{"height", entry.height},
          {"time", entry.time_ms},
          {"txid", to_hex(entry.txid)},
          {"root", to_hex(entry.root)},
          {"envelope", entry.envelope}};
}

LogEntry log_entry_from_json(const Json& value) {
  ObjectReader reader(value, "entry of the log");
  LogEntry entry;
  entry.height = reader.integer("height", 1, kTimeMaxMs);
  entry.time_ms = reader.integer("time", 0, kTimeMaxMs);
  entry.txid = read_digest(reader, "txid");
  entry.root = read_digest(reader, "root");
  entry.envelope = reader.string("envelope", kEnvelopeBytesMax);
  reader.finish();
  return entry;
}

}  // namespace ain::ledger
