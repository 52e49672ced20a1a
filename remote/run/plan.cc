// Planning a run: everything that can be known, and agreed with a provider, before money moves.
#include <algorithm>
#include <cctype>

#include "base/encoding.h"
#include "base/text.h"
#include "exec/attribution.h"
#include "ledger/voucher.h"
#include "remote/run/run_impl.h"

namespace ain::remote {
namespace {

// What the payer of an unattended run has, from the provider's settlement on, to look at what it got and to dispute it.
constexpr int64_t kUnattendedDisputeMs = 60 * 60'000;
// With no `timeout` the deposit still has to end somewhere; what is not used comes back.
constexpr int64_t kRunDefaultUs = int64_t{24} * 3600 * 1'000'000;

// A plain git repository becomes one with an identity on its first run: the runner is its founder.
repo::Identity identity_of(repo::Repository& repository, const RunContext& context) {
  if (auto identity = repo::read_identity(repository)) return std::move(*identity);
  std::string name = repository.work_folder().lexically_normal().filename();
  if (name.empty()) name = repository.work_folder().parent_path().filename();
  std::erase_if(name, [](unsigned char c) { return !std::isalnum(c) && c != '.' && c != '_' && c != '-'; });
  name = name.substr(0, 64);
  if (name.empty()) name = "repository";
  return repo::create_identity(repository, name, {context.account_name, context.signer->public_key()}, *context.signer);
}

[[noreturn]] void fail_unmatched(const std::vector<Quoted>& quoted, bool unsandboxed) {
  std::string reasons;
  bool only_price = !quoted.empty(), elsewhere = false;
  for (const Quoted& q : quoted) {
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : "; ", q.candidate.offer.account.text().substr(0, 12),
                           q.candidate.reason);
    only_price = only_price && q.candidate.reason.starts_with("asks ");
    elsewhere = elsewhere || q.candidate.reason == kOtherMachine;
  }
  if (quoted.empty()) {
    fail_with_hint(ErrorKind::no_provider, "let this machine's own hardware: ain serve", "nobody offers hardware on this network");
  }
  if (unsandboxed && elsewhere) {
    fail_with_hint(ErrorKind::no_provider, "leave '--sandbox none' out, or let this machine run it: ain run --network local --sandbox none",
                   "no provider takes '--sandbox none', which is for your own code on your own machine: {}", reasons);
  }
  if (only_price) fail_with_hint(ErrorKind::price_cap, reasons, "every matching offer costs more than the cap");
  fail_with_hint(ErrorKind::no_provider, reasons, "no provider matches the job");
}

}  // namespace

Json to_json(const Candidate& candidate) {
  return {{"provider", candidate.offer.offer.node.text()},
          {"account", candidate.offer.account.text()},
          {"gpu", candidate.offer.offer.gpus},
          {"cpu", candidate.offer.offer.cpus},
          {"memory", candidate.offer.offer.memory_bytes},
          {"price_per_second", candidate.price_per_second},
          {"price_total", candidate.price_total.micro()},
          {"bond", candidate.bond.micro()},
          {"taken", candidate.taken},
          {"reason", candidate.reason}};
}

ledger::LeaseTerms RunPlan::terms(int64_t price_per_second) const {
  return {.price_per_second = price_per_second, .units = spec.units(), .royalty = attribution.royalty, .fee_ppm = fee_ppm};
}

Json RunPlan::summary() const {
  const ledger::Cost most = ledger::cost_of(terms(candidates.at(chosen).price_per_second), spec.run_us_max);
  Json authors = Json::array();
  const std::vector<Payee> payees = sharers(attribution);
  const std::vector<int64_t> shares = split_by_weight(most.royalty.micro(), payees);
  for (size_t i = 0; i < shares.size(); ++i) {
    authors.push_back({{"account", payees[i].id}, {"weight", payees[i].weight}, {"amount", shares[i]}});
  }
  Json summary = to_json(candidates.at(chosen));
  summary["commit"] = spec.commit;
  summary["tree"] = spec.tree;
  summary["dirty"] = snapshot.dirty;
  summary["changed"] = snapshot.changed;
  summary["run_seconds_max"] = spec.run_us_max / 1'000'000;
  summary["units"] = spec.units();
  summary["unit"] = spec.resources.gpus > 0 ? "gpu" : "core";
  if (attribution.royalty.kind == RoyaltyKind::rate) summary["royalty_ppm"] = attribution.royalty.value;
  summary["royalty"] = royalty_text(attribution.royalty);
  summary["attribution"] = to_hex(attribution.digest());
  summary["deposit"] = deposit.micro();
  summary["at_most"] = {{"provider", most.compute.micro()}, {"authors", authors}, {"fee", most.fee.micro()}};
  return summary;
}

RunPlan Runner::plan(repo::Repository& repository, const RunRequest& request, const Follow& follow) {
  const RunContext& context = impl_->context;
  RunPlan plan;
  const repo::Identity identity = identity_of(repository, context);
  exec::check_project_file(repository.work_folder());  // in our words, before git meets it
  plan.snapshot = repo::snapshot(repository, context.signer.get(), exec::outputs_in(repository.work_folder(), request.job));
  plan.spec = exec::make_job(repository, plan.snapshot, identity.id.text(), *repository.reference(repo::kIdentityRef), request.job);
  if (plan.spec.run_us_max == 0) plan.spec.run_us_max = kRunDefaultUs;
  const auto progress = [&](int64_t done, int64_t total) {
    follow.on_event({{"event", "progress"}, {"what", "authorship"}, {"done", done}, {"total", total}});
  };
  plan.attribution = exec::attribution_of(repository, identity, plan.spec.commit, context.network.genesis.royalty_ppm,
                                          seen_on(impl_->ledger()), {.progress = progress});
  impl_->check_registered(repository, identity, plan.spec.commit, plan.attribution);
  const ledger::Parameters parameters = impl_->ledger().parameters().parameters;
  plan.fee_ppm = parameters.fee_ppm;
  // Without arbiters nobody could decide a dispute, and the provider would wait, and lock its bond, for nothing.
  const bool disputable = request.detach && !parameters.arbiters.members.empty();
  if (disputable) plan.dispute_within_ms = kUnattendedDisputeMs;
  impl_->quoted = ask_offers(context, impl_->ledger(), request, plan.spec, plan.terms(0), disputable ? parameters.bond_min : Amount());
  for (const Quoted& quoted : impl_->quoted) plan.candidates.push_back(quoted.candidate);
  if (impl_->quoted.empty() || !impl_->quoted[0].candidate.taken) fail_unmatched(impl_->quoted, request.unsandboxed);
  plan.chosen = 0;
  plan.deposit = plan.candidates[0].price_total;
  return plan;
}

// The author registered what the author saw; when it differs from what is seen here, nobody pays anybody. What others have published since
// is no difference: it was not to be seen then.
void Runner::Impl::check_registered(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                                    const Attribution& mine) {
  const auto as_of = [&](int64_t until) {
    return exec::attribution_of(repository, identity, commit, context.network.genesis.royalty_ppm, seen_on(ledger(), until)).digest();
  };
  for (const repo::Delegate& delegate : identity.delegates) {
    std::vector<ledger::AttributionState> theirs = ledger().attributions_by(account_of(delegate.key), mine.repository, mine.tree);
    // Another history may end in the same tree, with other authors: only this very commit is spoken of.
    std::erase_if(theirs, [&](const auto& one) { return one.attribution.commit != mine.commit || one.attribution.algorithm != mine.algorithm; });
    const bool agrees = std::any_of(theirs.begin(), theirs.end(), [&](const auto& one) { return one.attribution.digest() == mine.digest(); });
    if (theirs.empty() || agrees) continue;
    const auto newest = std::max_element(theirs.begin(), theirs.end(),
                                         [](const auto& a, const auto& b) { return a.registered_ms < b.registered_ms; });
    const Digest said = newest->attribution.digest();
    if (as_of(log_size_before(ledger(), newest->registered_ms)) == said || as_of(0) == said) continue;
    fail_with_hint(ErrorKind::attribution, "compare: ain authors --json; its author says it again by: ain push",
                   "the attribution of {} comes out as {} here, '{}' registered {}", mine.commit.substr(0, 12),
                   to_hex(mine.digest()).substr(0, 16), sanitize(delegate.name), to_hex(said).substr(0, 16));
  }
}

}  // namespace ain::remote
