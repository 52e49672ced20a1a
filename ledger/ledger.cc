#include "ledger/ledger.h"

#include <algorithm>
#include <mutex>

#include "base/encoding.h"
#include "base/sqlite.h"
#include "ledger/log.h"
#include "ledger/machine.h"
#include "ledger/query.h"
#include "ledger/state.h"
#include "ledger/state_root.h"
#include "ledger/store.h"
#include "ledger/verify.h"
#include "ledger/wire.h"

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

  Applied apply_locked(const Transaction& tx, std::string_view envelope, int64_t time_ms);
  void load_tree(const Tip& tip);
  Applied append(const Transaction& tx, std::string_view envelope, const BlockContext& block);

  const Genesis genesis;
  const Rules rules;
  const std::filesystem::path folder;
  const std::shared_ptr<const Signer> sequencer;

  std::mutex write_mutex;  // guards the five below
  Database writer;
  State state;
  LogWriter log_writer;
  StateRoot tree;
  std::optional<int64_t> tree_height;  // the height the tree stands at; nothing: to be rebuilt

  mutable std::mutex read_mutex;
  mutable std::optional<Database> reader;
};

// Brings the tree to the store's last transaction: at the first one, after a failure, and when another
// process has written.
void Ledger::Impl::load_tree(const Tip& tip) {
  if (tree_height == tip.height) return;
  tree_height.reset();
  tree.clear();
  each_state_row(writer, [this](const std::string& key, const std::optional<std::string>& value) {
    tree.set(key, value);
  });
  if (tip.height > 0 && tree.root() != tip.root) {
    fail_with_hint(ErrorKind::verification, kVerifyHint,
                   "the ledger in '{}' is damaged: its state is not what its last transaction left",
                   folder.string());
  }
  tree_height = tip.height;
}

Applied Ledger::Impl::append(const Transaction& tx, std::string_view envelope, const BlockContext& block) {
  std::vector<AccountId> touched = state.touched();
  state.flush(
      [this](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  Digest root = tree.root();
  Digest leaf = log_leaf(envelope, root, block.time_ms);
  LogTree log = query_log(writer);
  log.append(leaf);
  put_meta(writer, "last", as_view(tx.txid));  // so that a row that is gone can still be named
  log_writer.insert({block.height, tx.txid, block.time_ms, tx.account, std::string(type_name(tx.body)),
                     std::string(envelope), root, leaf});
  for (const AccountId& account : touched) log_writer.touch(account, block.height);
  put_meta(writer, "log", log.bytes());
  return {Refusal::none, "", tx.txid, block.height, block.time_ms, root, false};
}

Applied Ledger::Impl::apply_locked(const Transaction& tx, std::string_view envelope, int64_t time_ms) {
  SqlTransaction transaction(writer);
  if (auto earlier = query_applied(writer, tx.txid)) {
    earlier->replayed = true;
    return *earlier;
  }
  Tip tip = query_tip(writer);
  load_tree(tip);
  BlockContext block{tip.height + 1, std::max(time_ms, tip.time_ms)};
  Outcome outcome = apply(state, rules, tx, block);
  if (!outcome.ok()) return {outcome.refusal, outcome.reason, tx.txid, 0, block.time_ms, {}, false};
  tree_height.reset();  // until the commit has succeeded the tree is ahead of the store
  Applied applied = append(tx, envelope, block);
  transaction.commit();
  tree_height = block.height;
  return applied;
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

Applied Ledger::submit(std::string_view envelope, int64_t time_ms) {
  AIN_ASSERT(time_ms >= 0 && time_ms <= kTimeMaxMs - kRunWithinMaxMs);
  Transaction tx;
  try {
    tx = decode_transaction(envelope);
  } catch (const RefusedError& error) {
    return {error.refusal(), error.message(), txid_of(envelope), 0, time_ms, {}, false};
  }
  std::lock_guard lock(impl_->write_mutex);
  try {
    return impl_->apply_locked(tx, envelope, time_ms);
  } catch (...) {
    impl_->state.discard();
    throw;
  }
}

AccountState Ledger::account(const AccountId& account) const {
  return impl_->read([&](Database& db) { return query_account(db, account); });
}
std::optional<EscrowState> Ledger::escrow(const Digest& id) const {
  return impl_->read([&](Database& db) { return query_escrow(db, id); });
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
  return impl_->read([&](Database& db) { return query_attribution(db, digest); });
}
std::vector<Payout> Ledger::unclaimed() const {
  return impl_->read([](Database& db) { return query_unclaimed(db); });
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

// Before the first transaction there is no stored root; the state is one row then.
Digest Ledger::root() const {
  return impl_->read([](Database& db) {
    Tip tip = query_tip(db);
    if (tip.height > 0) return tip.root;
    StateRoot tree;
    each_state_row(
        db, [&](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
    return tree.root();
  });
}

std::string Ledger::checkpoint() const {
  LogTree log = impl_->read([](Database& db) { return query_log(db); });
  return make_checkpoint(network(), log, impl_->sequencer.get());
}

std::vector<LogEntry> Ledger::log(int64_t after_height) const {
  return impl_->read([&](Database& db) { return query_log_entries(db, after_height); });
}

void Ledger::check() const {
  std::lock_guard lock(impl_->write_mutex);
  const Tip tip = query_tip(impl_->writer);
  impl_->load_tree(tip);
  if (query_log(impl_->writer).size() == tip.height) return;
  fail_with_hint(ErrorKind::verification, kVerifyHint, "the ledger in '{}' is damaged: its log has lost its end",
                 impl_->folder.string());
}

VerifyReport Ledger::verify(const std::function<void(int64_t, int64_t)>& progress) const {
  Database stored = open_store_readonly(impl_->folder);  // of its own, as a replay may take minutes
  Verified verified = verify_store(stored, impl_->genesis, 0, progress);
  VerifyReport& report = verified.report;
  // Never sign a log that does not hold.
  if (report.problems.empty())
    report.checkpoint = make_checkpoint(network(), verified.log, impl_->sequencer.get());
  return report;
}

bool holds_ledger(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / kStoreFile, ignored);
}

Verification verify_folder(const std::filesystem::path& folder, const Genesis& genesis, int64_t earlier,
                           const Signer* sequencer) {
  Database stored = open_store_readonly(folder);
  Verified verified = verify_store(stored, genesis, earlier, {});
  Verification result{std::move(verified.report), verified.earlier_log_root, verified.log.root()};
  if (result.report.problems.empty()) {
    result.report.checkpoint = make_checkpoint(network_id(genesis), verified.log, sequencer);
  }
  return result;
}

}  // namespace ain::ledger
