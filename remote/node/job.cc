#include "remote/node/job.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/error.h"
#include "base/time.h"
#include "repo/authorship.h"

namespace ain::remote {
namespace {

constexpr int64_t kObjectsWaitMs = kAcceptWithinMs;
constexpr int64_t kRetryFirstMs = 100, kRetryMaxMs = 5000;
constexpr int64_t kUnpaidGraceMs = 5000;
constexpr int64_t kWatchPauseMaxMs = 50;
constexpr int64_t kLogLineBytesMax = 4096;

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

Job::Job(JobServices& services, JobRow row, std::filesystem::path folder)
    : services_(services), folder_(std::move(folder)), row_(std::move(row)), events_(folder_), payer_seen_ms_(now_ms()) {
  if (row_.exit) last_note_ = row_.exit->note;
}

void Job::run() {
  try {
    try {
      if (row_.state == JobState::leased) advance(JobState::pulling);
      if (row_.state == JobState::pulling) prepare();
      if (row_.state == JobState::building) launch();
      if (row_.state == JobState::running) watch();
      if (row_.state == JobState::publishing) finish();
    } catch (const Error& error) {
      release({error.kind(), culprit_of(error.kind()), error.message(), error.hint()});
    }
    clean_up();
  } catch (const Leaving&) {
    services_.log(fmt::format("job {}: left to its shim in state {}", row_.id().substr(0, 12), job_state_name(row_.state)));
  } catch (const std::exception& error) {
    services_.log(fmt::format("job {}: {}", row_.id().substr(0, 12), error.what()));
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
  const auto id = RepositoryId::parse(row_.order.spec.repository);
  const int64_t until = now_ms() + kObjectsWaitMs;
  while (!services_.code.has(id, row_.order.spec.commit)) {
    if (now_ms() > until) fail(ErrorKind::timed_out, "the commit's objects did not come in time");
    pause(1000);
  }
}

void Job::check_attribution(const ledger::EscrowState& state) {
  const exec::JobSpec& spec = row_.order.spec;
  const repo::Repository repository = services_.code.open(RepositoryId::parse(spec.repository));
  if (repository.tree_of(spec.commit) != spec.tree) {
    fail(ErrorKind::usage, "the commit {} does not have the tree that the job names", spec.commit);
  }
  const Attribution mine =
      repo::to_attribution(repo::authorship(repository, spec.commit), RepositoryId::parse(spec.repository),
                           exec::royalty_of(repository, spec.commit, services_.royalty_default_ppm));
  if (mine.digest() != state.terms.attribution) {
    fail_with_hint(ErrorKind::attribution, "compare what you see: ain authors --json",
                   "the attribution of {} comes out as {} here, the escrow names {}", spec.commit.substr(0, 12),
                   to_hex(mine.digest()).substr(0, 16), to_hex(state.terms.attribution).substr(0, 16));
  }
}

void Job::accept_lease(const ledger::EscrowState& state) {
  // A crash may lie between the ledger's yes and our note of it.
  if (state.phase == ledger::EscrowPhase::leased) return;
  patiently([&] { services_.sender.send(ledger::LeaseAccept{row_.order.escrow, state.terms.attribution}); });
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
      event("building", {{"line", std::string(line.substr(0, kLogLineBytesMax))}});
    });
    std::filesystem::remove_all(start.tree);
    std::filesystem::create_directory(start.tree);
    repo::export_tree(repository, spec.commit, start.tree);
    start.gpus = row_.gpus;
    start.isolation = row_.order.unsandboxed ? exec::Isolation::none : exec::Isolation::bubblewrap;
    {
      const std::lock_guard lock_guard(mutex_);
      if (!hand_back_.empty()) fail(ErrorKind::provider_lost, "{}", hand_back_);
      if (stop_asked_) fail(ErrorKind::stopped, "stopped before it ran");
    }
    services_.backend.start(start);
  }
  advance(JobState::running);
}

void Job::watch() {
  int64_t pause_ms = 1, noted_ms = now_ms();
  bool stopping = false, unpaid = false;
  while (true) {
    const exec::Observation seen = services_.backend.observe(folder_);
    const int64_t run_us = std::min(seen.run_us, row_.order.spec.run_us_max);
    if (seen.phase == exec::JobPhase::lost) {
      fail_with_hint(ErrorKind::provider_lost, "run it again: ain run", "the job's supervisor is gone");
    }
    if (seen.phase == exec::JobPhase::exited) {
      ExitReport report{.exit_code = seen.exit_code, .out_of_memory = seen.out_of_memory, .timed_out = seen.timed_out,
                        .stopped = seen.stopped && !unpaid, .unpaid = unpaid, .run_us = run_us};
      exec::OutputSet outputs =
          exec::collect_outputs(folder_ / "tree", row_.order.spec.outputs, folder_ / "outputs");
      report.outputs = std::move(outputs.files);
      report.skipped = std::move(outputs.skipped);
      write_note(run_us, true);
      report.note = last_note_;
      {
        const std::lock_guard lock(mutex_);
        row_.exit = report;
      }
      advance(JobState::publishing);
      event("exited", {{"report", to_json(report)}});
      return;
    }
    bool stop_asked;
    {
      const std::lock_guard lock(mutex_);
      const int64_t owed = ledger::metered_amount(row_.price_per_second, run_us).micro() - row_.authorised.micro();
      unpaid = unpaid || owed > row_.price_per_second * kExposureSeconds;
      stop_asked = stop_asked_ || unpaid;
    }
    if (stop_asked && !stopping) {
      services_.backend.stop(folder_, unpaid ? kUnpaidGraceMs : row_.order.spec.grace_ms);
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
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const int64_t until = payer_seen_ms_ + services_.payer_wait_ms;
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
  const auto close = [&](const ledger::EscrowState& closed) {
    {
      const std::lock_guard lock(mutex_);
      row_.settled_by = to_hex(closed.closed_by);
    }
    advance(closed.phase == ledger::EscrowPhase::closed ? JobState::settled : JobState::released);
    event(closed.phase == ledger::EscrowPhase::closed ? "settled" : "released", {{"txid", row_.settled_by}});
    return true;
  };
  if (before.phase != ledger::EscrowPhase::leased) return close(before);  // the payer, or a reaper, was first
  const std::string voucher = row().voucher;
  const ledger::Applied applied = patiently([&] {
    if (voucher.empty()) {
      return services_.sender.try_send(ledger::Release{row_.order.escrow, "the payer signed no voucher"});
    }
    return services_.sender.try_send(ledger::Settle{row_.order.escrow, row_.exit->note, voucher});
  });
  if (applied.refusal != ledger::Refusal::none && applied.refusal != ledger::Refusal::wrong_state) {
    services_.log(fmt::format("job {}: the ledger refused the settlement: {}", row_.id().substr(0, 12), applied.reason));
    return false;
  }
  return close(escrow());
}

void Job::release(const Failure& failure) {
  services_.log(fmt::format("job {}: {}", row_.id().substr(0, 12), failure.message));
  services_.backend.stop(folder_, 0);
  const ledger::Applied applied =
      patiently([&] { return services_.sender.try_send(ledger::Release{row_.order.escrow, failure.message.substr(0, 140)}); });
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

void Job::wake() { changed_.notify_all(); }

void Job::payer_seen() {
  const std::lock_guard lock(mutex_);
  payer_seen_ms_ = now_ms();
}

JobRow Job::take_voucher(const std::string& text, int64_t wait_ms) {
  const ledger::Voucher voucher = ledger::open_voucher(text, row_.payer_key);
  if (voucher.network != services_.network || voucher.escrow != row_.order.escrow) {
    fail(ErrorKind::bad_signature, "the voucher is for another escrow");
  }
  std::unique_lock lock(mutex_);
  payer_seen_ms_ = now_ms();
  if (voucher.amount > row_.authorised || row_.voucher.empty()) {
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
    row_.state = next;
    services_.table.update(row_);
  }
  changed_.notify_all();
  event("state", {{"state", job_state_name(next)}});
}

void Job::event(const char* name, Json members) {
  members["event"] = name;
  members["run"] = row_.order.run;
  events_.append(std::move(members));
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
