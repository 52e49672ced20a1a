#include "remote/node/log_follower.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/merkle.h"
#include "base/text.h"
#include "base/time.h"

namespace ain::remote {
namespace {

constexpr int64_t kFollowPollMs = 1000;
constexpr int64_t kFollowBackoffMaxMs = 60'000;
constexpr int64_t kRefineMaxMs = 60'000;       // for naming a transaction better, and the request that is under way then
constexpr int64_t kHandInAgainMs = 60'000;     // after it was refused

Digest leaf_of(const ledger::LogEntry& entry) { return ledger::log_leaf(entry.envelope, entry.height, entry.time_ms, entry.writes); }

// Valid transactions that are not those that the node has signed.
struct NotSigned : ledger::Divergence {
  explicit NotSigned(const ledger::LogEntry& last) : Divergence(last, "the log up to it is not the one that its node has signed") {}
};

}  // namespace

LogFollower::LogFollower(ledger::Ledger& ledger, LedgerClient& leader, Witness& witness, Config config)
    : ledger_(ledger), leader_(leader), witness_(witness), config_(std::move(config)) {
  alarm_ = raised_alarm(config_.alarm_file);
  if (alarm_) config_.log("alarm: " + alarm_->message);
}

LogFollower::~LogFollower() { stop(); }

// True when the checkpoint's log has been shown to begin with the one of `size` transactions that has this root.
bool LogFollower::begins_with(const ledger::Checkpoint& checkpoint, int64_t size, const Digest& root) {
  const std::vector<Digest> proof = size == 0 || size >= checkpoint.size ? std::vector<Digest>() : leader_.consistency(size, checkpoint.size);
  return merkle_consistent(static_cast<uint64_t>(size), root, static_cast<uint64_t>(checkpoint.size), checkpoint.root, proof);
}

// So far from refine() on.
void LogFollower::check_patience() const {
  if (stopped()) fail(ErrorKind::stopped, "stopped");
  if (monotonic_us() > refine_until_us_) fail(ErrorKind::timed_out, "the node takes too long to name a transaction");
}

// A divergence names the first transaction that shows it, as far as the accused helps: that it answers with errors, or not in time, must not
// take the accusation back. `unsigned_entries`, if any, follow ours and are not what the node has signed.
void LogFollower::refine(const ledger::Divergence& accusation, const ledger::Checkpoint& checkpoint,
                         const std::vector<ledger::LogEntry>& unsigned_entries) {
  refine_until_us_ = monotonic_us() + 1000 * kRefineMaxMs;
  std::optional<ledger::Divergence> better;
  try {
    // What does not follow from ours may be right, and ours what it no longer follows from.
    better = first_other_than_ours();
    if (!better && !unsigned_entries.empty()) better = first_unsigned(checkpoint, unsigned_entries);
  } catch (const std::exception& error) {
    if (stopped()) throw;  // whatever kind the accused calls its error
    config_.log("the followed node does not help to name the first: " + clip(sanitize(error.what()), 1000));
  }
  throw better ? *better : accusation;
}

// The first of ours that the node now tells otherwise; nothing: it tells them all as they were verified here.
std::optional<ledger::Divergence> LogFollower::first_other_than_ours() {
  const int64_t ours = ledger_.size();
  for (int64_t at = 0; at < ours;) {
    check_patience();
    const std::vector<ledger::LogEntry> held = ledger_.log(at), told = leader_.log(at);
    for (size_t i = 0; i < std::min(held.size(), told.size()); ++i, ++at) {
      if (leaf_of(held[i]) == leaf_of(told[i])) continue;
      const std::string other = to_hex(ledger::txid_of(told[i].envelope));
      return ledger::Divergence(held[i], fmt::format("it was verified here, and its node now tells another one ({})", other));
    }
    if (told.empty()) return ledger::Divergence(held.at(0), "it was verified here, and its node has it no more");
  }
  return std::nullopt;
}

// The first of `entries`, which follow ours, that the node cannot show to stand in the log that it has signed.
ledger::Divergence LogFollower::first_unsigned(const ledger::Checkpoint& checkpoint, const std::vector<ledger::LogEntry>& entries) {
  ledger::LogTree log = ledger_.log_tree();
  const int64_t ours = log.size();
  // Where not even ours are shown the proofs say nothing, as the tree that they come from is not the signed one.
  if (!begins_with(checkpoint, ours, log.root())) return NotSigned(entries.back());
  std::vector<Digest> roots;  // with the entries, one after the other
  for (const ledger::LogEntry& entry : entries) {
    log.append(leaf_of(entry));
    roots.push_back(log.root());
  }
  size_t good = 0, bad = entries.size();
  while (bad - good > 1) {
    check_patience();
    const size_t middle = good + (bad - good) / 2;
    (begins_with(checkpoint, ours + static_cast<int64_t>(middle), roots[middle - 1]) ? good : bad) = middle;
  }
  return ledger::Divergence(entries[bad - 1], "its node tells it, and has signed a log in which it does not stand");
}

// The log's next blocks up to `size` transactions: at least one, whole.
std::vector<ledger::LogEntry> LogFollower::next_blocks(int64_t size) {
  std::vector<ledger::LogEntry> entries;
  const auto whole = [](const ledger::LogEntry& entry) { return entry.root.has_value(); };
  const int64_t ours = ledger_.size();
  auto end = entries.rend();
  while (end == entries.rend()) {
    const int64_t from = ours + std::ssize(entries);
    const std::vector<ledger::LogEntry> page = from < size ? leader_.log(from) : std::vector<ledger::LogEntry>();
    if (page.empty()) throw ledger::Divergence(from, "", fmt::format("it ends no block, or is missing, in a log of {}", size));
    for (const ledger::LogEntry& entry : page) {
      if (ours + std::ssize(entries) < size) entries.push_back(entry);
    }
    end = std::find_if(entries.rbegin(), entries.rend(), whole);
    if (end == entries.rend() && entries.size() > ledger::kBlockTransactionsMax) {
      throw ledger::Divergence(entries.front(), fmt::format("its block has more than {} transactions", ledger::kBlockTransactionsMax));
    }
  }
  entries.erase(end.base(), entries.end());
  return entries;
}

// What was signed is looked at before anything is kept: a log of valid transactions may still be another one. The proof is fetched before the
// store is locked; that it does not come must not hide what a replay shows.
void LogFollower::take(const std::vector<ledger::LogEntry>& entries, const ledger::Checkpoint& checkpoint) {
  ledger::LogTree told = ledger_.log_tree();
  for (const ledger::LogEntry& entry : entries) told.append(leaf_of(entry));
  bool shown = false;
  std::exception_ptr no_proof;
  try {
    shown = begins_with(checkpoint, told.size(), told.root());
  } catch (const Error&) {
    no_proof = std::current_exception();
  }
  ledger_.follow(entries, [&](const ledger::LogTree& log, const ledger::StateAt& state) {
    if (no_proof) std::rethrow_exception(no_proof);
    if (!shown || log.root() != told.root()) throw NotSigned(entries.back());
    if (log.size() == checkpoint.size && state != checkpoint.state) {
      throw ledger::Divergence(entries.back(), "the state after it is not the one that its node has signed");
    }
  });
}

// A checkpoint that is no longer than what is here.
void LogFollower::look_back(const ledger::Checkpoint& checkpoint) {
  const int64_t ours = ledger_.size();
  if (ledger_.log_root(checkpoint.size) != checkpoint.root) {
    constexpr std::string_view kOther = "it was verified here, and the log up to it is not the one that its node has signed now";
    if (checkpoint.size == 0) throw ledger::Divergence(0, "", "the root of an empty log is not the one that its node has signed");
    refine(ledger::Divergence(ledger_.log(checkpoint.size - 1).at(0), kOther), checkpoint, {});
  }
  // Another follower may just be behind; who keeps the ledger may not.
  if (checkpoint.size < ours && config_.leader == node_of(ledger_.genesis().sequencer)) {
    throw ledger::Divergence(ledger_.log(checkpoint.size).at(0), "it was verified here, and its node has signed a log that ends before it");
  }
  const auto state = ledger_.state_at(checkpoint.size);
  if (!state || *state == checkpoint.state) return;
  if (checkpoint.size == 0) throw ledger::Divergence(0, "", "the state before it, of the genesis, is not the one that its node has signed");
  throw ledger::Divergence(ledger_.log(checkpoint.size - 1).at(0), "the state after it is not the one that its node has signed");
}

void LogFollower::catch_up(const ledger::Checkpoint& checkpoint) {
  if (checkpoint.size <= ledger_.size()) return look_back(checkpoint);
  while (ledger_.size() < checkpoint.size && !stopped()) {
    std::vector<ledger::LogEntry> entries;
    try {
      entries = next_blocks(checkpoint.size);
      take(entries, checkpoint);
    } catch (const NotSigned& accusation) {
      refine(accusation, checkpoint, entries);
    } catch (const ledger::Divergence& accusation) {
      refine(accusation, checkpoint, {});
    }
  }
}

bool LogFollower::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void LogFollower::step() {
  const std::string text = leader_.checkpoint();
  const auto checkpoint = ledger::open_checkpoint(text, ledger_.network(), ledger_.genesis().sequencer);
  if (!checkpoint) fail(ErrorKind::bad_signature, "the checkpoint at '{}' is not signed by the key that keeps the ledger", config_.leader_url);
  try {
    catch_up(*checkpoint);
  } catch (const ledger::Divergence& divergence) {
    return raise(divergence, text);
  }
  if (ledger_.size() != checkpoint->size) return;
  witness_.take(text);
  hand_in();
}

// Nobody has to publish this witness's word; until somebody does it is offered again. Why it is not published is told once.
void LogFollower::hand_in() {
  const auto cosigned = ledger_.kept_checkpoint();
  if (!cosigned || *cosigned == handed_in_ || (*cosigned == refused_ && monotonic_us() < hand_in_after_us_)) return;
  std::string why;
  try {
    leader_.hand_in(*cosigned);
    handed_in_ = *cosigned;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unreachable || error.kind() == ErrorKind::stopped) throw;
    why = sanitize(error.message());
    refused_ = *cosigned;
    hand_in_after_us_ = monotonic_us() + 1000 * kHandInAgainMs;
  }
  if (!why.empty() && why != not_taken_) config_.log("the cosignature is not published: " + why);
  not_taken_ = why;
}

void LogFollower::raise(const ledger::Divergence& divergence, const std::string& seen) {
  Alarm alarm{divergence.index(), divergence.txid(), clip(sanitize(divergence.message()), 4000), ledger_.checkpoint(), seen, now_ms()};
  {
    const std::lock_guard lock(mutex_);
    alarm_ = alarm;
  }
  config_.log("alarm: " + alarm.message);
  try {
    write_alarm(config_.alarm_file, alarm);
  } catch (const std::exception& error) {
    config_.log(fmt::format("a restart will not know of the alarm: {}", sanitize(error.what())));
  }
}

std::optional<std::string> LogFollower::complaint(int64_t now_us) const {
  const std::lock_guard lock(mutex_);
  if (alarm_) return "alarm: " + alarm_->message;
  if (now_us - good_us_ <= 1000 * kUnheardMaxMs) return std::nullopt;
  return fmt::format("nothing could be followed for {} s: {}", (now_us - good_us_) / 1'000'000, trouble_);
}

std::optional<Alarm> LogFollower::alarm() const {
  const std::lock_guard lock(mutex_);
  return alarm_;
}

Json LogFollower::status() const {
  const std::lock_guard lock(mutex_);
  Json status = {{"leader", config_.leader.text()}, {"url", config_.leader_url}, {"size", ledger_.size()},
                 {"height", ledger_.height()}, {"checked_ms", checked_ms_}};
  if (!trouble_.empty()) status["trouble"] = trouble_;
  return status;
}

// True when it succeeded. The same trouble is told once.
bool LogFollower::try_step() {
  std::string trouble;
  try {
    step();
  } catch (const std::exception& error) {
    trouble = clip(sanitize(error.what()), 1000);
  }
  const std::lock_guard lock(mutex_);
  if (trouble != trouble_) config_.log(trouble.empty() ? "following again" : "not following at the moment: " + trouble);
  trouble_ = trouble;
  if (trouble.empty()) {
    checked_ms_ = now_ms();
    good_us_ = monotonic_us();
  }
  return trouble.empty();
}

void LogFollower::run() {
  int64_t wait_ms = kFollowPollMs;
  while (!alarm()) {
    wait_ms = try_step() ? kFollowPollMs : std::min(2 * wait_ms, kFollowBackoffMaxMs);
    std::unique_lock lock(mutex_);
    if (stopping_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return stopped_; })) return;
  }
}

void LogFollower::start() {
  thread_ = std::thread([this] { run(); });
}

void LogFollower::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    stopping_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace ain::remote
