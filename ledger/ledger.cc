#include "ledger/ledger.h"

#include <atomic>
#include <mutex>

#include "base/encoding.h"
#include "base/growing.h"
#include "base/sqlite.h"
#include "ledger/balance_proof.h"
#include "ledger/block_writer.h"
#include "ledger/log.h"
#include "ledger/query.h"
#include "ledger/readers.h"
#include "ledger/receipt.h"
#include "ledger/replay.h"
#include "ledger/state_root.h"
#include "ledger/store.h"
#include "ledger/tiles.h"
#include "ledger/verify.h"
#include "ledger/write_queue.h"

namespace ain::ledger {
namespace {

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
StateAt newest_state(Database& db) {
  const Tip tip = query_tip(db);
  if (tip.height > 0) return {tip.height, tip.root};
  StateRoot tree;
  each_state_row(db, [&](const std::string& key, const std::optional<std::string>& value) { tree.set(key, value); });
  return {0, tree.root()};
}

}  // namespace

struct Ledger::Impl {
  Impl(const std::filesystem::path& store_folder, const Genesis& of, std::shared_ptr<const Signer> signer)
      : genesis(of),
        network(network_id(of)),
        folder(store_folder),
        sequencer(std::move(signer)),
        writer(folder, genesis),
        readers(folder),
        size(writer.size()),
        queue([this](const std::vector<Waiting*>& block) { write(block); }) {}

  template <typename Query>
  auto read(Query query) const { return readers.read(query); }
  template <typename Query>
  auto look_up(Query query) const { return readers.look_up(query); }

  void write(const std::vector<Waiting*>& block);
  void recall(Waiting& refused) const;
  // `kept_before`: kept_checkpoints before the snapshot was taken.
  std::string checkpoint(Database& db, int64_t kept_before) const;

  const Genesis genesis;
  const std::string network;
  const std::filesystem::path folder;
  const std::shared_ptr<const Signer> sequencer;

  std::mutex write_mutex;  // guards the writer
  BlockWriter writer;

  mutable Readers readers;
  std::atomic<int64_t> kept_checkpoints = 0;  // since this began
  mutable std::mutex checkpoint_mutex;
  mutable std::optional<std::pair<int64_t, std::string>> last_checkpoint;  // by the log's size

  GrowingNumber size;  // of the log as it is durable

  WriteQueue queue;  // the last, so that its thread is gone before what it uses
};

void Ledger::Impl::write(const std::vector<Waiting*>& block) {
  const std::lock_guard lock(write_mutex);
  writer.write(block);
  size.set(writer.size());
}

// One of long ago that comes again is answered as it was then.
void Ledger::Impl::recall(Waiting& refused) const {
  const auto earlier = read([&](Database& db) { return query_applied(db, refused.tx.txid); });
  if (!earlier) return;
  refused.applied = *earlier;
  refused.applied.replayed = true;
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
const std::string& Ledger::network() const { return impl_->network; }

std::vector<Applied> Ledger::submit(const std::vector<std::string>& envelopes, int64_t time_ms) {
  AIN_ASSERT(time_ms >= 0 && time_ms <= kTimeMaxMs / 2);
  std::vector<Waiting> mine(envelopes.size());
  std::vector<Decoded> decoded = decode_transactions(envelopes);
  for (size_t i = 0; i < envelopes.size(); ++i) {
    Waiting& each = mine[i];
    each.envelope = envelopes[i];
    each.time_ms = time_ms;
    if (decoded[i].refusal == Refusal::none) {
      each.tx = std::move(decoded[i].tx);
    } else {
      each.applied = {.refusal = decoded[i].refusal, .reason = decoded[i].reason, .txid = txid_of(envelopes[i]), .time_ms = time_ms};
      each.done = true;
    }
  }
  impl_->queue.write(mine);
  std::vector<Applied> all;
  for (Waiting& each : mine) {
    if (each.error) std::rethrow_exception(each.error);
    if (each.used_nonce && each.applied.refusal != Refusal::none) impl_->recall(each);
    all.push_back(std::move(each.applied));
  }
  return all;
}

Applied Ledger::submit(std::string_view envelope, int64_t time_ms) { return submit(std::vector{std::string(envelope)}, time_ms).at(0); }

void Ledger::follow(const std::vector<LogEntry>& entries, const Approval& approve) {
  std::lock_guard lock(impl_->write_mutex);
  impl_->writer.follow(entries, approve);
  impl_->size.set(impl_->writer.size());
}

void Ledger::keep_checkpoint(std::string_view text) {
  std::lock_guard lock(impl_->write_mutex);
  put_meta(impl_->writer.database(), "checkpoint", text);
  std::lock_guard checkpoint_lock(impl_->checkpoint_mutex);
  ++impl_->kept_checkpoints;
  impl_->last_checkpoint.reset();
}

std::optional<std::string> Ledger::kept_checkpoint() const {
  return impl_->read([](Database& db) { return get_meta(db, "checkpoint"); });
}

int64_t Ledger::wait_beyond(int64_t size, int64_t wait_ms) const { return impl_->size.wait_above(size, wait_ms); }

AccountState Ledger::account(const AccountId& account) const {
  return impl_->look_up([&](Database& db) { return query_account(db, account); });
}
std::optional<EscrowState> Ledger::escrow(const Digest& id) const {
  return impl_->look_up([&](Database& db) { return query_row<EscrowState>(db, escrow_key(id)); });
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
std::vector<AttributionState> Ledger::attributions_by(const AccountId& registrar, const std::string& repository,
                                                      const std::string& tree) const {
  return impl_->read([&](Database& db) { return query_attributions_by(db, registrar, repository, tree); });
}
std::optional<Attribution> Ledger::attribution(const Digest& digest) const {
  const auto row = impl_->look_up([&](Database& db) { return query_row<AttributionState>(db, attribution_key(digest)); });
  return row ? std::optional(row->attribution) : std::nullopt;
}
std::optional<KeyState> Ledger::key(const PublicKey& key) const {
  return impl_->look_up([&](Database& db) { return query_row<KeyState>(db, key_key(key)); });
}
std::vector<std::pair<PublicKey, KeyState>> Ledger::keys_of(const AccountId& account) const {
  return impl_->read([&](Database& db) { return query_keys_of(db, account); });
}
std::optional<RepositoryState> Ledger::repository(const RepositoryId& id) const {
  return impl_->look_up([&](Database& db) { return query_row<RepositoryState>(db, repository_key(id)); });
}
std::optional<FingerprintState> Ledger::fingerprints(const RepositoryId& id, const std::string& commit) const {
  return impl_->look_up([&](Database& db) { return query_row<FingerprintState>(db, fingerprint_key(id, commit)); });
}
std::optional<BondState> Ledger::bond(const AccountId& account) const {
  return impl_->look_up([&](Database& db) { return query_row<BondState>(db, bond_key(account)); });
}
std::optional<ClaimState> Ledger::claim(const RepositoryId& id, const std::string& payee) const {
  return impl_->look_up([&](Database& db) { return query_row<ClaimState>(db, claim_key(id, payee)); });
}
ParametersState Ledger::parameters() const {
  const auto row = impl_->look_up([](Database& db) { return query_row<ParametersState>(db, kParametersKey); });
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
  return impl_->look_up([](Database& db) { return query_tip(db).height; });
}
int64_t Ledger::size() const {
  return impl_->look_up([](Database& db) { return query_tip(db).size; });
}

Digest Ledger::root() const {
  return impl_->read([](Database& db) { return newest_state(db).root; });
}

LogTree Ledger::log_tree() const { return impl_->read([](Database& db) { return query_log(db); }); }

Digest Ledger::log_root(int64_t size) const {
  return impl_->read([&](Database& db) {
    return in_snapshot(db, [&] {
      if (size < 0 || size > query_tip(db).size) fail(ErrorKind::usage, "the log never had {} entries", size);
      return prefix_root(db, size);
    });
  });
}

std::optional<StateAt> Ledger::state_at(int64_t size) const {
  if (size == 0) return StateAt{0, Replay(impl_->genesis).root()};
  return impl_->read([&](Database& db) { return query_state_at(db, size); });
}

// Many ask between two blocks: the last answer is at hand.
std::string Ledger::Impl::checkpoint(Database& db, int64_t kept_before) const {
  const int64_t size_now = query_tip(db).size;
  {
    const std::lock_guard lock(checkpoint_mutex);
    if (last_checkpoint && last_checkpoint->first == size_now) return last_checkpoint->second;
  }
  auto kept = get_meta(db, "checkpoint");
  const std::string body = checkpoint_body(network, query_log(db), newest_state(db));
  const bool serve_kept = kept && (!sequencer || body_of(*kept) == body);
  std::string text = serve_kept ? *std::move(kept) : sign_checkpoint(body, network, sequencer.get());
  const std::lock_guard lock(checkpoint_mutex);
  if (kept_before == kept_checkpoints) last_checkpoint = {size_now, text};
  return text;
}

std::string Ledger::checkpoint() const {
  const int64_t kept = impl_->kept_checkpoints;
  return impl_->look_up([&](Database& db) { return in_snapshot(db, [&] { return impl_->checkpoint(db, kept); }); });
}

std::optional<std::string> Ledger::tile(int level, int64_t number, int64_t width) const {
  return impl_->look_up([&](Database& db) { return in_snapshot(db, [&] { return read_tile(db, query_tip(db).size, level, number, width); }); });
}

std::optional<std::string> Ledger::entries(int64_t number, int64_t width) const {
  return impl_->read([&](Database& db) { return in_snapshot(db, [&] { return read_entries(db, query_tip(db).size, number, width); }); });
}

std::optional<std::string> Ledger::receipt(const Digest& txid) const {
  const int64_t kept = impl_->kept_checkpoints;
  return impl_->read([&](Database& db) {
    return in_snapshot(db, [&]() -> std::optional<std::string> {
      const auto applied = query_applied(db, txid);
      const std::string text = impl_->checkpoint(db, kept);
      // Of a follower the last one that was signed, which may be older than the transaction.
      const auto signed_for = open_checkpoint(text, network(), genesis().sequencer);
      if (!applied || !signed_for || applied->index >= signed_for->size) return std::nullopt;
      const LogEntry entry = query_log_entries(db, applied->index, 1).at(0);
      return write_receipt(log_bytes(entry.envelope, entry.height, entry.time_ms, entry.writes), entry.index,
                           inclusion_path(db, entry.index, signed_for->size), text);
    });
  });
}

// Of the writer's own tree, between two blocks.
std::optional<std::string> Ledger::balance_proof(const AccountId& account) const {
  const std::lock_guard lock(impl_->write_mutex);
  Database& db = impl_->writer.database();
  const Tip tip = query_tip(db);
  impl_->writer.load_tree(tip);
  const auto row = account_state_row(db, account);
  if (!row) return std::nullopt;
  const std::string text = checkpoint();
  const auto signed_for = open_checkpoint(text, network(), genesis().sequencer);
  if (!signed_for || signed_for->size != tip.size) {
    fail_with_hint(ErrorKind::failed, "try again, or ask the node that keeps the ledger",
                   "the newest signed checkpoint is older than what this node has");
  }
  const auto path = impl_->writer.path(row->first);
  AIN_ASSERT(path.has_value());
  return write_balance_proof(row->first, row->second, *path, text);
}

std::vector<Digest> Ledger::consistency(int64_t earlier, int64_t size) const {
  return impl_->read([&](Database& db) {
    return in_snapshot(db, [&] {
      if (earlier < 0 || earlier > size || size > query_tip(db).size) {
        fail(ErrorKind::usage, "the log has not grown from {} to {} entries", earlier, size);
      }
      return consistency_path(db, earlier, size);
    });
  });
}

std::vector<LogEntry> Ledger::log(int64_t from_index) const {
  return impl_->read([&](Database& db) { return query_log_entries(db, from_index); });
}

void Ledger::check() const {
  std::lock_guard lock(impl_->write_mutex);
  Database& db = impl_->writer.database();
  const Tip tip = query_tip(db);
  impl_->writer.load_tree(tip);
  Statement last = db.prepare("SELECT coalesce(max(idx), -1) FROM tx");
  last.step();
  if (query_log(db).size() == tip.size && last.integer(0) == tip.size - 1) return;
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
