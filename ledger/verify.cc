#include "ledger/verify.h"

#include <array>
#include <cstdlib>
#include <deque>
#include <unordered_map>

#include "base/encoding.h"
#include "base/text.h"
#include "ledger/machine.h"
#include "ledger/query.h"
#include "ledger/state_root.h"
#include "ledger/store.h"
#include "ledger/subjects.h"
#include "ledger/tiles.h"

namespace ain::ledger {
namespace {

constexpr size_t kProblemsMax = 1000;
constexpr int64_t kGapNamesMax = 20;  // of missing transactions in a row
constexpr int64_t kRowsAhead = 256;

// A table that the replay makes anew: all its columns, in the order of its first `keys` ones.
struct Table {
  const char* name;
  const char* columns;
  int count;
  int keys;
};
constexpr Table kAccounts{"account", "key, id, available, nonce, faucet_taken, full_keys, first_key", 7, 1};
constexpr Table kTiles{"tile", "level, number, hashes", 3, 2};
constexpr Table kState{"state", "key, value, a, b, n", 5, 1};
// Their first column, written with leading zeros, is the index of the transaction that made the row.
constexpr std::array kByTransaction{Table{"movement", "printf('%020d', idx), account, delta", 3, 2},
                                    Table{"holding", "printf('%020d', idx), holder, delta", 3, 2},
                                    Table{"mention", "printf('%020d', idx), subject", 2, 2}};

using Cells = std::vector<std::string>;

// One row of a table as text, in the order of its key.
class TableCursor {
 public:
  TableCursor(Database& db, const Table& table)
      : count_(table.count),
        rows_(db.prepare(fmt::format("SELECT {} FROM {} ORDER BY {}", table.columns, table.name, table.keys == 1 ? "1" : "1, 2"))) {}
  std::optional<Cells> next() {
    if (!rows_.step()) return std::nullopt;
    Cells cells;
    for (int i = 0; i < count_; ++i) cells.push_back(rows_.blob(i));
    return cells;
  }

 private:
  int count_;
  Statement rows_;
};

Cells key_cells(const Table& table, const Cells& cells) { return {cells.begin(), cells.begin() + table.keys}; }

class Verifier {
 public:
  Verifier(Database& stored, const Genesis& genesis, int64_t earlier)
      : stored_(stored),
        genesis_(genesis),
        earlier_(earlier),
        rules_(rules_of(genesis)),
        scratch_(open_scratch_store()),
        state_(scratch_),
        scratch_log_(scratch_) {}

  Verified run(const std::function<void(int64_t, int64_t)>& progress);

 private:
  void problem(std::string text);
  template <typename Step>
  bool guarded(std::string_view what, Step step);
  std::string name(int64_t index);
  std::optional<Digest> txid_at(int64_t index);
  struct Read {
    TxRow row;
    Decoded decoded;
  };
  std::optional<Read> next_row(int64_t after);
  std::deque<Read> rows_behind(int64_t after);
  std::optional<BlockRow> block_at(int64_t height);

  void check_file();
  void check_meta();
  void check_log(const std::function<void(int64_t, int64_t)>& progress);
  void check_gap(int64_t from, int64_t to);
  void check_row(const TxRow& row, Decoded decoded);
  bool check_place(const TxRow& row);
  bool check_columns(const TxRow& row, const Transaction& tx);
  void replay(const TxRow& row, const Transaction& tx, bool sound);
  void end_block();
  void flush();
  void check_tables();
  void compare(const Table& table, const std::function<std::string(const Cells&)>& blame);
  void check_supply();

  Database& stored_;
  const Genesis& genesis_;
  const int64_t earlier_;
  std::optional<Digest> earlier_log_root_;
  const Rules rules_;
  Database scratch_;
  State state_;
  LogWriter scratch_log_;
  StateRoot tree_;
  LogTree log_;
  VerifyReport report_;
  std::deque<Read> ahead_;                                // and decoded together
  std::unordered_map<int64_t, Digest> txids_;             // as stored, by index
  std::unordered_map<std::string, int64_t> last_writer_;  // of each state row, by index; -1: genesis
  std::vector<std::pair<TxRow, Effects>> replayed_;       // of the block at hand
  std::optional<BlockRow> block_;                         // at hand, as stored
  int64_t last_time_ms_ = 0;                              // of the block before
  int64_t expected_ = 0;                                  // transactions, by the stored log tree
  std::optional<Digest> last_txid_;                       // of the last transaction, as the store remembers it
  bool replaying_ = true;  // false once the replay cannot go on; the rows' own checks do
  bool unsound_row_seen_ = false;
  bool log_differs_ = false;
};

void Verifier::problem(std::string text) {
  if (report_.problems.size() < kProblemsMax) report_.problems.push_back(sanitize(text));
}

// Damage may surface as any failure of the layers below; here each is a finding.
template <typename Step>
bool Verifier::guarded(std::string_view what, Step step) {
  try {
    step();
    return true;
  } catch (const std::exception& error) {
    problem(fmt::format("{}: {}", what, error.what()));
    return false;
  }
}

std::optional<Digest> Verifier::txid_at(int64_t index) {
  if (auto found = txids_.find(index); found != txids_.end()) return found->second;
  if (index == expected_ - 1 && last_txid_) return last_txid_;
  try {
    Statement row = stored_.prepare("SELECT txid FROM tx WHERE idx = ?");
    if (row.bind(index).step()) return to_array<32>(row.blob(0));
  } catch (const Error&) {
    // A damaged row names nothing.
  }
  return std::nullopt;
}

std::string Verifier::name(int64_t index) {
  auto txid = txid_at(index);
  return fmt::format("transaction {} ({})", index, txid ? to_hex(*txid) : "txid unknown");
}

// Up to the first row that cannot be read; where that is the first of all it throws.
std::deque<Verifier::Read> Verifier::rows_behind(int64_t after) {
  Statement found = stored_.prepare(
      "SELECT tx.idx, tx.height, tx.txid, account.key, tx.type, tx.envelope, tx.writes FROM tx LEFT JOIN account ON account.id = tx.account "
      "WHERE tx.idx > ? ORDER BY tx.idx LIMIT ?");
  found.bind(after).bind(kRowsAhead);
  std::deque<Read> rows;
  try {
    while (found.step()) {
      TxRow row;
      row.index = found.integer(0);
      row.height = found.integer(1);
      // A blob of another size reads as zero and so differs from what it should be.
      row.txid = to_array<32>(found.blob(2)).value_or(Digest{});
      row.account.bytes = to_array<20>(found.blob(3)).value_or(AccountId{}.bytes);
      row.type = found.text(4);
      row.envelope = found.text(5);
      row.writes = to_array<32>(found.blob(6)).value_or(Digest{});
      rows.push_back({std::move(row), {}});
    }
  } catch (const Error&) {
    if (rows.empty()) throw;
  }
  std::vector<std::string> envelopes;
  for (const Read& each : rows) envelopes.push_back(each.row.envelope);
  std::vector<Decoded> decoded = decode_transactions(envelopes);
  for (size_t i = 0; i < decoded.size(); ++i) rows[i].decoded = std::move(decoded[i]);
  return rows;
}

std::optional<Verifier::Read> Verifier::next_row(int64_t after) {
  if (ahead_.empty()) ahead_ = rows_behind(after);
  if (ahead_.empty()) return std::nullopt;
  Read next = std::move(ahead_.front());
  ahead_.pop_front();
  return next;
}

std::optional<BlockRow> Verifier::block_at(int64_t height) {
  Statement row = stored_.prepare("SELECT height, time_ms, size, root, log FROM block WHERE height = ?");
  if (!row.bind(height).step()) return std::nullopt;
  return BlockRow{row.integer(0), row.integer(1), row.integer(2), to_array<32>(row.blob(3)).value_or(Digest{}), to_array<32>(row.blob(4)).value_or(Digest{})};
}

void Verifier::check_file() {
  guarded("the store", [&] {
    Statement row = stored_.prepare("PRAGMA integrity_check(100)");
    while (row.step()) {
      if (row.text(0) != "ok") problem(fmt::format("the store is damaged: {}", row.text(0)));
    }
  });
}

void Verifier::check_meta() {
  guarded("the store's genesis", [&] {
    if (get_meta(stored_, "genesis") != canonical(to_json(genesis_))) problem("genesis: not that of the network");
  });
  guarded("the store's log tree", [&] { expected_ = query_log(stored_).size(); });
  guarded("the store's last transaction", [&] {
    const auto last = get_meta(stored_, "last");
    last_txid_ = last ? to_array<32>(*last) : std::nullopt;
    if (last && !last_txid_) problem("the last transaction's id: no id");
  });
}

void Verifier::check_log(const std::function<void(int64_t, int64_t)>& progress) {
  int64_t next = 0;
  while (report_.problems.size() < kProblemsMax) {
    std::optional<Read> found;
    if (!guarded(name(next), [&] { found = next_row(next - 1); })) {
      replaying_ = false;
      if (++next >= expected_) break;
      continue;
    }
    if (!found) break;
    const TxRow* row = &found->row;
    if (row->index != next) check_gap(next, row->index - 1);
    if (row->index >= expected_) problem(fmt::format("{}: beyond the {} of the log tree", name(row->index), expected_));
    guarded(name(row->index), [&] { check_row(*row, std::move(found->decoded)); });
    next = row->index + 1;
    ++report_.transactions;
    if (progress) progress(report_.transactions, expected_);
  }
  if (next < expected_) check_gap(next, expected_ - 1);
  if (block_) problem(fmt::format("{}: its block ends here and not at {}", name(next - 1), block_->size));
  if (const auto last = txids_.find(expected_ - 1); last_txid_ && last != txids_.end() && last->second != *last_txid_) {
    problem(fmt::format("{}: the store remembers another last one, {}", name(expected_ - 1), to_hex(*last_txid_)));
  }
  guarded("the log", [&] {
    Statement stray = stored_.prepare("SELECT idx FROM tx WHERE idx < 0");
    while (stray.step()) problem(fmt::format("{}: an impossible index", name(stray.integer(0))));
    Statement empty = stored_.prepare("SELECT height FROM block WHERE height NOT IN (SELECT height FROM tx)");
    while (empty.step()) problem(fmt::format("block {}: nothing is in it", empty.integer(0)));
  });
  guarded("the log tree", [&] {
    if (get_meta(stored_, "log") != log_.bytes()) problem("the log tree is not that of the stored transactions");
  });
}

void Verifier::check_gap(int64_t from, int64_t to) {
  replaying_ = false;
  log_differs_ = true;
  block_.reset();
  for (int64_t index = from; index <= to; ++index) {
    if (index - from == kGapNamesMax) {
      problem(fmt::format("transactions {} to {}: not in the store", index, to));
      return;
    }
    problem(fmt::format("{}: not in the store", name(index)));
  }
}

// The block that the row stands in, and whether it may.
bool Verifier::check_place(const TxRow& row) {
  const size_t before = report_.problems.size();
  const bool next = !block_ || row.height != block_->height;
  if (next) {
    if (block_) problem(fmt::format("{}: it stands in block {}, the block before has not ended", name(row.index), row.height));
    if (row.height != report_.height + 1) problem(fmt::format("{}: it stands in block {}, the block before is {}", name(row.index), row.height, report_.height));
    block_ = block_at(row.height);
    if (!block_) problem(fmt::format("{}: its block {} is not in the store", name(row.index), row.height));
    else if (block_->time_ms < last_time_ms_) problem(fmt::format("{}: its block's time is before the block's before it", name(row.index)));
  }
  if (block_ && row.index >= block_->size) problem(fmt::format("{}: its block has only {} transactions in all", name(row.index), block_->size));
  return report_.problems.size() == before;
}

bool Verifier::check_columns(const TxRow& row, const Transaction& tx) {
  const size_t before = report_.problems.size();
  const std::string who = name(row.index);
  if (tx.account != row.account) problem(fmt::format("{}: its account differs from its envelope's", who));
  if (tx.type() != row.type) problem(fmt::format("{}: its type '{}' differs from its envelope's", who, row.type));
  Statement index = stored_.prepare(index_sql());
  if (!index.bind(row.index >> kChapterBits).bind_blob(as_view(tx.txid)).step() || index.integer(0) != row.index) {
    problem(fmt::format("{}: the index of txids does not lead to it", who));
  }
  return report_.problems.size() == before;
}

void Verifier::check_row(const TxRow& row, Decoded decoded) {
  txids_[row.index] = row.txid;
  bool sound = check_place(row);
  const int64_t time_ms = block_ ? block_->time_ms : 0;
  log_.append(log_leaf(row.envelope, row.height, time_ms, row.writes));
  if (log_.size() == earlier_) earlier_log_root_ = log_.root();
  Digest txid = txid_of(row.envelope);
  if (txid != row.txid) {
    problem(fmt::format("{}: its envelope's hash is {}", name(row.index), to_hex(txid)));
    sound = false;
  }
  if (decoded.refusal != Refusal::none) {
    problem(fmt::format("{}: {}", name(row.index), decoded.reason));
    replaying_ = sound = false;
  }
  if (replaying_) sound = check_columns(row, decoded.tx) && sound;
  if (!sound) unsound_row_seen_ = true;
  if (replaying_) replay(row, decoded.tx, sound);
  if (!block_) {
    replaying_ = false;
    report_.height = row.height;
  } else if (row.index + 1 >= block_->size) {
    guarded(name(row.index), [&] { end_block(); });
  }
}

// A row that is found unsound may make the replay differ later on; then those later rows are not to blame.
void Verifier::replay(const TxRow& row, const Transaction& tx, bool sound) {
  Outcome outcome = apply(state_, rules_, tx, {row.height, block_ ? block_->time_ms : 0});
  if (!outcome.ok()) {
    replaying_ = false;
    if (!unsound_row_seen_) problem(fmt::format("{}: the replay refuses it: {}", name(row.index), outcome.reason));
    return;
  }
  if (state_.writes() != row.writes) {
    if (!unsound_row_seen_) problem(fmt::format("{}: what came of it is not what the replay makes of it", name(row.index)));
    if (sound) replaying_ = false;
    unsound_row_seen_ = true;
  }
  for (const std::string& key : state_.keys()) last_writer_[key] = row.index;
  // Not by the stored sender, which may be damaged and have no account in the replay.
  TxRow mine = row;
  mine.account = tx.account;
  replayed_.emplace_back(std::move(mine), Effects{state_.movements(tx.account), subjects_of(state_, tx)});
  state_.accept();
}

void Verifier::end_block() {
  const BlockRow block = *block_;
  block_.reset();
  last_time_ms_ = std::max(last_time_ms_, block.time_ms);
  report_.height = block.height;
  if (!log_differs_ && log_.root() != block.log) {
    log_differs_ = true;  // as will all that follow
    if (!unsound_row_seen_) problem(fmt::format("{}: the log up to its block is not the one stored after it", name(block.size - 1)));
  }
  if (!replaying_) return;
  flush();
  scratch_log_.insert(block);
  std::vector<Digest> leaves;
  for (const auto& [row, effects] : replayed_) leaves.push_back(log_leaf(row.envelope, block.height, block.time_ms, row.writes));
  write_tiles(scratch_, block.size - std::ssize(leaves), leaves);
  for (const auto& [row, effects] : replayed_) scratch_log_.insert(row, effects, state_);
  replayed_.clear();
  if (tree_.root() == block.root) return;
  if (!unsound_row_seen_) problem(fmt::format("{}: the state root stored after its block is not the replay's", name(block.size - 1)));
  replaying_ = false;
}

void Verifier::flush() {
  state_.flush([&](const std::string& key, const std::optional<std::string>& value) { tree_.set(key, value); });
}

// Both sides come sorted by key: walk them together.
void Verifier::compare(const Table& table, const std::function<std::string(const Cells&)>& blame) {
  const auto tell = [&](const Cells& cells, std::string_view what) {
    const std::string& key = cells[table.keys == 1 ? 0 : 1];
    problem(fmt::format("{}: row '{} {}' {}", blame(cells), table.name, is_utf8(key) ? key : to_hex(key), what));
  };
  TableCursor stored(stored_, table), replayed(scratch_, table);
  auto ours = stored.next(), theirs = replayed.next();
  while ((ours || theirs) && report_.problems.size() < kProblemsMax) {
    if (!theirs || (ours && key_cells(table, *ours) < key_cells(table, *theirs))) {
      tell(*ours, "is not in the replay");
      ours = stored.next();
    } else if (!ours || key_cells(table, *theirs) < key_cells(table, *ours)) {
      tell(*theirs, "is missing from the store");
      theirs = replayed.next();
    } else {
      if (*ours != *theirs) tell(*ours, "differs from the replay's");
      ours = stored.next();
      theirs = replayed.next();
    }
  }
}

void Verifier::check_tables() {
  if (!replaying_) return;
  const auto by_writer = [&](const std::string& key) {
    const auto found = last_writer_.find(key);
    if (found == last_writer_.end()) return std::string("no transaction");
    return found->second < 0 ? std::string("genesis") : name(found->second);
  };
  guarded("the state's accounts", [&] { compare(kAccounts, [&](const Cells& cells) { return by_writer("account/" + cells[0]); }); });
  guarded("the state's records", [&] { compare(kState, [&](const Cells& cells) { return by_writer(cells[0]); }); });
  guarded("the log's tiles", [&] { compare(kTiles, [](const Cells&) { return std::string("the log"); }); });
  for (const Table& table : kByTransaction) {
    guarded("the transactions' histories", [&] {
      compare(table, [&](const Cells& cells) { return name(std::strtoll(cells[0].c_str(), nullptr, 10)); });
    });
  }
}

void Verifier::check_supply() {
  guarded("the supply", [&] {
    const Supply supply = query_supply(stored_, rules_.supply);
    const Amount sum = supply.accounts + supply.escrowed + supply.bonded + supply.unclaimed + supply.pooled;
    if (sum != supply.minted) problem(fmt::format("the supply is {} but {} were minted", sum.text(), supply.minted.text()));
  });
}

Verified Verifier::run(const std::function<void(int64_t, int64_t)>& progress) {
  guarded("the store", [&] { stored_.exec("BEGIN"); });
  SqlTransaction scratch(scratch_);
  start(state_, rules_);
  state_.flush([&](const std::string& key, const std::optional<std::string>& value) {
    tree_.set(key, value);
    last_writer_[key] = -1;
  });
  check_file();
  check_meta();
  check_log(progress);
  report_.root = tree_.root();
  check_tables();
  check_supply();
  if (earlier_ == 0) earlier_log_root_ = LogTree().root();
  return {std::move(report_), log_, earlier_log_root_};
}

}  // namespace

Verified verify_store(Database& stored, const Genesis& genesis, int64_t earlier,
                      const std::function<void(int64_t, int64_t)>& progress) {
  return Verifier(stored, genesis, earlier).run(progress);
}

}  // namespace ain::ledger
