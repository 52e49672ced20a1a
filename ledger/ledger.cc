#include "ledger/ledger.h"

#include <algorithm>
#include <deque>
#include <mutex>

#include "base/encoding.h"
#include "base/sqlite.h"
#include "ledger/log.h"
#include "ledger/machine.h"
#include "ledger/query.h"
#include "ledger/state.h"
#include "ledger/state_root.h"
#include "ledger/receipt.h"
#include "ledger/store.h"
#include "ledger/subjects.h"
#include "ledger/tiles.h"
#include "ledger/verify.h"

namespace ain::ledger {
namespace {

constexpr const char* kVerifyHint = "see what is wrong with it: ain ledger verify";

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

// One snapshot of the store for several questions that must fit together.
template <typename Query>
auto in_snapshot(Database& db, Query query) {
  db.exec("BEGIN");
  try {
    auto result = query();
    db.exec("COMMIT");
    return result;
  } catch (...) {
    db.exec("ROLLBACK");
    throw;
  }
}

// Before the first block there is no stored root; the state is one row then.
StateAt state_at(Database& db) {
  const Tip tip = query_tip(db);
  if (tip.height > 0) return {tip.height, tip.root};
  StateRoot tree;
  each_state_row(db, [&](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  return {0, tree.root()};
}

// A transaction on its way into a block. Whoever submitted it waits until it is done.
struct Waiting {
  Transaction tx;
  std::string envelope;
  int64_t time_ms = 0;
  Applied applied;
  std::exception_ptr error;
  bool done = false;
};

}  // namespace

struct Ledger::Impl {
  Impl(const std::filesystem::path& store_folder, const Genesis& of, std::shared_ptr<const Signer> signer)
      : genesis(of),
        rules(rules_of(of)),
        folder(store_folder),
        sequencer(std::move(signer)),
        writer(open_store(folder)),
        state(writer),
        log_writer(writer) {
    initialise(writer, genesis);
    check_genesis(writer, genesis, folder);
    reader.emplace(open_store_readonly(folder));
  }

  // Runs a query on the read connection, which never waits for the writer.
  template <typename Query>
  auto read(Query query) const {
    std::lock_guard lock(read_mutex);
    return query(*reader);
  }

  void write_all();
  void write_block(const std::vector<Waiting*>& block);
  void apply_block(const std::vector<Waiting*>& block);
  void load_tree(const Tip& tip);

  const Genesis genesis;
  const Rules rules;
  const std::filesystem::path folder;
  const std::shared_ptr<const Signer> sequencer;

  std::mutex queue_mutex;
  std::deque<Waiting*> queue;

  std::mutex write_mutex;  // guards the five below
  Database writer;
  State state;
  LogWriter log_writer;
  StateRoot tree;
  std::optional<int64_t> tree_height;  // the height the tree stands at; nothing: to be rebuilt

  mutable std::mutex read_mutex;
  mutable std::optional<Database> reader;
};

// Brings the tree to the store's last block: at the first one, after a failure, and when another process has written.
void Ledger::Impl::load_tree(const Tip& tip) {
  if (tree_height == tip.height) return;
  tree_height.reset();
  state.forget();
  tree.clear();
  each_state_row(writer, [this](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  if (tip.height > 0 && tree.root() != tip.root) {
    fail_with_hint(ErrorKind::verification, kVerifyHint, "the ledger in '{}' is damaged: its state is not what its last transaction left",
                   folder.string());
  }
  tree_height = tip.height;
}

// One block: those that the machine takes go into the log together, the others get their refusal.
void Ledger::Impl::apply_block(const std::vector<Waiting*>& waiting) {
  SqlTransaction transaction(writer);
  const Tip tip = query_tip(writer);
  load_tree(tip);
  tree_height.reset();  // until the commit has succeeded the tree is ahead of the store
  BlockRow block{.height = tip.height + 1, .time_ms = tip.time_ms, .size = tip.size, .root = {}, .log = {}};
  for (const Waiting* each : waiting) block.time_ms = std::max(block.time_ms, each->time_ms);
  LogTree log = query_log(writer);
  std::vector<std::pair<TxRow, Effects>> rows;
  std::vector<Digest> leaves;
  for (Waiting* each : waiting) {
    const Transaction& tx = each->tx;
    Applied& applied = each->applied;
    applied = {.reason = "", .txid = tx.txid, .time_ms = block.time_ms};
    // A nonce that the account has used already may be this very transaction's.
    if (tx.nonce <= state.account(tx.account).nonce) {
      const auto same = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.first.txid == tx.txid; });
      auto earlier = same == rows.end() ? query_applied(writer, tx.txid) : std::optional<Applied>();
      if (same != rows.end()) earlier = Applied{.reason = "", .txid = tx.txid, .index = same->first.index, .height = block.height, .time_ms = block.time_ms};
      if (earlier) {
        applied = *earlier;
        applied.replayed = true;
        continue;
      }
    }
    Outcome outcome = apply(state, rules, tx, {block.height, block.time_ms});
    applied.refusal = outcome.refusal;
    applied.reason = std::move(outcome.reason);
    if (applied.refusal != Refusal::none) continue;
    applied.index = block.size++;
    applied.height = block.height;
    rows.emplace_back(TxRow{applied.index, block.height, tx.txid, tx.account, std::string(tx.type()), each->envelope, state.writes()},
                      Effects{state.movements(tx.account), subjects_of(state, tx)});
    leaves.push_back(log_leaf(each->envelope, block.height, block.time_ms, rows.back().first.writes));
    log.append(leaves.back());
    state.accept();
  }
  // Of a block of refusals alone it only forgets what was read for them.
  state.flush([this](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  if (!rows.empty()) {
    block.root = tree.root();
    block.log = log.root();
    log_writer.insert(block);
    for (const auto& [row, effects] : rows) log_writer.insert(row, effects);
    write_tiles(writer, tip.size, leaves);
    put_meta(writer, "last", as_view(rows.back().first.txid));  // so that a row that is gone can still be named
    put_meta(writer, "log", log.bytes());
  }
  transaction.commit();
  tree_height = rows.empty() ? tip.height : block.height;
}

// What goes wrong with a block of many may be the fault of one: each is tried alone then. A full disk is nobody's.
void Ledger::Impl::write_block(const std::vector<Waiting*>& block) {
  try {
    apply_block(block);
  } catch (const std::exception& error) {
    state.forget();
    const auto* known = dynamic_cast<const Error*>(&error);
    if (block.size() > 1 && !(known && known->kind() == ErrorKind::exhausted)) {
      for (Waiting* each : block) write_block({each});
      return;
    }
    for (Waiting* each : block) each->error = std::current_exception();
  }
  for (Waiting* each : block) each->done = true;
}

// Whoever holds the write lock writes for all who wait.
void Ledger::Impl::write_all() {
  std::vector<Waiting*> block;
  {
    std::lock_guard lock(queue_mutex);
    const size_t count = std::min(queue.size(), kBlockTransactionsMax);
    block.assign(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (!block.empty()) write_block(block);
}

Ledger::Ledger(const std::filesystem::path& folder, const Genesis& genesis,
               std::shared_ptr<const Signer> sequencer) {
  if (sequencer && sequencer->public_key() != genesis.sequencer) {
    fail(ErrorKind::failed, "the key at hand is not the sequencer's of network '{}'", network_id(genesis));
  }
  try {
    impl_ = std::make_unique<Impl>(folder, genesis, std::move(sequencer));
  } catch (Error& error) {
    if (error.kind() == ErrorKind::verification) error.set_hint(kVerifyHint);
    throw error.add_context(fmt::format("cannot open the ledger in '{}'", folder.string()));
  }
}

Ledger::~Ledger() = default;

const Genesis& Ledger::genesis() const { return impl_->genesis; }
const std::string& Ledger::network() const { return impl_->rules.network; }

std::vector<Applied> Ledger::submit(const std::vector<std::string>& envelopes, int64_t time_ms) {
  AIN_ASSERT(time_ms >= 0 && time_ms <= kTimeMaxMs / 2);
  std::vector<Waiting> mine(envelopes.size());
  for (size_t i = 0; i < envelopes.size(); ++i) {
    Waiting& each = mine[i];
    each.envelope = envelopes[i];
    each.time_ms = time_ms;
    try {
      each.tx = decode_transaction(envelopes[i]);
    } catch (const RefusedError& error) {
      each.applied = {.refusal = error.refusal(), .reason = error.message(), .txid = txid_of(envelopes[i]), .time_ms = time_ms};
      each.done = true;
    }
  }
  {
    std::lock_guard lock(impl_->queue_mutex);
    for (Waiting& each : mine) {
      if (!each.done) impl_->queue.push_back(&each);
    }
  }
  // Those before mine in the queue are written first; so this ends.
  for (const Waiting& each : mine) {
    std::lock_guard lock(impl_->write_mutex);
    while (!each.done) impl_->write_all();
  }
  std::vector<Applied> all;
  for (Waiting& each : mine) {
    if (each.error) std::rethrow_exception(each.error);
    all.push_back(std::move(each.applied));
  }
  return all;
}

Applied Ledger::submit(std::string_view envelope, int64_t time_ms) { return submit(std::vector{std::string(envelope)}, time_ms).at(0); }

AccountState Ledger::account(const AccountId& account) const {
  return impl_->read([&](Database& db) { return query_account(db, account); });
}
std::optional<EscrowState> Ledger::escrow(const Digest& id) const {
  return impl_->read([&](Database& db) { return query_row<EscrowState>(db, escrow_key(id)); });
}
std::vector<EscrowState> Ledger::escrows_of(const AccountId& account) const {
  return impl_->read([&](Database& db) { return query_escrows_of(db, account); });
}
std::vector<Digest> Ledger::overdue(int64_t time_ms) const {
  return impl_->read([&](Database& db) { return query_overdue(db, time_ms); });
}
std::vector<OfferState> Ledger::offers(int64_t time_ms) const {
  return impl_->read([&](Database& db) { return query_offers(db, time_ms); });
}
std::optional<Attribution> Ledger::attribution_of(const std::string& repository, const std::string& commit) const {
  return impl_->read([&](Database& db) { return query_attribution_of(db, repository, commit); });
}
std::vector<Attribution> Ledger::attributions_by(const AccountId& registrar, const std::string& repository,
                                                 const std::string& tree) const {
  return impl_->read([&](Database& db) { return query_attributions_by(db, registrar, repository, tree); });
}
std::optional<Attribution> Ledger::attribution(const Digest& digest) const {
  const auto row = impl_->read([&](Database& db) { return query_row<AttributionState>(db, attribution_key(digest)); });
  return row ? std::optional(row->attribution) : std::nullopt;
}
std::optional<KeyState> Ledger::key(const PublicKey& key) const {
  return impl_->read([&](Database& db) { return query_row<KeyState>(db, key_key(key)); });
}
std::vector<std::pair<PublicKey, KeyState>> Ledger::keys_of(const AccountId& account) const {
  return impl_->read([&](Database& db) { return query_keys_of(db, account); });
}
std::optional<RepositoryState> Ledger::repository(const RepositoryId& id) const {
  return impl_->read([&](Database& db) { return query_row<RepositoryState>(db, repository_key(id)); });
}
std::optional<FingerprintState> Ledger::fingerprints(const RepositoryId& id, const std::string& commit) const {
  return impl_->read([&](Database& db) { return query_row<FingerprintState>(db, fingerprint_key(id, commit)); });
}
std::optional<BondState> Ledger::bond(const AccountId& account) const {
  return impl_->read([&](Database& db) { return query_row<BondState>(db, bond_key(account)); });
}
std::optional<ClaimState> Ledger::claim(const RepositoryId& id, const std::string& payee) const {
  return impl_->read([&](Database& db) { return query_row<ClaimState>(db, claim_key(id, payee)); });
}
ParametersState Ledger::parameters() const {
  const auto row = impl_->read([](Database& db) { return query_row<ParametersState>(db, kParametersKey); });
  return row.value_or(ParametersState{impl_->genesis.parameters, 0});
}
std::vector<std::pair<Holder, Amount>> Ledger::unclaimed(const UnclaimedQuery& query) const {
  return impl_->read([&](Database& db) { return query_unclaimed(db, query); });
}
std::vector<HistoryEntry> Ledger::history(const HistoryQuery& query) const {
  return impl_->read([&](Database& db) { return query_history(db, query); });
}
std::optional<Applied> Ledger::applied(const Digest& txid) const {
  return impl_->read([&](Database& db) { return query_applied(db, txid); });
}
std::optional<HistoryEntry> Ledger::transaction(const Digest& txid) const {
  return impl_->read([&](Database& db) { return query_transaction(db, txid); });
}
std::vector<Digest> Ledger::transactions_from(std::string_view hex_prefix, int64_t limit) const {
  return impl_->read([&](Database& db) { return query_transactions_from(db, hex_prefix, limit); });
}
std::vector<Digest> Ledger::escrows_from(std::string_view hex_prefix, int64_t limit) const {
  return impl_->read([&](Database& db) { return query_escrows_from(db, hex_prefix, limit); });
}
Supply Ledger::supply() const {
  return impl_->read([&](Database& db) { return query_supply(db, impl_->genesis.supply); });
}
int64_t Ledger::height() const {
  return impl_->read([](Database& db) { return query_tip(db).height; });
}
int64_t Ledger::size() const {
  return impl_->read([](Database& db) { return query_tip(db).size; });
}

Digest Ledger::root() const {
  return impl_->read([](Database& db) { return state_at(db).root; });
}

std::string Ledger::checkpoint() const {
  return impl_->read([&](Database& db) {
    return in_snapshot(db, [&] { return make_checkpoint(network(), query_log(db), state_at(db), impl_->sequencer.get()); });
  });
}

std::optional<std::string> Ledger::tile(int level, int64_t number, int64_t width) const {
  return impl_->read([&](Database& db) { return in_snapshot(db, [&] { return read_tile(db, query_tip(db).size, level, number, width); }); });
}

std::optional<std::string> Ledger::entries(int64_t number, int64_t width) const {
  return impl_->read([&](Database& db) { return in_snapshot(db, [&] { return read_entries(db, query_tip(db).size, number, width); }); });
}

std::optional<std::string> Ledger::receipt(const Digest& txid) const {
  return impl_->read([&](Database& db) {
    return in_snapshot(db, [&]() -> std::optional<std::string> {
      const auto applied = query_applied(db, txid);
      if (!applied) return std::nullopt;
      const LogTree log = query_log(db);
      const LogEntry entry = query_log_entries(db, applied->index, 1).at(0);
      return write_receipt(log_bytes(entry.envelope, entry.height, entry.time_ms, entry.writes), entry.index,
                           inclusion_path(db, entry.index, log.size()),
                           make_checkpoint(network(), log, state_at(db), impl_->sequencer.get()));
    });
  });
}

std::vector<Digest> Ledger::consistency(int64_t earlier, int64_t size) const {
  return impl_->read([&](Database& db) {
    return in_snapshot(db, [&] {
      if (earlier < 0 || earlier > size || size > query_tip(db).size) fail(ErrorKind::usage, "the log has not grown from {} to {} entries", earlier, size);
      return consistency_path(db, earlier, size);
    });
  });
}

std::vector<LogEntry> Ledger::log(int64_t from_index) const {
  return impl_->read([&](Database& db) { return query_log_entries(db, from_index); });
}

void Ledger::check() const {
  std::lock_guard lock(impl_->write_mutex);
  const Tip tip = query_tip(impl_->writer);
  impl_->load_tree(tip);
  Statement last = impl_->writer.prepare("SELECT coalesce(max(idx), -1) FROM tx");
  last.step();
  if (query_log(impl_->writer).size() == tip.size && last.integer(0) == tip.size - 1) return;
  fail_with_hint(ErrorKind::verification, kVerifyHint, "the ledger in '{}' is damaged: its log has lost its end",
                 impl_->folder.string());
}

VerifyReport Ledger::verify(const std::function<void(int64_t, int64_t)>& progress) const {
  return verify_folder(impl_->folder, impl_->genesis, 0, impl_->sequencer.get(), progress).report;
}

bool holds_ledger(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / kStoreFile, ignored);
}

Verification verify_folder(const std::filesystem::path& folder, const Genesis& genesis, int64_t earlier, const Signer* sequencer,
                           const std::function<void(int64_t, int64_t)>& progress) {
  Database stored = open_store_readonly(folder);  // of its own, as a replay may take minutes
  Verified verified = verify_store(stored, genesis, earlier, progress);
  Verification result{std::move(verified.report), verified.earlier_log_root, verified.log.root()};
  // Never sign a log that does not hold.
  if (result.report.problems.empty()) {
    result.report.checkpoint = make_checkpoint(network_id(genesis), verified.log, {result.report.height, result.report.root}, sequencer);
  }
  return result;
}

}  // namespace ain::ledger
