#include "ledger/verify.h"

#include <unordered_map>

#include "base/encoding.h"
#include "base/text.h"
#include "ledger/machine.h"
#include "ledger/query.h"
#include "ledger/state_root.h"
#include "ledger/store.h"

namespace ain::ledger {
namespace {

constexpr size_t kProblemsMax = 1000;
constexpr int64_t kGapNamesMax = 20;  // of missing transactions in a row

constexpr StateTable kTouchTable{"touch", "account, printf('%020d', height)", 2, 2};

using Cells = std::vector<std::string>;

// One row of a table as text, in the order of its key.
class TableCursor {
 public:
  TableCursor(Database& db, const StateTable& table)
      : table_(table),
        rows_(db.prepare(fmt::format("SELECT {} FROM {} ORDER BY {}", table.columns, table.name,
                                     table.key_count == 1 ? "1" : "1, 2"))) {}
  std::optional<Cells> next() {
    if (!rows_.step()) return std::nullopt;
    Cells cells;
    for (int i = 0; i < table_.column_count; ++i) cells.push_back(rows_.blob(i));
    return cells;
  }

 private:
  StateTable table_;
  Statement rows_;
};

Cells key_cells(const StateTable& table, const Cells& cells) {
  return {cells.begin(), cells.begin() + table.key_count};
}

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
  std::string name(int64_t height);
  std::optional<Digest> txid_by_height(int64_t height);
  std::optional<TxRow> next_row(int64_t after);

  void check_file();
  void check_meta();
  void check_log(const std::function<void(int64_t, int64_t)>& progress);
  void check_gap(int64_t from, int64_t to);
  void check_row(const TxRow& row);
  bool check_columns(const TxRow& row, const Transaction& tx);
  void replay(const TxRow& row, const Transaction& tx, bool sound);
  void flush(int64_t height);
  void check_state();
  void compare(const StateTable& table);
  void row_problem(const StateTable& table, const Cells& cells, std::string_view what);
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
  std::unordered_map<int64_t, Digest> txids_;             // as stored, by height
  std::unordered_map<std::string, int64_t> last_writer_;  // of each state row; 0: genesis
  int64_t expected_ = 0;                                  // transactions, by the stored log tree
  std::optional<Digest> last_txid_;                       // of the last transaction, as the store remembers it
  int64_t last_time_ms_ = 0;
  bool replaying_ = true;  // false once the replay cannot go on; the rows' own checks do
  bool unsound_row_seen_ = false;
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

// The index holds each txid a second time, so a row that is gone or unreadable can still be named.
std::optional<Digest> Verifier::txid_by_height(int64_t height) {
  if (auto found = txids_.find(height); found != txids_.end()) return found->second;
  if (height == expected_ && last_txid_) return last_txid_;
  try {
    Statement row =
        stored_.prepare("SELECT txid FROM tx INDEXED BY tx_by_txid WHERE txid >= x'' AND height = ?");
    if (row.bind(height).step()) return to_array<32>(row.blob(0));
  } catch (const Error&) {
    // A damaged index names nothing.
  }
  return std::nullopt;
}

std::string Verifier::name(int64_t height) {
  auto txid = txid_by_height(height);
  return fmt::format("transaction {} ({})", height, txid ? to_hex(*txid) : "txid unknown");
}

std::optional<TxRow> Verifier::next_row(int64_t after) {
  Statement row = stored_.prepare(
      "SELECT height, txid, time_ms, account, type, envelope, root, leaf FROM tx WHERE height > ? ORDER BY "
      "height LIMIT 1");
  if (!row.bind(after).step()) return std::nullopt;
  TxRow result;
  result.height = row.integer(0);
  // A blob of another size reads as zero and so differs from what it should be.
  result.txid = to_array<32>(row.blob(1)).value_or(Digest{});
  result.time_ms = row.integer(2);
  result.account.bytes = to_array<20>(row.blob(3)).value_or(AccountId{}.bytes);
  result.type = row.text(4);
  result.envelope = row.text(5);
  result.root = to_array<32>(row.blob(6)).value_or(Digest{});
  result.leaf = to_array<32>(row.blob(7)).value_or(Digest{});
  return result;
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
    if (get_meta(stored_, "genesis") != canonical(to_json(genesis_)))
      problem("genesis: not that of the network");
  });
  guarded("the store's log tree", [&] { expected_ = query_log(stored_).size(); });
  guarded("the store's last transaction", [&] {
    const auto last = get_meta(stored_, "last");  // a store of an older ain lacks it
    last_txid_ = last ? to_array<32>(*last) : std::nullopt;
    if (last && !last_txid_) problem("the last transaction's id: no id");
  });
}

void Verifier::check_log(const std::function<void(int64_t, int64_t)>& progress) {
  int64_t at = 0;
  while (report_.problems.size() < kProblemsMax) {
    std::optional<TxRow> row;
    if (!guarded(name(at + 1), [&] { row = next_row(at); })) {
      replaying_ = false;
      if (++at >= expected_) break;
      continue;
    }
    if (!row) break;
    if (row->height != at + 1) check_gap(at + 1, row->height - 1);
    if (row->height > expected_)
      problem(fmt::format("{}: beyond the {} of the log tree", name(row->height), expected_));
    guarded(name(row->height), [&] { check_row(*row); });
    at = row->height;
    ++report_.transactions;
    report_.height = at;
    if (progress) progress(report_.transactions, expected_);
  }
  if (at < expected_) check_gap(at + 1, expected_);
  if (const auto last = txids_.find(expected_); last_txid_ && last != txids_.end() && last->second != *last_txid_) {
    problem(fmt::format("{}: the store remembers another last one, {}", name(expected_), to_hex(*last_txid_)));
  }
  guarded("the log", [&] {
    Statement stray = stored_.prepare("SELECT height FROM tx WHERE height < 1");
    while (stray.step()) problem(fmt::format("{}: an impossible height", name(stray.integer(0))));
  });
  guarded("the log tree", [&] {
    if (get_meta(stored_, "log") != log_.bytes())
      problem("the log tree is not that of the stored transactions");
  });
}

void Verifier::check_gap(int64_t from, int64_t to) {
  replaying_ = false;
  for (int64_t height = from; height <= to; ++height) {
    if (height - from == kGapNamesMax) {
      problem(fmt::format("transactions {} to {}: not in the store", height, to));
      return;
    }
    problem(fmt::format("{}: not in the store", name(height)));
  }
}

// What can be judged about a row by itself. The envelope's own signature and hash leave no freedom in its
// bytes; the leaf binds the root and the time to it.
bool Verifier::check_columns(const TxRow& row, const Transaction& tx) {
  size_t before = report_.problems.size();
  std::string who = name(row.height);
  if (tx.account != row.account) problem(fmt::format("{}: the stored account is not the sender", who));
  if (type_name(tx.body) != row.type)
    problem(fmt::format("{}: the stored type is not the transaction's", who));
  if (row.time_ms < last_time_ms_)
    problem(fmt::format("{}: its time is before the transaction's before it", who));
  if (log_leaf(row.envelope, row.root, row.time_ms) != row.leaf) {
    problem(fmt::format("{}: its root, time or log leaf was changed", who));
  }
  Statement index = stored_.prepare("SELECT height FROM tx INDEXED BY tx_by_txid WHERE txid = ?");
  if (!index.bind_blob(as_view(tx.txid)).step() || index.integer(0) != row.height) {
    problem(fmt::format("{}: the index of txids does not lead to it", who));
  }
  return report_.problems.size() == before;
}

void Verifier::check_row(const TxRow& row) {
  txids_[row.height] = row.txid;
  log_.append(log_leaf(row.envelope, row.root, row.time_ms));
  if (log_.size() == earlier_) earlier_log_root_ = log_.root();
  Digest txid = txid_of(row.envelope);
  if (txid != row.txid) {
    problem(fmt::format("{}: its envelope's hash is {}", name(row.height), to_hex(txid)));
    unsound_row_seen_ = true;
  }
  Transaction tx;
  try {
    tx = decode_transaction(row.envelope);
  } catch (const Error& error) {
    problem(fmt::format("{}: {}", name(row.height), error.message()));
    replaying_ = false;
    return;
  }
  bool sound = check_columns(row, tx);
  last_time_ms_ = std::max(last_time_ms_, row.time_ms);
  if (replaying_) replay(row, tx, sound);
}

// A row that is found unsound may make the replay differ later on; then those later rows are not to blame.
void Verifier::replay(const TxRow& row, const Transaction& tx, bool sound) {
  if (!sound) unsound_row_seen_ = true;
  Outcome outcome = apply(state_, rules_, tx, {row.height, row.time_ms});
  if (!outcome.ok()) {
    replaying_ = false;
    if (!unsound_row_seen_) {
      problem(fmt::format("{}: the replay refuses it: {}", name(row.height), outcome.reason));
    }
    return;
  }
  for (const AccountId& account : state_.touched()) scratch_log_.touch(account, row.height);
  flush(row.height);
  if (tree_.root() == row.root) return;
  if (!unsound_row_seen_) {
    problem(fmt::format("{}: its stored state root is not the replay's", name(row.height)));
  }
  if (sound) replaying_ = false;
}

void Verifier::flush(int64_t height) {
  state_.flush([&](const std::string& key, const std::optional<std::string>& value) {
    tree_.set(key, value);
    last_writer_[key] = height;
  });
}

void Verifier::row_problem(const StateTable& table, const Cells& cells, std::string_view what) {
  std::string key;
  for (const std::string& cell : key_cells(table, cells)) key += cell;
  std::string row = fmt::format("{} {}", table.name, is_utf8(key) ? key : to_hex(key));
  int64_t height = 0;
  if (std::string_view(table.name) == kTouchTable.name) {
    height = parse_integer(cells[1], 0, INT64_MAX).value_or(0);
  } else if (auto found = last_writer_.find(fmt::format("{}/{}", table.name, key));
             found != last_writer_.end()) {
    height = found->second;
  } else {
    problem(fmt::format("no transaction: row '{}' {}", row, what));
    return;
  }
  problem(fmt::format("{}: row '{}' {}", height == 0 ? "genesis" : name(height), row, what));
}

// Both sides come sorted by key: walk them together.
void Verifier::compare(const StateTable& table) {
  TableCursor stored(stored_, table), replayed(scratch_, table);
  auto ours = stored.next(), theirs = replayed.next();
  while ((ours || theirs) && report_.problems.size() < kProblemsMax) {
    if (!theirs || (ours && key_cells(table, *ours) < key_cells(table, *theirs))) {
      row_problem(table, *ours, "is not in the replay");
      ours = stored.next();
    } else if (!ours || key_cells(table, *theirs) < key_cells(table, *ours)) {
      row_problem(table, *theirs, "is missing from the store");
      theirs = replayed.next();
    } else {
      if (*ours != *theirs) row_problem(table, *ours, "differs from the replay's");
      ours = stored.next();
      theirs = replayed.next();
    }
  }
}

void Verifier::check_state() {
  if (!replaying_) return;
  for (const StateTable& table : kStateTables) {
    guarded(fmt::format("the state's {} rows", table.name), [&] { compare(table); });
  }
  guarded("the accounts' histories", [&] { compare(kTouchTable); });
}

void Verifier::check_supply() {
  guarded("the supply", [&] {
    Supply supply = query_supply(stored_, rules_.supply);
    Amount sum = supply.accounts + supply.escrowed + supply.unclaimed;
    if (sum != supply.minted) {
      problem(fmt::format("the supply is {} but {} were minted", sum.text(), supply.minted.text()));
    }
  });
}

Verified Verifier::run(const std::function<void(int64_t, int64_t)>& progress) {
  guarded("the store", [&] { stored_.exec("BEGIN"); });
  SqlTransaction scratch(scratch_);
  start(state_, rules_);
  flush(0);
  check_file();
  check_meta();
  check_log(progress);
  report_.root = tree_.root();
  check_state();
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
