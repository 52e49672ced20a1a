#include "ledger/query.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/state.h"
#include "ledger/store.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr int64_t kRowsMax = 1000;  // escrows and deadlines in one answer

[[noreturn]] void damaged(const char* what) {
  fail_with_hint(ErrorKind::verification, "run 'ain ledger verify'", "the ledger's store holds a damaged {}",
                 what);
}

Digest stored_digest(const Statement& row, int column, const char* what) {
  auto digest = to_array<32>(row.blob(column));
  if (!digest) damaged(what);
  return *digest;
}

Amount stored_amount(const Statement& row, int column, const char* what) {
  int64_t micro = row.integer(column);
  if (micro < 0 || micro > kAmountMax) damaged(what);
  return Amount::micro(micro);
}

// The smallest or the largest id that begins with these hex digits.
std::string end_of_range(std::string_view hex_prefix, char fill) {
  std::string digits(hex_prefix);
  digits.resize(2 * sizeof(Digest), fill);
  auto bytes = from_hex(digits);
  if (!bytes || hex_prefix.size() > digits.size()) fail(ErrorKind::usage, "'{}' does not begin an id", sanitize(hex_prefix));
  return *bytes;
}

// `sql` selects ids between two of them, in order.
std::vector<Digest> ids_from(Database& db, std::string_view sql, std::string_view hex_prefix, int64_t limit) {
  const std::string first = end_of_range(hex_prefix, '0');
  const std::string last = end_of_range(hex_prefix, 'f');
  Statement row = db.prepare(sql);
  row.bind_blob(first).bind_blob(last).bind(limit);
  std::vector<Digest> ids;
  while (row.step()) ids.push_back(stored_digest(row, 0, "id"));
  return ids;
}

// Columns: txid, height, time_ms, envelope.
HistoryEntry history_entry(const Statement& row) {
  HistoryEntry entry;
  entry.txid = stored_digest(row, 0, "transaction");
  entry.height = row.integer(1);
  entry.time_ms = row.integer(2);
  entry.envelope = row.text(3);
  try {
    entry.transaction = decode_stored_transaction(entry.envelope);
  } catch (const Error&) {
    damaged("transaction");
  }
  return entry;
}

}  // namespace

Tip query_tip(Database& db) {
  Statement row = db.prepare("SELECT height, time_ms, root FROM tx ORDER BY height DESC LIMIT 1");
  if (!row.step()) return {};
  return {row.integer(0), row.integer(1), stored_digest(row, 2, "transaction")};
}

LogTree query_log(Database& db) {
  auto bytes = get_meta(db, "log");
  auto log = bytes ? LogTree::from_bytes(*bytes) : std::nullopt;
  if (!log) damaged("log tree");
  return *log;
}

AccountState query_account(Database& db, const AccountId& id) {
  AccountState account;
  account.account = id;
  Statement row = db.prepare(
      "SELECT a.available, a.nonce, a.faucet_taken, "
      "(SELECT coalesce(sum(deposit), 0) FROM escrow WHERE payer = a.id AND phase < 2) FROM account a WHERE "
      "a.id = ?");
  if (!row.bind_blob(as_view(id.bytes)).step()) return account;
  account.available = stored_amount(row, 0, "account");
  account.nonce = row.integer(1);
  account.faucet_taken = row.integer(2) != 0;
  account.escrowed = stored_amount(row, 3, "escrow");
  return account;
}

std::optional<EscrowState> query_escrow(Database& db, const Digest& id) { return State(db).escrow(id); }

std::vector<EscrowState> query_escrows_of(Database& db, const AccountId& id) {
  Statement row = db.prepare(
      "SELECT value FROM escrow WHERE payer = ?1 OR provider = ?1 ORDER BY opened_height DESC, id LIMIT ?2");
  row.bind_blob(as_view(id.bytes)).bind(kRowsMax);
  std::vector<EscrowState> escrows;
  while (row.step()) escrows.push_back(escrow_state_from_json(parse_json(row.text(0), "escrow")));
  return escrows;
}

std::vector<Digest> query_overdue(Database& db, int64_t time_ms) {
  Statement row = db.prepare(
      "SELECT id FROM escrow WHERE phase < 2 AND deadline_ms < ? ORDER BY deadline_ms, id LIMIT ?");
  row.bind(time_ms).bind(kRowsMax);
  std::vector<Digest> ids;
  while (row.step()) ids.push_back(stored_digest(row, 0, "escrow"));
  return ids;
}

std::vector<OfferState> query_offers(Database& db, int64_t time_ms) {
  Statement row = db.prepare("SELECT value FROM offer WHERE expires_ms > ? ORDER BY price, account, node");
  row.bind(time_ms);
  std::vector<OfferState> offers;
  while (row.step()) offers.push_back(offer_state_from_json(parse_json(row.text(0), "offer")));
  return offers;
}

std::optional<Attribution> query_attribution_of(Database& db, const std::string& repository, const std::string& commit) {
  Statement rows = db.prepare(
      "SELECT value FROM attribution WHERE repository = ? AND json_extract(value, '$.commit') = ? ORDER BY rowid LIMIT 1");
  rows.bind_text(repository).bind_text(commit);
  if (!rows.step()) return std::nullopt;
  return attribution_from_json(parse_json(rows.text(0), "attribution"));
}

std::vector<Attribution> query_attributions_by(Database& db, const AccountId& registrar, const std::string& repository,
                                               const std::string& tree) {
  Statement rows = db.prepare(
      "SELECT value FROM attribution WHERE repository = ? AND tree = ? AND registrar = ? ORDER BY digest LIMIT ?");
  rows.bind_text(repository).bind_text(tree).bind_blob(as_view(registrar.bytes)).bind(static_cast<int64_t>(kPayeesMax));
  std::vector<Attribution> found;
  while (rows.step()) found.push_back(attribution_from_json(parse_json(rows.text(0), "attribution")));
  return found;
}

std::optional<Attribution> query_attribution(Database& db, const Digest& digest) {
  return State(db).attribution(digest);
}

std::vector<Payout> query_unclaimed(Database& db) {
  Statement row = db.prepare("SELECT payee, amount FROM unclaimed ORDER BY payee");
  std::vector<Payout> payouts;
  while (row.step()) payouts.push_back({row.text(0), stored_amount(row, 1, "unclaimed amount")});
  return payouts;
}

std::vector<LogEntry> query_log_entries(Database& db, int64_t after_height) {
  Statement row = db.prepare("SELECT height, time_ms, txid, root, envelope FROM tx WHERE height > ? ORDER BY height LIMIT ?");
  row.bind(after_height).bind(kLogRowsMax);
  std::vector<LogEntry> entries;
  int64_t bytes = 0;
  while (bytes < kLogBytesMax && row.step()) {
    entries.push_back({row.integer(0), row.integer(1), stored_digest(row, 2, "transaction"), stored_digest(row, 3, "transaction"),
                       row.text(4)});
    bytes += static_cast<int64_t>(entries.back().envelope.size());
  }
  return entries;
}

std::vector<HistoryEntry> query_history(Database& db, const HistoryQuery& query) {
  std::string sql = "SELECT tx.txid, tx.height, tx.time_ms, tx.envelope FROM tx ";
  if (query.account) sql += "JOIN touch ON touch.account = ?1 AND touch.height = tx.height ";
  sql +=
      "WHERE tx.height > ?2 AND tx.time_ms >= ?3 AND (?4 IS NULL OR tx.type = ?4) ORDER BY tx.height LIMIT "
      "?5";
  Statement row = db.prepare(sql);
  if (query.account) {
    row.bind_blob(as_view(query.account->bytes));
  } else {
    row.bind_null();
  }
  row.bind(query.after_height).bind(query.since_ms);
  if (query.type) {
    row.bind_text(*query.type);
  } else {
    row.bind_null();
  }
  row.bind(std::clamp<int64_t>(query.limit, 0, kHistoryRowsMax));
  std::vector<HistoryEntry> entries;
  while (row.step()) entries.push_back(history_entry(row));
  return entries;
}

std::optional<Applied> query_applied(Database& db, const Digest& txid) {
  Statement row = db.prepare("SELECT height, time_ms, root FROM tx WHERE txid = ?");
  if (!row.bind_blob(as_view(txid)).step()) return std::nullopt;
  Applied applied;
  applied.txid = txid;
  applied.height = row.integer(0);
  applied.time_ms = row.integer(1);
  applied.root = stored_digest(row, 2, "transaction");
  return applied;
}

std::optional<HistoryEntry> query_transaction(Database& db, const Digest& txid) {
  Statement row = db.prepare("SELECT txid, height, time_ms, envelope FROM tx WHERE txid = ?");
  if (!row.bind_blob(as_view(txid)).step()) return std::nullopt;
  return history_entry(row);
}

std::vector<Digest> query_transactions_from(Database& db, std::string_view hex_prefix, int64_t limit) {
  return ids_from(db, "SELECT txid FROM tx WHERE txid BETWEEN ? AND ? ORDER BY txid LIMIT ?", hex_prefix, limit);
}

std::vector<Digest> query_escrows_from(Database& db, std::string_view hex_prefix, int64_t limit) {
  return ids_from(db, "SELECT id FROM escrow WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?", hex_prefix, limit);
}

Supply query_supply(Database& db, Amount minted) {
  Statement row = db.prepare(
      "SELECT (SELECT coalesce(sum(available), 0) FROM account), "
      "(SELECT coalesce(sum(deposit), 0) FROM escrow WHERE phase < 2), "
      "(SELECT coalesce(sum(amount), 0) FROM unclaimed)");
  row.step();
  return {minted, stored_amount(row, 0, "account"), stored_amount(row, 1, "escrow"),
          stored_amount(row, 2, "unclaimed amount")};
}

}  // namespace ain::ledger
