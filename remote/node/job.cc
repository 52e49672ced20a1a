#include "remote/node/job.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "exec/attribution.h"

namespace ain::remote {
namespace {

constexpr int64_t kObjectsWaitMs = kAcceptWithinMs;
constexpr int64_t kRetryFirstMs = 100, kRetryMaxMs = 5000;
constexpr int64_t kUnpaidGraceMs = 5000;
constexpr int64_t kWatchPauseMaxMs = 50;
constexpr size_t kLogLineBytesMax = 4096;
constexpr size_t kFailureBytesMax = 4096;
constexpr size_t kSkippedMax = 1000;
constexpr size_t kReportBytesMax = 3 << 20;       // fits one event of the stream
constexpr int64_t kSettleMarginMs = 10 * 60'000;  // kept free before the lease's end
constexpr int64_t kPayerWaitsMax = 5;

// Money follows the culprit: what the commit or the order caused is the executor's, the rest the provider's.
Culprit culprit_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::attribution:
    case ErrorKind::environment:
    case ErrorKind::usage:
    case ErrorKind::timed_out:
    case ErrorKind::stopped: return Culprit::executor;
    case ErrorKind::unreachable: return Culprit::network;
    default: return Culprit::provider;
  }
}

// Whose terms hold. The executor names and sends it, so nothing of it is believed: the chain must lead back to the repository's id.
repo::Identity identity_of(const repo::Repository& repository, const exec::JobSpec& spec) {
  std::string why = "it is another repository's";
  try {
    if (auto identity = repo::read_identity_at(repository, spec.identity); identity && identity->id.text() == spec.repository) {
      return std::move(*identity);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_signature) throw;
    why = error.message();
  }
  fail(ErrorKind::attribution, "the identity {} that the job names does not hold: {}", spec.identity.substr(0, 12), why);
}

}  // namespace

template <typename Step>
auto Job::patiently(Step step) {
  for (int64_t wait_ms = kRetryFirstMs;; wait_ms = std::min(kRetryMaxMs, wait_ms * 2)) {
    try {
      return step();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unreachable) throw;
      services_.log(fmt::format("job {}: {}; trying again", row_.id().substr(0, 12), error.message()));
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return services_.leaving.load(); });
    if (services_.leaving) throw Leaving();
  }
}

// Steps that must not be given up: logged, and tried again until they succeed or the node leaves.
template <typename Step>
void Job::stubbornly(Step step) {
  while (true) {
    try {
      return step();
    } catch (const std::exception& error) {
      services_.log(fmt::format("job {}: {}; trying again", row_.id().substr(0, 12), error.what()));
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(kRetryMaxMs), [&] { return services_.leaving.load(); });
    if (services_.leaving) throw Leaving();
  }
}

Job::Job(JobServices& services, JobRow row, std::filesystem::path folder)
    : services_(services), folder_(std::move(folder)), row_(std::move(row)), events_(folder_), payer_seen_ms_(now_ms()) {
  if (row_.exit) last_note_ = row_.exit->note;
  complete_events();
}

void Job::run() {
  try {
    // Until the job has run, whatever goes wrong gives the deposit back; once it has, the work is paid.
    if (row_.state < JobState::publishing) {
      try {
        until_it_has_run();
      } catch (const Error& error) {
        stubbornly([&] { release({error.kind(), culprit_of(error.kind()), error.message(), error.hint()}); });
      } catch (const std::exception& error) {
        stubbornly([&] { release({ErrorKind::failed, Culprit::provider, error.what(), "run it again: ain run"}); });
      }
    }
    if (row_.state == JobState::publishing) stubbornly([this] { finish(); });
    clean_up();
  } catch (const Leaving&) {
    services_.log(fmt::format("job {}: left to its shim in state {}", row_.id().substr(0, 12), job_state_name(row_.state)));
  } catch (const std::exception& error) {
    services_.log(fmt::format("job {}: {}", row_.id().substr(0, 12), error.what()));
    services_.capacity.release(row_.id());
  }
}

void Job::until_it_has_run() {
  if (row_.state == JobState::leased) advance(JobState::pulling);
  if (row_.state == JobState::pulling) prepare();
  if (row_.state == JobState::building) launch();
  if (row_.state == JobState::running) {
    const exec::Observation end = watch();
    // A full disk must not make the work worthless, least of all when the job has filled it.
    stubbornly([&] { publish(end); });
  }
}

void Job::prepare() {
  wait_for_objects();
  const ledger::EscrowState state = escrow();
  check_attribution(state);
  accept_lease(state);
  advance(JobState::building);
}

void Job::wait_for_objects() {
  const int64_t until = now_ms() + kObjectsWaitMs;
  while (!services_.code.has(row_.order.spec)) {
    if (now_ms() > until) fail(ErrorKind::timed_out, "the commit's objects did not come in time");
    if (escrow().phase > ledger::EscrowPhase::leased) fail(ErrorKind::stopped, "the payer took its deposit back");
    pause(1000);
  }
}

void Job::check_attribution(const ledger::EscrowState& state) {
  const exec::JobSpec& spec = row_.order.spec;
  const repo::Repository repository = services_.code.open(RepositoryId::parse(spec.repository));
  const repo::Identity identity = identity_of(repository, spec);
  if (repository.tree_of(spec.commit) != spec.tree) {
    fail(ErrorKind::usage, "the commit {} does not have the tree that the job names", spec.commit);
  }
  // A stranger's long history must not keep the node from leaving.
  const auto progress = [&](int64_t, int64_t) {
    if (services_.leaving) throw Leaving();
    throw_if_stopped();
  };
  const Attribution mine = exec::attribution_of(repository, identity, spec.commit, services_.royalty_default_ppm,
                                                seen_on(services_.ledger, opened_at(state.id)), {.progress = progress});
  if (mine.digest() != state.terms.attribution) {
    fail_with_hint(ErrorKind::attribution, "compare what you see: ain authors --json",
                   "the attribution of {} comes out as {} here, the escrow names {}", spec.commit.substr(0, 12),
                   to_hex(mine.digest()).substr(0, 16), to_hex(state.terms.attribution).substr(0, 16));
  }
}

// How long the ledger's log was before the escrow: what was published later is not to be seen by either side. Of one that was opened in a
// batch, whose id is none of a transaction, all of it counts.
int64_t Job::opened_at(const Digest& escrow) {
  const auto opening = services_.ledger.transaction(escrow);
  return opening ? opening->at("index").get<int64_t>() : ledger::kTimeMaxMs;
}

void Job::accept_lease(const ledger::EscrowState& state) {
  // A crash may lie between the ledger's yes and our note of it.
  if (state.phase == ledger::EscrowPhase::leased) return;
  const ledger::Applied applied =
      patiently([&] { return services_.sender.try_send(ledger::LeaseAccept{row_.order.escrow, state.terms.attribution}); });
  if (applied.refusal == ledger::Refusal::none) return;
  // An answer that was lost on the way, or a payer that took its deposit back.
  if (applied.refusal == ledger::Refusal::wrong_state && escrow().phase == ledger::EscrowPhase::leased) return;
  fail_refused(applied);
}

void Job::launch() {
  const exec::JobSpec& spec = row_.order.spec;
  // Started before the crash that brings us here again: nothing to build.
  if (services_.backend.observe(folder_).phase == exec::JobPhase::pending) {
    const repo::Repository repository = services_.code.open(RepositoryId::parse(spec.repository));
    std::string lock;
    if (!spec.lock.empty()) {
      const auto found = repository.file_at(spec.commit, spec.lock, 16 << 20);
      if (!found) fail(ErrorKind::environment, "the commit has no '{}'", spec.lock);
      lock = *found;
    }
    exec::Launch start{.nonce = row_.id(), .folder = folder_, .tree = folder_ / "tree", .spec = spec};
    start.environment = exec::build_environment(spec, lock, services_.environments, [&](std::string_view line) {
      if (services_.leaving) throw Leaving();
      throw_if_stopped();
      event("building", {{"line", clip(sanitize(line), kLogLineBytesMax)}});
    });
    check_time_left();
    std::filesystem::remove_all(start.tree);
    std::filesystem::create_directory(start.tree);
    repo::export_tree(repository, spec.commit, start.tree);
    start.gpus = row_.gpus;
    start.isolation = row_.order.unsandboxed ? exec::Isolation::none : exec::Isolation::bubblewrap;
    throw_if_stopped();
    services_.backend.start(start);
  }
  advance(JobState::running);
}

// A long build may have used up the lease: what would be reaped under the running job is not started.
void Job::check_time_left() {
  const ledger::EscrowState lease = escrow();
  if (lease.phase != ledger::EscrowPhase::leased) fail(ErrorKind::stopped, "the escrow was closed before the job ran");
  if (now_ms() + row_.order.spec.run_us_max / 1000 + kSettleMarginMs > lease.deadline_ms) {
    fail(ErrorKind::timed_out, "the environment took so long that the lease would end before the job");
  }
}

void Job::throw_if_stopped() {
  const std::lock_guard lock(mutex_);
  if (stop_asked_) fail(ErrorKind::stopped, "stopped before it ran");
  if (!hand_back_.empty()) fail_with_hint(ErrorKind::provider_lost, "run it again: ain run", "{}", hand_back_);
}

exec::Observation Job::watch() {
  int64_t pause_ms = 1, noted_ms = now_ms();
  bool stopping = false;
  while (true) {
    const exec::Observation seen = services_.backend.observe(folder_);
    const int64_t run_us = std::min(seen.run_us, row_.order.spec.run_us_max);
    if (seen.phase == exec::JobPhase::lost) {
      fail_with_hint(ErrorKind::provider_lost, "run it again: ain run", "the job's supervisor is gone");
    }
    if (seen.phase == exec::JobPhase::exited) return seen;
    bool stop_asked;
    {
      const std::lock_guard lock(mutex_);
      const int64_t owed = ledger::metered_amount(row_.price_per_second, run_us).micro() - row_.authorised.micro();
      unpaid_ = unpaid_ || owed > row_.price_per_second * kExposureSeconds;
      stop_asked = stop_asked_ || unpaid_;
    }
    if (stop_asked && !stopping) {
      services_.backend.stop(folder_, unpaid_ ? kUnpaidGraceMs : row_.order.spec.grace_ms);
      stopping = true;
    }
    if (now_ms() - noted_ms >= kNoteEveryMs) {
      noted_ms = now_ms();
      write_note(run_us, false);
      event("note", {{"note", last_note_}});
    }
    pause(pause_ms);
    pause_ms = std::min(kWatchPauseMaxMs, pause_ms + 1);
  }
}

void Job::publish(const exec::Observation& end) {
  ExitReport report{.exit_code = end.exit_code, .out_of_memory = end.out_of_memory, .timed_out = end.timed_out,
                    .stopped = end.stopped && !unpaid_, .unpaid = unpaid_,
                    .run_us = std::min(end.run_us, row_.order.spec.run_us_max)};
  try {
    exec::OutputSet outputs = exec::collect_outputs(folder_ / "tree", row_.order.spec.outputs, folder_ / "outputs");
    report.outputs = std::move(outputs.files);
    for (const std::string& line : outputs.skipped) report.skipped.push_back(sanitize(line));
  } catch (const std::exception& error) {
    report.skipped.push_back(sanitize(fmt::format("nothing was collected: {}", error.what())));
  }
  if (report.skipped.size() > kSkippedMax) report.skipped.resize(kSkippedMax);
  if (to_json(report).dump().size() > kReportBytesMax) {
    report.outputs.clear();
    report.skipped = {fmt::format("nothing was collected: the list of the outputs is larger than {}",
                                  bytes_text(static_cast<int64_t>(kReportBytesMax)))};
  }
  write_note(report.run_us, true);
  report.note = last_note_;
  {
    const std::lock_guard lock(mutex_);
    row_.exit = report;
  }
  advance(JobState::publishing);
  event("exited", {{"report", to_json(report)}});
}

void Job::write_note(int64_t run_us, bool final) {
  ledger::DebitNote note;
  {
    const std::lock_guard lock(mutex_);
    note = {.network = services_.network, .escrow = row_.order.escrow, .sequence = ++row_.note_sequence, .run_us = run_us,
            .amount = ledger::metered_amount(row_.price_per_second, run_us), .final = final};
    services_.table.update(row_);  // the number is used up before the note is out
  }
  last_note_ = ledger::sign_note(note, services_.sender.signer());
}

void Job::finish() {
  const Amount owed = ledger::metered_amount(row_.price_per_second, row_.exit->run_us);
  payer_seen();  // its time to sign starts with the job's end, however long the job took
  // A payer that asks and asks without ever signing does not keep the lease open until it could be reaped.
  const int64_t latest =
      std::min(now_ms() + kPayerWaitsMax * services_.payer_wait_ms, escrow().deadline_ms - kSettleMarginMs);
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const int64_t until = std::min(latest, payer_seen_ms_ + services_.payer_wait_ms);
      if (row_.authorised < owed && now_ms() < until) {
        lock.unlock();
        pause(std::min<int64_t>(until - now_ms() + 1, 1000));
        continue;
      }
    }
    if (settle()) return;
    pause(kRetryMaxMs);
  }
}

bool Job::settle() {
  const ledger::EscrowState before = escrow();
  const auto close = [&](const ledger::EscrowState& closed, const Digest& by) {
    {
      const std::lock_guard lock(mutex_);
      row_.settled_by = to_hex(by);
    }
    // One that is still open to dispute is settled as far as the job goes: what is left is the payer's to say, or time's.
    const bool paid = closed.phase != ledger::EscrowPhase::refunded;
    advance(paid ? JobState::settled : JobState::released);
    event(paid ? "settled" : "released", {{"txid", row_.settled_by}});
    return true;
  };
  if (before.phase != ledger::EscrowPhase::leased) return close(before, before.closed_by);  // the payer, or a reaper, was first
  const std::string voucher = row().voucher;
  const ledger::Applied applied = patiently([&] {
    if (voucher.empty()) {
      return services_.sender.try_send(ledger::Release{row_.order.escrow, "the payer signed no voucher"});
    }
    return services_.sender.try_send(ledger::Settle{.escrow = row_.order.escrow, .voucher = voucher, .note = row_.exit->note, .final = true});
  });
  if (applied.refusal != ledger::Refusal::none && applied.refusal != ledger::Refusal::wrong_state) {
    services_.log(fmt::format("job {}: the ledger refused the settlement: {}", row_.id().substr(0, 12), applied.reason));
    return false;
  }
  const ledger::EscrowState after = escrow();
  const bool open_to_dispute = after.phase == ledger::EscrowPhase::closing || after.phase == ledger::EscrowPhase::disputed;
  return close(after, open_to_dispute ? applied.txid : after.closed_by);
}

void Job::release(Failure failure) {
  failure.message = clip(sanitize(failure.message), kFailureBytesMax);
  failure.hint = clip(sanitize(failure.hint), kFailureBytesMax);
  services_.log(fmt::format("job {}: {}", row_.id().substr(0, 12), failure.message));
  services_.backend.stop(folder_, 0);
  const ledger::Applied applied =
      patiently([&] { return services_.sender.try_send(ledger::Release{row_.order.escrow, clip(failure.message, ledger::kReasonBytesMax)}); });
  if (applied.refusal != ledger::Refusal::none) {
    services_.log(fmt::format("job {}: the ledger refused the release: {}", row_.id().substr(0, 12), applied.reason));
  }
  {
    const std::lock_guard lock(mutex_);
    row_.failure = failure;
    row_.settled_by = to_hex(applied.txid);
  }
  advance(JobState::released);
  event("released", {{"failure", to_json(failure)}, {"txid", row_.settled_by}});
}

void Job::clean_up() {
  services_.backend.cleanup(folder_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_ / "tree", ignored);
  services_.capacity.release(row_.id());
}

JobRow Job::row() const {
  const std::lock_guard lock(mutex_);
  return row_;
}

void Job::objects_arrived() { wake(); }

void Job::wake() {
  const std::lock_guard lock(mutex_);  // between its look at `leaving` and its wait a thread must not miss this
  changed_.notify_all();
}

void Job::payer_seen() {
  const std::lock_guard lock(mutex_);
  payer_seen_ms_ = now_ms();
}

JobRow Job::take_voucher(const std::string& text, int64_t wait_ms) {
  const ledger::Voucher voucher = ledger::open_voucher(text, row_.payer_key);
  if (!ledger::fits(voucher, {services_.network, row_.order.escrow, row_.price_per_second, row_.order.spec.run_us_max})) {
    fail(ErrorKind::bad_signature, "the voucher is for another escrow, or its amount is not its time at the lease's price");
  }
  std::unique_lock lock(mutex_);
  payer_seen_ms_ = now_ms();
  // The payer's last word may be for no more than the one before.
  const bool last_word = voucher.final && voucher.amount == row_.authorised;
  if (voucher.amount > row_.authorised || last_word || row_.voucher.empty()) {
    row_.voucher = text;
    row_.authorised = voucher.amount;
    services_.table.update(row_);
  }
  changed_.notify_all();
  // Only a voucher that makes the settlement possible is worth waiting for.
  const bool covers = row_.exit && row_.authorised >= ledger::metered_amount(row_.price_per_second, row_.exit->run_us);
  if (covers) {
    changed_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                      [&] { return services_.leaving || row_.state != JobState::publishing; });
  }
  return row_;
}

void Job::ask_stop() {
  const std::lock_guard lock(mutex_);
  stop_asked_ = true;
  if (row_.state < JobState::running && hand_back_.empty()) hand_back_ = "stopped before it ran";
  changed_.notify_all();
}

void Job::hand_back(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (row_.state < JobState::running) hand_back_ = why;
  changed_.notify_all();
}

ledger::EscrowState Job::escrow() {
  const auto state = patiently([&] { return services_.ledger.escrow(row_.order.escrow); });
  if (!state) fail(ErrorKind::verification, "the ledger does not know the escrow any more");
  return *state;
}

void Job::advance(JobState next) {
  {
    const std::lock_guard lock(mutex_);
    AIN_ASSERT(job_may_follow(row_.state, next));
    JobRow changed = row_;
    changed.state = next;
    services_.table.update(changed);
    row_ = std::move(changed);
  }
  changed_.notify_all();
  event("state", {{"state", job_state_name(next)}});
}

void Job::event(const char* name, Json members) {
  members["event"] = name;
  members["run"] = row_.order.run;
  try {
    events_.append(std::move(members));
  } catch (const std::exception& error) {
    // The row is what counts; an event that a full disk swallowed is made again from it at the next start.
    services_.log(fmt::format("job {}: {}", row_.id().substr(0, 12), error.what()));
  }
}

// What a killed node had written into the row but not yet told.
void Job::complete_events() {
  const auto tell = [&](JobState state) {
    if (!events_.has("state", "state", job_state_name(state))) event("state", {{"state", job_state_name(state)}});
  };
  if (row_.state == JobState::running || row_.exit) tell(JobState::running);
  if (row_.exit) tell(JobState::publishing);
  if (row_.exit && !events_.has("exited")) event("exited", {{"report", to_json(*row_.exit)}});
  if (row_.state == JobState::settled && !events_.has("settled")) event("settled", {{"txid", row_.settled_by}});
  if (row_.state == JobState::released && !events_.has("released")) {
    event("released", row_.failure ? Json{{"failure", to_json(*row_.failure)}, {"txid", row_.settled_by}}
                                   : Json{{"txid", row_.settled_by}});
  }
}

void Job::pause(int64_t ms) {
  std::unique_lock lock(mutex_);
  if (!services_.leaving) changed_.wait_for(lock, std::chrono::milliseconds(ms));
  if (services_.leaving) throw Leaving();
  if (row_.state < JobState::running && !hand_back_.empty()) {
    throw Error(stop_asked_ ? ErrorKind::stopped : ErrorKind::provider_lost, hand_back_);
  }
}

}  // namespace ain::remote
