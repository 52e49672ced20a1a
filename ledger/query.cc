#include "ledger/query.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "base/text.h"
#include "ledger/store.h"

namespace ain::ledger {
namespace {

constexpr int64_t kRowsMax = 1000;  // escrows and deadlines in one answer

// The keys of one kind of record. A query over them uses an index of the store only when it says so in these very words.
constexpr std::string_view kEscrows = "key >= x'657363726f772f' AND key < x'657363726f7730'";
constexpr std::string_view kOffers = "key >= x'6f666665722f' AND key < x'6f6666657230'";
constexpr std::string_view kAttributions = "key >= x'6174747269627574696f6e2f' AND key < x'6174747269627574696f6e30'";
constexpr std::string_view kKeys = "key >= x'6b65792f' AND key < x'6b657930'";

[[noreturn]] void damaged(const char* what) {
  fail_with_hint(ErrorKind::verification, "run 'ain ledger verify'", "the ledger's store holds a damaged {}", what);
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

// Columns: key, value.
template <typename T>
T record(const Statement& row) {
  return std::get<T>(row_from_text(row.blob(0), row.text(1)));
}

template <typename T>
std::vector<T> records(Statement& rows) {
  std::vector<T> all;
  while (rows.step()) all.push_back(record<T>(rows));
  return all;
}

// The smallest or the largest id that begins with these hex digits.
std::string end_of_range(std::string_view hex_prefix, char fill) {
  std::string digits(hex_prefix);
  digits.resize(2 * sizeof(Digest), fill);
  auto bytes = from_hex(digits);
  if (!bytes || hex_prefix.size() > digits.size()) fail(ErrorKind::usage, "'{}' does not begin an id", sanitize(hex_prefix));
  return *bytes;
}

constexpr std::string_view kHistoryColumns =
    "SELECT tx.txid, tx.idx, tx.height, block.time_ms, tx.envelope FROM tx JOIN block ON block.height = tx.height ";

std::vector<Movement> movements_of(Database& db, int64_t index) {
  Statement rows = db.prepare(
      "SELECT CAST('a' AS BLOB) || account.key, delta FROM movement JOIN account ON account.id = movement.account WHERE idx = ?1 "
      "UNION ALL SELECT holder, delta FROM holding WHERE idx = ?1 ORDER BY 1");
  rows.bind(index);
  std::vector<Movement> movements;
  while (rows.step()) {
    const auto holder = Holder::from_bytes(rows.blob(0));
    if (!holder) damaged("movement");
    movements.push_back({*holder, rows.integer(1)});
  }
  return movements;
}

HistoryEntry history_entry(Database& db, const Statement& row) {
  HistoryEntry entry;
  entry.txid = stored_digest(row, 0, "transaction");
  entry.index = row.integer(1);
  entry.height = row.integer(2);
  entry.time_ms = row.integer(3);
  entry.envelope = row.text(4);
  try {
    entry.transaction = decode_stored_transaction(entry.envelope);
  } catch (const Error&) {
    damaged("transaction");
  }
  entry.movements = movements_of(db, entry.index);
  return entry;
}

// A log that has lost its end would have chapters without number, or none.
int64_t chapter_count(Database& db) {
  Statement row = db.prepare("SELECT (SELECT max(idx) FROM tx), (SELECT size FROM block ORDER BY height DESC LIMIT 1)");
  row.step();
  if (row.is_null(0) && row.is_null(1)) return 0;
  if (row.integer(0) + 1 != row.integer(1)) damaged("log");
  return (row.integer(0) >> kChapterBits) + 1;
}

// Its place in the log, asking the newest chapters first, at most so many.
std::optional<int64_t> index_of(Database& db, const Digest& txid, int64_t chapters_max) {
  Statement row = db.prepare(index_sql());
  const int64_t end = chapter_count(db);
  for (int64_t chapter = end - 1; chapter >= std::max<int64_t>(0, end - chapters_max); --chapter) {
    row.reset();
    if (row.bind(chapter).bind_blob(as_view(txid)).step()) return row.integer(0);
  }
  return std::nullopt;
}

std::optional<Applied> applied_within(Database& db, const Digest& txid, int64_t chapters_max) {
  const auto index = index_of(db, txid, chapters_max);
  if (!index) return std::nullopt;
  Statement row = db.prepare("SELECT tx.height, block.time_ms FROM tx JOIN block ON block.height = tx.height WHERE tx.idx = ?");
  if (!row.bind(*index).step()) return std::nullopt;
  Applied applied;
  applied.txid = txid;
  applied.index = *index;
  applied.height = row.integer(0);
  applied.time_ms = row.integer(1);
  return applied;
}

bool has_account(Database& db, const AccountId& account) {
  Statement row = db.prepare("SELECT id FROM account WHERE key = ?");
  return row.bind_blob(as_view(account.bytes)).step();
}

}  // namespace

Tip query_tip(Database& db) {
  Statement row = db.prepare("SELECT height, time_ms, size, root FROM block ORDER BY height DESC LIMIT 1");
  if (!row.step()) return {};
  return {row.integer(0), row.integer(1), row.integer(2), stored_digest(row, 3, "block")};
}

std::optional<StateAt> query_state_at(Database& db, int64_t size) {
  Statement row = db.prepare("SELECT height, root FROM block WHERE height = (SELECT height FROM tx WHERE idx = ?1 - 1) AND size = ?1");
  if (!row.bind(size).step()) return std::nullopt;
  return StateAt{row.integer(0), stored_digest(row, 1, "block")};
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
  Statement row = db.prepare("SELECT available, nonce, faucet_taken FROM account WHERE key = ?");
  if (row.bind_blob(as_view(id.bytes)).step()) {
    account.available = stored_amount(row, 0, "account");
    account.nonce = row.integer(1);
    account.faucet_taken = row.integer(2) != 0;
  }
  Statement held = db.prepare(fmt::format(
      "SELECT coalesce(sum(json_extract(value, '$.terms.deposit')), 0) FROM state WHERE {} AND a = ? AND "
      "json_extract(value, '$.phase') NOT IN ('closed', 'refunded')", kEscrows));
  held.bind_text(id.text()).step();
  account.escrowed = stored_amount(held, 0, "escrow");
  const auto bonded = query_row<Balance>(db, "balance/" + Holder::bond(id).bytes());
  if (bonded) account.bonded = bonded->amount;
  return account;
}

std::vector<EscrowState> query_escrows_of(Database& db, const AccountId& id) {
  std::vector<EscrowState> found;
  for (std::string_view party : {"a", "b"}) {
    Statement rows = db.prepare(fmt::format(
        "SELECT key, value FROM state WHERE {} AND {} = ? ORDER BY json_extract(value, '$.opened_ms') DESC LIMIT ?", kEscrows, party));
    rows.bind_text(id.text()).bind(kRowsMax);
    for (EscrowState& escrow : records<EscrowState>(rows)) found.push_back(std::move(escrow));
  }
  std::sort(found.begin(), found.end(), [](const EscrowState& a, const EscrowState& b) {
    return a.opened_ms != b.opened_ms ? a.opened_ms > b.opened_ms : a.id < b.id;
  });
  found.erase(std::unique(found.begin(), found.end(), [](const EscrowState& a, const EscrowState& b) { return a.id == b.id; }), found.end());
  if (found.size() > static_cast<size_t>(kRowsMax)) found.resize(static_cast<size_t>(kRowsMax));
  return found;
}

std::vector<Digest> query_overdue(Database& db, int64_t time_ms) {
  Statement row = db.prepare(fmt::format("SELECT substr(key, 8) FROM state WHERE {} AND n > 0 AND n < ? ORDER BY n, key LIMIT ?", kEscrows));
  row.bind(time_ms).bind(kRowsMax);
  std::vector<Digest> ids;
  while (row.step()) ids.push_back(stored_digest(row, 0, "escrow"));
  return ids;
}

std::vector<OfferState> query_offers(Database& db, int64_t time_ms) {
  Statement rows = db.prepare(fmt::format(
      "SELECT key, value FROM state WHERE {} AND json_extract(value, '$.expires_ms') > ? ORDER BY n, key", kOffers));
  rows.bind(time_ms);
  return records<OfferState>(rows);
}

std::optional<Attribution> query_attribution_of(Database& db, const std::string& repository, const std::string& commit) {
  Statement rows = db.prepare(fmt::format(
      "SELECT key, value FROM state WHERE {} AND a = ? AND b = ? ORDER BY n, key LIMIT 1", kAttributions));
  if (!rows.bind_text(repository).bind_text(commit).step()) return std::nullopt;
  return record<AttributionState>(rows).attribution;
}

std::vector<AttributionState> query_attributions_by(Database& db, const AccountId& registrar, const std::string& repository,
                                               const std::string& tree) {
  Statement rows = db.prepare(fmt::format(
      "SELECT key, value FROM state WHERE {} AND a = ? AND "
      "json_extract(value, '$.attribution.tree') = ? AND json_extract(value, '$.registrar') = ? ORDER BY key LIMIT ?", kAttributions));
  rows.bind_text(repository).bind_text(tree).bind_text(registrar.text()).bind(static_cast<int64_t>(kPayeesMax));
  return records<AttributionState>(rows);
}

std::vector<std::pair<PublicKey, KeyState>> query_keys_of(Database& db, const AccountId& account) {
  Statement rows = db.prepare(fmt::format(
      "SELECT key, value FROM state WHERE {} AND a = ? ORDER BY n, key LIMIT ?", kKeys));
  rows.bind_text(account.text()).bind(kRowsMax);
  std::vector<std::pair<PublicKey, KeyState>> keys;
  while (rows.step()) {
    const auto bytes = to_array<32>(rows.blob(0).substr(4));
    if (!bytes) damaged("key");
    keys.emplace_back(PublicKey{*bytes}, record<KeyState>(rows));
  }
  return keys;
}

std::vector<std::pair<Holder, Amount>> query_unclaimed(Database& db, const UnclaimedQuery& query) {
  const std::string all_of = "balance/u" + (query.repository ? std::string(as_view(query.repository->bytes)) : "");
  std::string end = all_of;  // the first key behind all that begin so; the 'u' ends the carry
  while (end.back() == '\xff') end.pop_back();
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  Statement rows = db.prepare("SELECT key, value FROM state WHERE key > ? AND key < ? ORDER BY key LIMIT ?");
  const std::string after = query.after ? "balance/" + query.after->bytes() : "";
  rows.bind_blob(std::max(all_of, after)).bind_blob(end).bind(kUnclaimedRowsMax);
  std::vector<std::pair<Holder, Amount>> all;
  while (rows.step()) {
    const auto holder = Holder::from_bytes(rows.blob(0).substr(8));
    if (!holder) damaged("unclaimed amount");
    all.emplace_back(*holder, record<Balance>(rows).amount);
  }
  return all;
}

std::vector<LogEntry> query_log_entries(Database& db, int64_t from_index, int64_t limit) {
  Statement row = db.prepare(
      "SELECT tx.idx, tx.height, block.time_ms, tx.envelope, tx.writes, block.size, block.root FROM tx JOIN block ON block.height = tx.height "
      "WHERE tx.idx >= ? ORDER BY tx.idx LIMIT ?");
  row.bind(from_index).bind(limit);
  std::vector<LogEntry> entries;
  int64_t bytes = 0;
  while (bytes < kLogBytesMax && row.step()) {
    LogEntry entry{row.integer(0), row.integer(1), row.integer(2), row.text(3), stored_digest(row, 4, "transaction"), std::nullopt};
    if (row.integer(5) == entry.index + 1) entry.root = stored_digest(row, 6, "block");
    bytes += static_cast<int64_t>(entry.envelope.size());
    entries.push_back(std::move(entry));
  }
  return entries;
}

// Block times never fall: a time is a place in the log.
int64_t first_since(Database& db, int64_t since_ms) {
  Statement row = db.prepare("SELECT size FROM block WHERE time_ms < ? ORDER BY time_ms DESC, height DESC LIMIT 1");
  return row.bind(since_ms).step() ? row.integer(0) : 0;
}

// By the order of one index, so that nothing is sorted. Of an account or a subject the type is only compared ('+': by no index), as they choose
// better than it does.
std::string history_sql(const HistoryQuery& query) {
  std::string sql(kHistoryColumns);
  if (query.account) {
    sql += fmt::format("JOIN movement INDEXED BY movement_by_account ON movement.{} = ?6 AND movement.account = (SELECT id FROM account WHERE key = ?1) "
                       "AND movement.idx = tx.idx ", kChapter);
  }
  if (query.subject) {
    sql += fmt::format("JOIN mention INDEXED BY mention_by_subject ON mention.{} = ?6 AND mention.subject = ?2 AND mention.idx = tx.idx ", kChapter);
  }
  const std::string_view table = query.account ? "movement" : query.subject ? "mention" : "tx";
  const std::string_view type = !query.type ? "" : table == "tx" ? "AND tx.type = ?3" : "AND +tx.type = ?3";
  return sql + fmt::format("WHERE {0}.idx >= ?4 AND {0}.idx < ?7 {1} ORDER BY {0}.idx {2} LIMIT ?5", table, type, query.newest ? "DESC" : "");
}

std::vector<HistoryEntry> query_history(Database& db, const HistoryQuery& query) {
  const int64_t from = std::max<int64_t>({query.from_index, first_since(db, query.since_ms), 0});
  const int64_t limit = std::clamp<int64_t>(query.limit, 0, kHistoryRowsMax);
  const bool by_chapters = query.account || query.subject;
  if (query.account && !has_account(db, *query.account)) return {};
  Statement row = db.prepare(history_sql(query));
  std::vector<HistoryEntry> entries;
  int64_t bytes = 0;
  const auto take = [&](int64_t chapter) {
    row.reset();
    if (query.account) row.bind_blob(as_view(query.account->bytes));
    else row.bind_null();
    if (query.subject) row.bind_blob(*query.subject);
    else row.bind_null();
    if (query.type) row.bind_text(*query.type);
    else row.bind_null();
    row.bind(from).bind(limit - std::ssize(entries)).bind(chapter).bind(query.before_index);
    while (bytes < kLogBytesMax && row.step()) {
      entries.push_back(history_entry(db, row));
      bytes += static_cast<int64_t>(entries.back().envelope.size());
    }
  };
  // Without chapters everything is in one.
  const int64_t first = by_chapters ? from >> kChapterBits : 0;
  const int64_t end = by_chapters ? std::min(chapter_count(db), ((std::max<int64_t>(query.before_index, 1) - 1) >> kChapterBits) + 1) : 1;
  for (int64_t i = 0; i < end - first && std::ssize(entries) < limit && bytes < kLogBytesMax; ++i) take(query.newest ? end - 1 - i : first + i);
  if (query.newest) std::reverse(entries.begin(), entries.end());
  return entries;
}

std::string index_sql() {
  return fmt::format("SELECT idx FROM tx INDEXED BY tx_by_txid WHERE {} = ?1 AND substr(txid, 1, 8) = substr(?2, 1, 8) AND txid = ?2", kChapter);
}

std::optional<Applied> query_applied(Database& db, const Digest& txid) { return applied_within(db, txid, INT64_MAX); }
std::optional<Applied> query_applied_lately(Database& db, const Digest& txid) { return applied_within(db, txid, 1); }

std::optional<HistoryEntry> query_transaction(Database& db, const Digest& txid) {
  const auto index = index_of(db, txid, INT64_MAX);
  if (!index) return std::nullopt;
  Statement row = db.prepare(fmt::format("{} WHERE tx.idx = ?", kHistoryColumns));
  if (!row.bind(*index).step()) return std::nullopt;
  return history_entry(db, row);
}

std::string transactions_from_sql() {
  return fmt::format(
      "SELECT txid FROM tx INDEXED BY tx_by_txid WHERE {} = ?1 AND substr(txid, 1, 8) BETWEEN substr(?2, 1, 8) AND substr(?3, 1, 8) "
      "AND txid BETWEEN ?2 AND ?3 ORDER BY substr(txid, 1, 8), txid LIMIT ?4", kChapter);
}

std::vector<Digest> query_transactions_from(Database& db, std::string_view hex_prefix, int64_t limit) {
  const std::string first = end_of_range(hex_prefix, '0'), last = end_of_range(hex_prefix, 'f');
  Statement row = db.prepare(transactions_from_sql());
  std::vector<Digest> ids;
  for (int64_t chapter = chapter_count(db) - 1; chapter >= 0; --chapter) {
    row.reset();
    row.bind(chapter).bind_blob(first).bind_blob(last).bind(limit);
    while (row.step()) ids.push_back(stored_digest(row, 0, "id"));
  }
  std::sort(ids.begin(), ids.end());
  ids.resize(std::min(ids.size(), static_cast<size_t>(limit)));
  return ids;
}

std::vector<Digest> query_escrows_from(Database& db, std::string_view hex_prefix, int64_t limit) {
  Statement row = db.prepare("SELECT substr(key, 8) FROM state WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?");
  const auto end = [&](char fill) { return escrow_key(*to_array<32>(end_of_range(hex_prefix, fill))); };
  row.bind_blob(end('0')).bind_blob(end('f')).bind(limit);
  std::vector<Digest> ids;
  while (row.step()) ids.push_back(stored_digest(row, 0, "id"));
  return ids;
}

Supply query_supply(Database& db, Amount minted) {
  Statement accounts = db.prepare("SELECT coalesce(sum(available), 0) FROM account");
  accounts.step();
  const Amount held = stored_amount(accounts, 0, "account");
  Supply supply{.minted = minted, .accounts = held, .escrowed = {}, .bonded = {}, .unclaimed = {}, .pooled = {}};
  Statement rows = db.prepare(
      "SELECT substr(key, 9, 1), sum(json_extract(value, '$.amount')) FROM state "
      "WHERE key >= CAST('balance/' AS BLOB) AND key < CAST('balance0' AS BLOB) GROUP BY 1");
  while (rows.step()) {
    const Amount sum = stored_amount(rows, 1, "balance");
    const std::string kind = rows.blob(0);
    if (kind == "e") supply.escrowed = sum;
    else if (kind == "b") supply.bonded = sum;
    else if (kind == "u") supply.unclaimed = sum;
    else if (kind == "p") supply.pooled = sum;
    else damaged("balance");
  }
  return supply;
}

}  // namespace ain::ledger
