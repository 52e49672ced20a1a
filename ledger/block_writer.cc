#include "ledger/block_writer.h"

#include <algorithm>
#include <future>

#include "ledger/log.h"
#include "ledger/replay.h"
#include "ledger/subjects.h"
#include "ledger/tiles.h"

namespace ain::ledger {
namespace {

// What a store of this genesis holds before any transaction.
void initialise(Database& db, const Genesis& genesis) {
  SqlTransaction transaction(db);
  if (get_meta(db, "genesis")) return;
  put_meta(db, "genesis", canonical(to_json(genesis)));
  put_meta(db, "log", LogTree().bytes());
  State state(db);
  start(state, rules_of(genesis));
  state.flush([](const std::string&, const std::optional<std::string>&) {});
  transaction.commit();
}

void check_genesis(Database& db, const Genesis& genesis, const std::filesystem::path& folder) {
  if (get_meta(db, "genesis") == canonical(to_json(genesis))) return;
  fail_with_hint(ErrorKind::verification, "each network needs a folder of its own",
                 "the ledger in '{}' is not that of network '{}'", folder.string(), network_id(genesis));
}

constexpr size_t kHashedAsideMin = 64;  // transactions

// A disk that is full or broken, or a store that is held: trying a thousand times would not mend it.
bool is_of_store(const std::exception& error) {
  const auto* known = dynamic_cast<const DatabaseError*>(&error);
  return known && known->kind() != ErrorKind::verification;
}

}  // namespace

// A block on its way into the store.
struct BlockWriter::Block {
  BlockRow row;
  std::vector<std::pair<TxRow, Effects>> transactions;
};

BlockWriter::BlockWriter(const std::filesystem::path& folder, const Genesis& genesis)
    : rules_(rules_of(genesis)), folder_(folder), db_(open_store(folder)), state_(db_), log_writer_(db_) {
  initialise(db_, genesis);
  check_genesis(db_, genesis, folder);
  size_ = query_tip(db_).size;
}

void BlockWriter::load_tree(const Tip& tip) {
  if (tree_height_ == tip.height) return;
  tree_height_.reset();
  state_.forget();
  tree_.clear();
  each_state_row(db_, [this](const std::string& key, const std::optional<std::string>& value) { tree_.set(key, value); });
  if (tip.height > 0 && tree_.root() != tip.root) {
    fail_with_hint(ErrorKind::verification, kVerifyHint, "the ledger in '{}' is damaged: its state is not what its last transaction left",
                   folder_.string());
  }
  tree_height_ = tip.height;
}

// What the machine has just made of `tx` becomes part of the block.
void BlockWriter::take(Block& block, const Transaction& tx, const std::string& envelope) {
  block.transactions.emplace_back(
      TxRow{block.row.size++, block.row.height, tx.txid, tx.account, std::string(tx.type()), envelope, state_.writes()},
      Effects{state_.movements(tx.account), subjects_of(state_, tx)});
  state_.accept();
}

// The hashes, of the log and of the state, are made while the rows are written: a thread of their own is worth it for a block of some size.
void BlockWriter::store(Block& block, LogTree& log) {
  std::vector<std::pair<std::string, std::optional<std::string>>> changed;
  state_.flush([&](const std::string& key, const std::optional<std::string>& value) { changed.emplace_back(key, value); });
  std::vector<Digest> leaves;
  const bool aside = block.transactions.size() >= kHashedAsideMin;
  std::future<void> hashed = std::async(aside ? std::launch::async : std::launch::deferred, [&] {
    for (const auto& [row, effects] : block.transactions) {
      leaves.push_back(log_leaf(row.envelope, row.height, block.row.time_ms, row.writes));
      log.append(leaves.back());
    }
    for (const auto& [key, value] : changed) tree_.set(key, value);
    block.row.root = tree_.root();
    block.row.log = log.root();
  });
  for (const auto& [row, effects] : block.transactions) log_writer_.insert(row, effects, state_);
  hashed.get();
  log_writer_.insert(block.row);
  write_tiles(db_, block.row.size - std::ssize(leaves), leaves);
  put_meta(db_, "last", as_view(block.transactions.back().first.txid));  // so that a row that is gone can still be named
  put_meta(db_, "log", log.bytes());
}

// One block: those that the machine takes go into the log together, the others get their refusal.
void BlockWriter::apply_block(const std::vector<Waiting*>& waiting) {
  SqlTransaction transaction(db_);
  const Tip tip = query_tip(db_);
  load_tree(tip);
  tree_height_.reset();  // until the commit has succeeded the tree is ahead of the store
  Block block{{.height = tip.height + 1, .time_ms = tip.time_ms, .size = tip.size, .root = {}, .log = {}}, {}};
  for (const Waiting* each : waiting) block.row.time_ms = std::max(block.row.time_ms, each->time_ms);
  LogTree log = query_log(db_);
  const auto& rows = block.transactions;
  for (Waiting* each : waiting) {
    const Transaction& tx = each->tx;
    Applied& applied = each->applied;
    applied = {.reason = "", .txid = tx.txid, .time_ms = block.row.time_ms};
    // A nonce that the account has used already may be this very transaction's. The writer looks for it in the newest chapter alone: whoever
    // sent it looks further (Ledger::submit), so that none can keep it busy with what never was.
    each->used_nonce = tx.nonce <= state_.account(tx.account).nonce;
    if (each->used_nonce) {
      const auto same = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.first.txid == tx.txid; });
      auto earlier = same == rows.end() ? query_applied_lately(db_, tx.txid) : std::optional<Applied>();
      if (same != rows.end()) {
        earlier = Applied{.reason = "", .txid = tx.txid, .index = same->first.index, .height = block.row.height, .time_ms = block.row.time_ms};
      }
      if (earlier) {
        applied = *earlier;
        applied.replayed = true;
        continue;
      }
    }
    Outcome outcome = apply(state_, rules_, tx, {block.row.height, block.row.time_ms});
    applied.refusal = outcome.refusal;
    applied.reason = std::move(outcome.reason);
    if (applied.refusal != Refusal::none) continue;
    applied.index = block.row.size;
    applied.height = block.row.height;
    take(block, tx, each->envelope);
  }
  if (!rows.empty()) store(block, log);
  else state_.flush({});  // it only forgets what was read for the refusals
  transaction.commit();
  tree_height_ = rows.empty() ? tip.height : block.row.height;
  size_ = block.row.size;
}

void BlockWriter::follow_blocks(const std::vector<LogEntry>& entries, const Ledger::Approval& approve) {
  SqlTransaction transaction(db_);
  const Tip tip = query_tip(db_);
  load_tree(tip);
  tree_height_.reset();
  LogTree log = query_log(db_);
  LogPlace place{tip.size, tip.height, tip.time_ms, false};
  Block block;
  std::vector<Decoded> decoded = decode_entries(entries);
  for (size_t i = 0; i < entries.size(); ++i) {
    const LogEntry& entry = entries[i];
    place.pass(entry);
    block.row = {entry.height, entry.time_ms, entry.index, {}, {}};
    take(block, apply_entry(state_, rules_, entry, std::move(decoded[i])), entry.envelope);
    if (!entry.root) continue;
    store(block, log);
    if (block.row.root != *entry.root) throw Divergence(entry, "the state root after its block is not the replay's");
    block = {};
  }
  AIN_ASSERT(!place.in_block);
  approve(log, {place.height, tree_.root()});
  transaction.commit();
  tree_height_ = place.height;
  size_ = place.size;
}

// Anything else may be the fault of one of a block of many, of what it asks for or of damaged rows that it is about: each is tried alone then.
void BlockWriter::write(const std::vector<Waiting*>& block) {
  try {
    apply_block(block);
  } catch (const std::exception& error) {
    state_.forget();
    if (block.size() > 1 && !is_of_store(error)) {
      for (Waiting* each : block) write({each});
      return;
    }
    for (Waiting* each : block) each->error = std::current_exception();
  }
}

void BlockWriter::follow(const std::vector<LogEntry>& entries, const Ledger::Approval& approve) {
  try {
    follow_blocks(entries, approve);
  } catch (...) {
    state_.forget();
    throw;
  }
}

}  // namespace ain::ledger
