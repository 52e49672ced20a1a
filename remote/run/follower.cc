#include "remote/run/follower.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/time.h"
#include "remote/run/match.h"

namespace ain::remote {
namespace {

constexpr int64_t kProviderLostMs = 60'000;       // without an answer, before the run is given up
constexpr int64_t kRetryFirstMs = 50, kRetryMaxMs = 2000;
constexpr int64_t kSettlementWaitMs = 20'000;     // for the provider to settle, before the payer does
constexpr int64_t kLiveMs = 3000;
constexpr int64_t kClockSlackUs = 5'000'000;      // between our clock and the provider's meter

RunState run_state_of(JobState state) {
  switch (state) {
    case JobState::leased: return RunState::leased;
    case JobState::pulling: return RunState::pulling;
    case JobState::building: return RunState::building;
    case JobState::running: return RunState::running;
    default: return RunState::publishing;
  }
}

ledger::EscrowState require_escrow(LedgerClient& ledger, const std::string& id) {
  const auto bytes = from_hex(id);
  const auto digest = bytes ? to_array<32>(*bytes) : std::nullopt;
  const auto escrow = digest ? ledger.escrow(*digest) : std::nullopt;
  if (!escrow) fail(ErrorKind::verification, "the ledger does not know the run's escrow '{}'", id);
  return *escrow;
}

bool is_closed(const ledger::EscrowState& escrow) {
  return escrow.phase == ledger::EscrowPhase::closed || escrow.phase == ledger::EscrowPhase::refunded;
}

// As --memory takes it, rounded up.
std::string memory_text(int64_t bytes) {
  constexpr int64_t kMega = 1'000'000, kGiga = 1000 * kMega, kGibi = int64_t{1} << 30;
  if (bytes % kGibi == 0) return fmt::format("{}GiB", bytes / kGibi);
  if (bytes % kGiga == 0 || bytes > 10 * kGiga) return fmt::format("{}GB", (bytes + kGiga - 1) / kGiga);
  return fmt::format("{}MB", (bytes + kMega - 1) / kMega);
}

// The exit code for an end that the job's own code does not tell.
std::optional<Failure> failure_of(const ExitReport& report, int64_t memory_bytes) {
  if (report.out_of_memory) {
    return Failure{ErrorKind::exhausted, Culprit::executor, "the job used more memory than it had asked for",
                   fmt::format("ask for more: ain run --memory {}", memory_text(2 * memory_bytes))};
  }
  if (report.timed_out) {
    return Failure{ErrorKind::timed_out, Culprit::executor, "the job ran as long as it was allowed to",
                   "allow more: ain run --timeout 2h"};
  }
  if (report.unpaid) {
    return Failure{ErrorKind::no_money, Culprit::executor, "the provider stopped the job, as no voucher came",
                   "keep 'ain run' or 'ain attach' running, or detach: ain run -d"};
  }
  if (report.stopped) return Failure{ErrorKind::stopped, Culprit::executor, "the job was stopped", ""};
  return std::nullopt;
}

}  // namespace

Json paid_json(const ledger::EscrowState& escrow) {
  Json authors = Json::array();
  Amount total = escrow.paid_provider + escrow.fee;
  for (const ledger::Payout& payout : escrow.paid_authors) {
    authors.push_back({{"account", payout.payee}, {"amount", payout.amount.micro()}});
    total += payout.amount;
  }
  return {{"total", total.micro()},
          {"provider", escrow.paid_provider.micro()},
          {"authors", authors},
          {"fee", escrow.fee.micro()},
          {"refund", escrow.refunded.micro()},
          {"slashed", escrow.slashed.micro()}};
}

Follower::Follower(const RunContext& context, LedgerClient& ledger, AccountSender& sender, RunStore& store, RunRow row,
                   const Follow& follow)
    : context_(context), ledger_(ledger), sender_(sender), store_(store), row_(std::move(row)), follow_(follow),
      spec_(exec::job_from_json(parse_json(row_.spec, "the run's job"))),
      escrow_(require_escrow(ledger, row_.escrow)), detached_(row_.detached) {
  connect();
}

void Follower::connect() {
  const Endpoint endpoint = endpoint_of(context_, row_.endpoint, NodeId::parse(row_.node));
  stream_.emplace(endpoint, *context_.signer);
  provider_.emplace(endpoint, *context_.signer);
}

int Follower::to_the_end() {
  int64_t answered_ms = now_ms(), wait_ms = kRetryFirstMs;
  bool answers = true;
  while (!exit_code_) {
    const size_t before = next_event_;
    try {
      if (!answers) look_at_the_ledger();
      if (exit_code_) break;
      read_events();
      answers = true;
      answered_ms = now_ms();
    } catch (const Error& error) {
      if (exit_code_) break;
      // Provider and ledger may be one node, and both away: each is asked again.
      if (error.kind() != ErrorKind::unreachable) throw;
      answers = false;
      if (next_event_ > before) answered_ms = now_ms();
      if (now_ms() - answered_ms > kProviderLostMs) fail_lost();
    }
    if (exit_code_) break;
    if (next_event_ > before) wait_ms = kRetryFirstMs;
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    wait_ms = std::min(kRetryMaxMs, wait_ms * 2);
  }
  return *exit_code_;
}

void Follower::read_events() {
  stream_->events(
      row_.escrow, next_event_, log_offset_, [this](const Json& event) { return on_event(event); },
      [this] {
        obey_wish();
        return exit_code_.has_value();
      });
  if (!exit_code_) obey_wish();
}

// The provider does not answer; perhaps it has moved, perhaps the escrow has been closed meanwhile.
void Follower::look_at_the_ledger() {
  for (const ledger::OfferState& offer : ledger_.offers()) {
    if (offer.offer.node.text() != row_.node || offer.offer.endpoint == row_.endpoint) continue;
    row_.endpoint = offer.offer.endpoint;
    store_.update(row_);
    connect();
  }
  escrow_ = require_escrow(ledger_, row_.escrow);
  if (is_closed(escrow_)) exit_code_ = end_by_ledger(escrow_);
}

// The row stays open: the lease still stands, and `ain wait` or the deadline ends it.
void Follower::fail_lost() {
  throw Error(ErrorKind::provider_lost, fmt::format("the provider of run {} does not answer any more", row_.id),
              fmt::format("your deposit comes back after {} at the latest; go on waiting: ain wait {}",
                          rfc3339(escrow_.deadline_ms), row_.id));
}

bool Follower::on_event(const Json& event) {
  ObjectReader reader(event, "an event of the provider");
  const std::string name = reader.string("event");
  if (name == "log") {
    log_offset_ = reader.integer("offset", 0, INT64_MAX);
    if (follow_.logs) emit(event);
    obey_wish();
    return !exit_code_;
  }
  const auto sequence = static_cast<size_t>(reader.integer("seq", 0, INT32_MAX));
  if (name == "state") {
    on_state(job_state_from_name(reader.string("state")), reader.integer("time", 0, INT64_MAX));
  } else if (name == "building") {
    emit({{"event", "building"}, {"line", sanitize(reader.string("line", 64 << 10))}});
  } else if (name == "note") {
    on_note(reader.string("note", 16 << 10));
  } else if (name == "exited") {
    on_exit(exit_report_from_json(reader.object("report")));
  } else if (name == "released") {
    on_release(event);
  } else if (name == "settled" && !exit_code_) {
    exit_code_ = end_by_ledger(require_escrow(ledger_, row_.escrow));
  }
  next_event_ = sequence + 1;  // only now: what broke on the way is asked for again
  obey_wish();
  return !exit_code_;
}

void Follower::on_state(JobState state, int64_t told_ms) {
  if (state == JobState::running && running_since_us_ == 0) {
    running_since_us_ = monotonic_us();
    live_ = std::abs(now_ms() - told_ms) < kLiveMs;  // else it is news of long ago, and says nothing of when the job began
  }
  if (state == JobState::settled || state == JobState::released) return;
  const RunState next = run_state_of(state);
  if (may_follow(row_.state, next)) {
    store_.advance(row_, next);
    emit({{"event", run_state_name(next)}});
  }
}

// Our clock bounds what the provider's meter may say: since the job began, when we saw it begin, else since the run was made.
bool Follower::is_plausible(const ledger::DebitNote& note) const {
  const int64_t elapsed_us =
      live_ && running_since_us_ > 0 ? monotonic_us() - running_since_us_ : (now_ms() - row_.created_ms) * 1000;
  return note.run_us <= elapsed_us + kClockSlackUs &&
         ledger::fits(note, {context_.network.id(), escrow_.id, escrow_.terms.price_per_second, spec_.run_us_max});
}

std::string Follower::voucher(int64_t run_us, bool final) {
  const Amount amount = ledger::metered_amount(escrow_.terms.price_per_second, run_us);
  return ledger::sign_voucher({context_.network.id(), escrow_.id, ++voucher_sequence_, run_us, amount, final}, *context_.signer);
}

void Follower::on_note(const std::string& jws) {
  if (detached_) return;  // the whole price is allowed already
  escrow_ = escrow_.phase == ledger::EscrowPhase::open ? require_escrow(ledger_, row_.escrow) : escrow_;
  const ledger::DebitNote note = ledger::open_note(jws, escrow_.provider_key);
  if (!is_plausible(note)) {
    emit({{"event", "warning"}, {"message", "the provider's meter runs faster than the clock; nothing more is signed"}});
    ask_stop();
    return;
  }
  provider_->send_voucher(row_.escrow, voucher(note.run_us, false));
  emit({{"event", "paid"}, {"seconds", note.run_us / 1'000'000}, {"amount", note.amount.micro()}});
}

void Follower::sign_everything() {
  provider_->send_voucher(row_.escrow, voucher(spec_.run_us_max, false));
  row_.detached = detached_ = true;
  store_.update(row_);
}

void Follower::on_exit(const ExitReport& report) {
  if (exit_code_) return;
  fetch_outputs(report);
  pay(report);
  exit_code_ = end_settled(report, closed_escrow(&report));
}

void Follower::fetch_outputs(const ExitReport& report) {
  for (const std::string& line : report.skipped) emit({{"event", "warning"}, {"message", "not taken: " + sanitize(line)}});
  if (report.outputs.empty() || row_.folder.empty()) return;
  make_private_folder(context_.paths.state);
  const TemporaryFolder downloads("outputs", context_.paths.state);
  for (const exec::OutputFile& output : report.outputs) {
    if (!exec::is_asked_for(output.path, spec_.outputs)) {
      fail(ErrorKind::verification, "the provider sent '{}', which is none of the job's outputs", sanitize(output.path));
    }
    const auto file = downloads.path() / output.hash;
    if (!std::filesystem::exists(file)) provider_->output(row_.escrow, output, file);
    exec::place_output(row_.folder, output, file);
    emit({{"event", "output"}, {"path", output.path}, {"size", output.size}, {"hash", output.hash}});
  }
}

void Follower::pay(const ExitReport& report) {
  escrow_ = require_escrow(ledger_, row_.escrow);
  if (is_closed(escrow_)) return;
  if (escrow_.phase == ledger::EscrowPhase::disputed) {
    fail_with_hint(ErrorKind::refused, fmt::format("where it stands: ain ledger escrow {0}; afterwards: ain wait {0}", row_.id),
                   "run {} is disputed; the arbiters have until {} to decide", row_.id, rfc3339(escrow_.deadline_ms));
  }
  const ledger::DebitNote note = ledger::open_note(report.note, escrow_.provider_key);
  if (!note.final || !is_plausible(note) || note.run_us != report.run_us) fail_unsigned("the provider's bill does not agree with the clock");
  // A final voucher agrees to what the ledger knows by then, not only to the note beside it.
  if (escrow_.best_us > note.run_us) {
    fail_unsigned(fmt::format("the provider asks for {}, its own bill says {}", duration_text(escrow_.best_us), duration_text(note.run_us)));
  }
  due_us_ = note.run_us;
  give_what_is_due();
}

void Follower::fail_unsigned(std::string_view why) const {
  const bool closing = escrow_.phase == ledger::EscrowPhase::closing;
  fail_with_hint(ErrorKind::verification,
                 closing ? fmt::format("dispute it until {}: ain ledger challenge {} --evidence FILE", rfc3339(escrow_.deadline_ms), row_.id)
                         : fmt::format("see it: ain ledger escrow {}", row_.escrow),
                 "{}; it is not signed", why);
}

// A provider that has gone after the work was done may come back, and would give the work away without the
// payer's word.
void Follower::give_what_is_due() {
  if (!due_us_) return;
  try {
    provider_->send_voucher(row_.escrow, voucher(*due_us_, true));
    due_us_.reset();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unreachable) throw;
  }
}

ledger::EscrowState Follower::closed_escrow(const ExitReport* report) {
  for (const int64_t until = now_ms() + kSettlementWaitMs; now_ms() < until;) {
    const ledger::EscrowState escrow = require_escrow(ledger_, row_.escrow);
    if (is_closed(escrow)) return escrow;
    // The provider has settled without a word of ours about how much: with it the time to dispute is over.
    if (report && escrow.phase == ledger::EscrowPhase::closing) break;
    give_what_is_due();
    std::this_thread::sleep_for(std::chrono::milliseconds(kRetryFirstMs));
  }
  if (report) {
    const ledger::DebitNote note = ledger::open_note(report->note, escrow_.provider_key);
    sender_.try_send(ledger::Settle{.escrow = escrow_.id, .voucher = voucher(note.run_us, true), .note = report->note, .final = true});
  }
  const ledger::EscrowState escrow = require_escrow(ledger_, row_.escrow);
  if (!is_closed(escrow)) {
    throw Error(ErrorKind::provider_lost, fmt::format("run {} is not settled yet", row_.id),
                fmt::format("finish it later: ain wait {}", row_.id));
  }
  return escrow;
}

void Follower::on_release(const Json& event) {
  if (exit_code_) return;
  const ledger::EscrowState escrow = closed_escrow(nullptr);
  Failure failure{ErrorKind::provider_lost, Culprit::provider, "the provider gave the job back", "run it again: ain run"};
  if (event.contains("failure")) failure = failure_from_json(event.at("failure"));
  exit_code_ = end_failed(failure, paid_json(escrow), failure.kind == ErrorKind::stopped ? RunState::stopped : RunState::failed);
}

int Follower::end_settled(const ExitReport& report, const ledger::EscrowState& escrow) {
  if (const auto failure = failure_of(report, spec_.resources.memory_bytes)) {
    return end_failed(*failure, paid_json(escrow),
                      failure->kind == ErrorKind::stopped ? RunState::stopped : RunState::failed);
  }
  return end(RunState::settled, report.exit_code,
             {{"event", "settled"},
              {"exit_code", report.exit_code},
              {"provider", ledger::provider_of(escrow).text()},
              {"seconds", report.run_us / 1'000'000},
              {"run_us", report.run_us},
              {"paid", paid_json(escrow)},
              {"receipt", to_hex(escrow.closed_by)}});
}

int Follower::end_failed(const Failure& failure, const Json& paid, RunState state) {
  Json event = to_json(failure);
  event["event"] = "failed";
  event["exit_code"] = static_cast<int>(failure.kind);
  event["paid"] = paid;
  return end(state, static_cast<int>(failure.kind), std::move(event));
}

// The escrow was closed while nobody followed. What the provider still knows of the job tells the exit code.
int Follower::end_by_ledger(const ledger::EscrowState& escrow) {
  std::optional<JobStatus> status;
  try {
    status = provider_->status(row_.escrow);
  } catch (const Error&) {
    // Without the provider the ledger's word has to do.
  }
  if (status && status->exit) {
    fetch_outputs(*status->exit);
    return end_settled(*status->exit, escrow);
  }
  if (status && status->failure) return end_failed(*status->failure, paid_json(escrow));
  Failure failure{ErrorKind::provider_lost, Culprit::provider, "the provider went away; how the job ended is not known",
                  "run it again: ain run"};
  return end_failed(failure, paid_json(escrow));
}

int Follower::end(RunState state, int exit_code, Json event) {
  event["run"] = row_.id;
  event["time"] = now_ms();
  row_.exit_code = exit_code;
  row_.result = canonical(event);
  row_.follower = 0;
  store_.advance(row_, state);
  follow_.on_event(event);
  return exit_code;
}

void Follower::ask_stop() { stop_asked_ = true; }

void Follower::obey_wish() {
  if (exit_code_) return;
  const Wish wish = follow_.wish ? follow_.wish() : Wish::go_on;
  if (wish == Wish::stop) stop_asked_ = true;
  if (wish == Wish::detach) {
    sign_everything();
    row_.follower = 0;
    store_.update(row_);
    emit({{"event", "detached"}});
    exit_code_ = kDetached;
    return;
  }
  if (stop_asked_ && !stop_told_) {
    provider_->stop(row_.escrow);
    stop_told_ = true;
    emit({{"event", "stopping"}});
  }
}

bool Follower::as_far_as_it_goes() {
  escrow_ = require_escrow(ledger_, row_.escrow);
  if (is_closed(escrow_)) {
    end_by_ledger(escrow_);
    return true;
  }
  const JobStatus status = provider_->status(row_.escrow);
  if ((status.state == JobState::publishing || status.state == JobState::settled) && status.exit) {
    on_exit(*status.exit);
  } else if (status.state < JobState::publishing) {
    on_state(status.state, 0);
  }
  return is_terminal(row_.state);
}

void Follower::emit(Json event) {
  if (!event.contains("time")) event["time"] = now_ms();
  event["run"] = row_.id;
  follow_.on_event(event);
}

}  // namespace ain::remote
