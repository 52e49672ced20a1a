// The ledger's answers as JSON.
#include "base/encoding.h"
#include "ledger/ledger.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr size_t kTextBytesMax = 4096;

template <typename T>
T row_of(std::string_view kind, const Json& value) {
  try {
    return std::get<T>(row_from_json(kind, value));
  } catch (const Error& error) {
    throw Error(ErrorKind::failed, error.message());
  }
}

}  // namespace

OfferState offer_state_from_json(const Json& value) { return row_of<OfferState>("offer/", value); }
EscrowState escrow_state_from_json(const Json& value) { return row_of<EscrowState>("escrow/", value); }
ParametersState parameters_state_from_json(const Json& value) { return row_of<ParametersState>(kParametersKey, value); }
KeyState key_state_from_json(const Json& value) { return row_of<KeyState>("key/", value); }
BondState bond_state_from_json(const Json& value) { return row_of<BondState>("bond/", value); }
RepositoryState repository_state_from_json(const Json& value) { return row_of<RepositoryState>("repository/", value); }
FingerprintState fingerprint_state_from_json(const Json& value) { return row_of<FingerprintState>("fingerprint/", value); }
ClaimState claim_state_from_json(const Json& value) { return row_of<ClaimState>("claim/", value); }

Json to_json(const AccountState& account) {
  return {{"account", account.account.text()},      {"available", account.available.micro()}, {"escrowed", account.escrowed.micro()},
          {"bonded", account.bonded.micro()},       {"nonce", account.nonce},                 {"faucet_taken", account.faucet_taken}};
}

AccountState account_state_from_json(const Json& value) {
  ObjectReader reader(value, "account");
  AccountState account;
  account.account = read_account(reader, "account");
  account.available = read_amount(reader, "available");
  account.escrowed = read_amount(reader, "escrowed");
  account.bonded = read_amount(reader, "bonded");
  account.nonce = reader.integer("nonce", 0, kTimeMaxMs);
  account.faucet_taken = reader.boolean("faucet_taken");
  reader.finish();
  return account;
}

// Only what was applied is in the log, so the code is always 0; it is there for readers of other ledgers' exports.
Json to_json(const HistoryEntry& entry) {
  const Transaction& tx = entry.transaction;
  Json movements = Json::array();
  for (const Movement& movement : entry.movements) movements.push_back({{"holder", movement.holder.text()}, {"delta", movement.delta}});
  return {{"txid", to_hex(entry.txid)}, {"index", entry.index},         {"height", entry.height},
          {"time", entry.time_ms},      {"type", tx.type()},            {"account", tx.account.text()},
          {"nonce", tx.nonce},          {"code", static_cast<int>(Refusal::none)}, {"body", body_json(tx)},
          {"movements", std::move(movements)}};
}

Json to_json(const Applied& applied) {
  return {{"code", static_cast<int>(applied.refusal)},
          {"refusal", refusal_name(applied.refusal)},
          {"reason", applied.reason},
          {"txid", to_hex(applied.txid)},
          {"index", applied.index},
          {"height", applied.height},
          {"time", applied.time_ms},
          {"replayed", applied.replayed}};
}

Applied applied_from_json(const Json& value) {
  ObjectReader reader(value, "transaction's result");
  Applied applied;
  auto refusal = refusal_from_code(reader.integer("code", 0, INT64_MAX));
  if (!refusal) reader.fail_member("code", "a refusal that this version of ain does not know");
  applied.refusal = *refusal;
  if (reader.string("refusal", kTypeBytesMax) != refusal_name(*refusal)) reader.fail_member("refusal", "not the code's name");
  applied.reason = reader.string("reason", kTextBytesMax);
  applied.txid = read_digest(reader, "txid");
  applied.index = reader.integer("index", -1, kTimeMaxMs);
  applied.height = reader.integer("height", 0, kTimeMaxMs);
  applied.time_ms = reader.integer("time", 0, kTimeMaxMs);
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
  Json value{{"index", entry.index}, {"height", entry.height}, {"time", entry.time_ms}, {"envelope", entry.envelope}, {"writes", to_hex(entry.writes)}};
  if (entry.root) value["root"] = to_hex(*entry.root);
  return value;
}

LogEntry log_entry_from_json(const Json& value) {
  ObjectReader reader(value, "entry of the log");
  LogEntry entry;
  entry.index = reader.integer("index", 0, kTimeMaxMs);
  entry.height = reader.integer("height", 1, kTimeMaxMs);
  entry.time_ms = reader.integer("time", 0, kTimeMaxMs);
  entry.envelope = reader.string("envelope", kEnvelopeBytesMax);
  entry.writes = read_digest(reader, "writes");
  if (reader.has("root")) entry.root = read_digest(reader, "root");
  reader.finish();
  return entry;
}

}  // namespace ain::ledger
