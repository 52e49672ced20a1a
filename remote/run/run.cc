#include "remote/run/run.h"

#include <signal.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/files.h"
#include "base/text.h"
#include "base/time.h"
#include "ledger/voucher.h"
#include "remote/run/follower.h"
#include "remote/run/run_impl.h"
#include "repo/packs.h"

namespace ain::remote {
namespace {

bool is_alive(int64_t pid) { return pid > 0 && pid != getpid() && kill(static_cast<pid_t>(pid), 0) == 0; }

// The deposit is not lost with the provider: it comes back now, or after its deadline.
[[noreturn]] void fail_lost(const RunRow& row, const Error& why) {
  fail_with_hint(ErrorKind::provider_lost, fmt::format("the deposit comes back: ain wait {}; then run it again: ain run", row.id),
                 "the provider {} went away before it had the job: {}", row.provider, why.message());
}

// What ended the run already, though its deposit is still to come back.
std::optional<Error> failure_written(const RunRow& row) {
  if (row.result.empty()) return std::nullopt;
  const Json result = parse_json(row.result, "the run's result");
  return Error(kind_from_name(result.value("cause", "")), result.value("message", ""), result.value("hint", ""));
}

Follow silent() {
  Follow follow;
  follow.on_event = [](const Json&) {};
  follow.logs = false;
  return follow;
}

}  // namespace

Runner::Impl::Impl(RunContext given) : context(std::move(given)), store(context.paths.state) {}

LedgerClient& Runner::Impl::ledger() {
  if (!ledger_) ledger_ = http_ledger(reach_node(context.paths, context.network));
  return *ledger_;
}

AccountSender& Runner::Impl::sender() {
  if (!sender_) {
    sender_ = std::make_unique<AccountSender>(ledger(), context.network.id(), context.account, *context.signer);
  }
  return *sender_;
}

Runner::Runner(RunContext context) : impl_(std::make_unique<Impl>(std::move(context))) {}
Runner::~Runner() = default;
RunStore& Runner::runs() { return impl_->store; }

void Runner::Impl::register_attribution(const Attribution& attribution) {
  if (ledger().attribution(attribution.digest())) return;
  const ledger::Applied applied = sender().try_send(ledger::AttributionRegister{attribution});
  if (applied.refusal != ledger::Refusal::none && applied.refusal != ledger::Refusal::exists) fail_refused(applied);
}

Digest Runner::Impl::open_escrow(RunRow& row, const RunPlan& plan) {
  const Candidate& provider = plan.candidates.at(plan.chosen);
  const ledger::EscrowOpen open{.job = exec::job_digest(plan.spec),
                                .attribution = plan.attribution.digest(),
                                .provider = provider.offer.account,
                                .price_per_second = provider.price_per_second,
                                .units = plan.spec.units(),
                                .run_us_max = plan.spec.run_us_max,
                                .deposit = plan.deposit,
                                .bond = provider.bond,
                                .accept_within_ms = kAcceptWithinMs,
                                .run_within_ms = plan.spec.run_us_max / 1000 + kRunGraceMs,
                                .dispute_within_ms = plan.dispute_within_ms};
  const ledger::Applied applied = sender().send(open, [&](const std::string& envelope) {
    // Written down before it is sent: after a crash its id tells whether money moved.
    row.escrow_envelope = envelope;
    row.escrow = to_hex(ledger::txid_of(envelope));
    store.update(row);
  });
  return applied.txid;
}

void Runner::Impl::hand_over(RunRow& row, repo::Repository& repository, const RunPlan& plan, const Quoted& chosen) {
  ProviderClient provider(chosen.endpoint, *context.signer);
  const Digest escrow = *to_array<32>(*from_hex(row.escrow));
  const JobOrder order{
      .run = row.id, .escrow = escrow, .spec = plan.spec, .quote = chosen.quote, .unsandboxed = row.unsandboxed};
  JobStatus status;
  try {
    status = provider.order(order);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unreachable) fail_lost(row, error);
    if (error.kind() != ErrorKind::refused) throw;
    throw Error(ErrorKind::refused, fmt::format("the provider {} refused the job: {}", row.provider, error.message()),
                error.hint().empty() ? "ask the others, or wait: ain offers" : error.hint());
  }
  store.advance(row, RunState::leased);
  if (status.objects) return;
  make_private_folder(context.paths.state);
  const TemporaryFolder folder("pack", context.paths.state);
  repo::write_pack(repository, {plan.spec.commit, plan.spec.identity}, status.haves, folder.path() / "pack");
  try {
    provider.send_objects(row.escrow, folder.path() / "pack");
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::unreachable) fail_lost(row, error);
    throw;
  }
}

void Runner::Impl::give_up(RunRow& row, const Error& error) {
  Json paid = nullptr;
  if (!row.escrow.empty()) {
    const Digest id = *to_array<32>(*from_hex(row.escrow));
    auto escrow = ledger().escrow(id);
    if (escrow && escrow->phase == ledger::EscrowPhase::open) {
      sender().try_send(ledger::Release{id, "the run did not start"});
      escrow = ledger().escrow(id);
    }
    if (escrow && (escrow->phase == ledger::EscrowPhase::leased || escrow->phase == ledger::EscrowPhase::open)) return;
    if (escrow) paid = paid_json(*escrow);
  }
  write_failure(row, error, paid);
  store.advance(row, RunState::failed);
}

void Runner::Impl::write_failure(RunRow& row, const Error& error, const Json& paid) {
  row.exit_code = static_cast<int>(error.kind());
  row.follower = 0;
  row.result = canonical({{"event", "failed"},
                          {"run", row.id},
                          {"time", now_ms()},
                          {"cause", kind_name(error.kind())},
                          {"message", error.message()},
                          {"hint", error.hint()},
                          {"exit_code", row.exit_code},
                          {"paid", paid}});
}

std::string Runner::start(repo::Repository& repository, const RunRequest& request, const RunPlan& plan, const Follow& follow) {
  const RunContext& context = impl_->context;
  const Quoted& chosen = impl_->quoted.at(plan.chosen);
  RunRow row;
  row.id = to_hex(random_bytes(kRunIdDigits / 2));
  row.network = context.network.name;
  row.account = context.account.text();
  row.account_name = context.account_name;
  row.folder = repository.work_folder();
  row.spec = canonical(exec::to_json(plan.spec));
  row.job_digest = to_hex(exec::job_digest(plan.spec));
  row.attribution = to_hex(plan.attribution.digest());
  row.provider = chosen.candidate.offer.account.text();
  row.endpoint = chosen.candidate.offer.offer.endpoint;
  row.node = chosen.candidate.offer.offer.node.text();
  row.quote = chosen.quote;
  row.unsandboxed = request.unsandboxed;
  row.follower = getpid();
  row.created_ms = row.updated_ms = now_ms();
  impl_->store.insert(row);
  impl_->store.advance(row, RunState::quoting);
  try {
    impl_->register_attribution(plan.attribution);
    impl_->open_escrow(row, plan);
    follow.on_event({{"event", "escrow"}, {"run", row.id}, {"time", now_ms()}, {"escrow", row.escrow},
                     {"deposit", plan.deposit.micro()}});
    impl_->hand_over(row, repository, plan, chosen);
    if (request.detach) {
      Follower follower(context, impl_->ledger(), impl_->sender(), impl_->store, row, follow);
      follower.sign_everything();
      row = impl_->store.get(row.id);
      row.follower = 0;
      impl_->store.update(row);
    }
  } catch (const Error& error) {
    row = impl_->store.get(row.id);
    try {
      impl_->give_up(row, error);
    } catch (const Error&) {
      // Nobody to tell just now; the row stays open, with what went wrong, and `reconcile` takes it up.
      impl_->write_failure(row, error, nullptr);
      impl_->store.update(row);
    }
    throw;
  }
  return row.id;
}

// As long as the ledger does not answer, what is known already is the best that can be said.
void Runner::Impl::reconcile_or_tell(const RunRow& row) {
  try {
    reconcile(row);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::unreachable) throw;
    if (const auto known = failure_written(row)) throw *known;
    throw;
  }
}

int Runner::follow(const std::string& id, const Follow& follow) {
  RunRow row = impl_->store.get(id);
  if (is_terminal(row.state)) {
    follow.on_event(parse_json(row.result, "the run's result"));
    return row.exit_code;
  }
  // Taken over from a process that may have died before the provider had everything.
  const bool taken_over = row.follower != getpid();
  if (row.escrow.empty() || row.state < RunState::leased || (taken_over && row.state <= RunState::pulling)) {
    impl_->reconcile_or_tell(row);
    row = impl_->store.get(id);
    if (is_terminal(row.state)) {
      follow.on_event(parse_json(row.result, "the run's result"));
      return row.exit_code;
    }
  }
  row.follower = getpid();
  impl_->store.update(row);
  Follower follower(impl_->context, impl_->ledger(), impl_->sender(), impl_->store, row, follow);
  return follower.to_the_end();
}

int Runner::stop(const std::string& id, const Follow& follow) {
  RunRow row = impl_->store.get(id);
  if (is_terminal(row.state)) {
    follow.on_event(parse_json(row.result, "the run's result"));
    return row.exit_code;
  }
  // Another terminal may be following: then it finishes the run, and this one only waits for the end.
  Follow stopping = follow;
  stopping.wish = [] { return Wish::stop; };
  return this->follow(row.id, stopping);
}

// One run that nobody follows; what became of it, or nothing.
std::string Runner::Impl::reconcile(RunRow row) {
  if (row.network != context.network.name || row.account != context.account.text() || is_alive(row.follower)) return {};
  const std::string name = row.id;
  const auto escrow = row.escrow.empty() ? std::nullopt : ledger().escrow(*to_array<32>(*from_hex(row.escrow)));
  if (!escrow) {
    give_up(row, Error(ErrorKind::failed, "it was interrupted before any money moved", "run it again: ain run"));
    return fmt::format("run {}: had been interrupted before any money moved", name);
  }
  const Follow follow = silent();
  const auto known = failure_written(row);
  if (known && escrow->phase == ledger::EscrowPhase::refunded) {
    give_up(row, *known);
    return fmt::format("run {}: {}; {} came back", name, known->message(), escrow->terms.deposit.text());
  }
  if (escrow->phase == ledger::EscrowPhase::open) {
    std::optional<JobStatus> status;
    try {
      ProviderClient provider(endpoint_of(context, row.endpoint, NodeId::parse(row.node)), *context.signer);
      status = provider.status(row.escrow);
    } catch (const Error&) {
      // It does not know the job, or is gone.
    }
    if (status && !status->objects) status.reset();
    if (status && row.state >= RunState::leased && now_ms() < escrow->deadline_ms) return {};
    give_up(row, known ? *known : Error(ErrorKind::failed, "it was interrupted before the provider had everything", "run it again: ain run"));
    return fmt::format("run {}: had been interrupted; {} came back", name, escrow->terms.deposit.text());
  }
  // What can still be disputed is the payer's own to agree to: `ain wait` does, a look at what runs does not.
  if (escrow->phase == ledger::EscrowPhase::closing) {
    return fmt::format("run {0}: the provider asks for {1}; agree: ain wait {0}; or dispute it until {2}: ain ledger challenge {0} "
                       "--evidence FILE", name, duration_text(escrow->best_us), rfc3339(escrow->deadline_ms));
  }
  if (escrow->phase == ledger::EscrowPhase::disputed) {
    return fmt::format("run {0}: is disputed; the arbiters decide until {1}: ain ledger escrow {0}", name, rfc3339(escrow->deadline_ms));
  }
  Follower follower(context, ledger(), sender(), store, row, follow);
  if (!follower.as_far_as_it_goes()) return {};
  return fmt::format("run {}: {}", name, run_state_name(store.get(name).state));
}

std::vector<std::string> Runner::reconcile() {
  std::vector<std::string> lines;
  for (RunRow& row : impl_->store.unfinished()) {
    const std::string id = row.id;
    try {
      if (std::string line = impl_->reconcile(std::move(row)); !line.empty()) lines.push_back(std::move(line));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::unreachable) continue;
      lines.push_back(fmt::format("run {}: {}", id, error.message()));
    }
  }
  return lines;
}

}  // namespace ain::remote
