#include "remote/run/match.h"

#include <algorithm>
#include <thread>

#include "base/text.h"
#include "base/time.h"
#include "ledger/voucher.h"
#include "remote/node/capacity.h"
#include "remote/run/provider_client.h"

namespace ain::remote {
namespace {

constexpr size_t kAskedAtOnceMax = 16;
constexpr size_t kAskedMax = 1024;       // in waves, the cheapest first, until somebody answers
constexpr int64_t kQuoteWaitMs = 5000;

// Why the offer cannot be meant, judged by what it says of itself; empty when it may be asked.
std::string why_not(const ledger::OfferState& state, const RunRequest& request, const exec::JobSpec& spec) {
  const ledger::Offer& offer = state.offer;
  const exec::Resources& wanted = spec.resources;
  if (!request.provider.empty() && request.provider != state.account.text() && request.provider != offer.node.text()) {
    return "is not the one that --on names";
  }
  if (wanted.cpus > offer.cpus) return fmt::format("needs {} CPUs, has {}", wanted.cpus, offer.cpus);
  if (wanted.memory_bytes > offer.memory_bytes) {
    return fmt::format("needs {} of memory, has {}", bytes_text(wanted.memory_bytes), bytes_text(offer.memory_bytes));
  }
  const auto gpus = std::count_if(offer.gpus.begin(), offer.gpus.end(), [&](const std::string& model) {
    return gpu_matches(model, INT64_MAX, wanted);  // an offer names models only; the quote knows the memory
  });
  if (gpus < wanted.gpus) {
    return fmt::format("needs {} GPU{}{}{}, has {}", wanted.gpus, wanted.gpus == 1 ? "" : "s",
                       wanted.gpu_model.empty() ? "" : " of ", wanted.gpu_model, gpus);
  }
  if (spec.run_us_max > offer.run_within_ms * 1000) {
    return fmt::format("runs jobs for at most {}", duration_text(offer.run_within_ms * 1000));
  }
  return {};
}

Amount total_of(ledger::LeaseTerms terms, int64_t price_per_second, const exec::JobSpec& spec) {
  terms.price_per_second = price_per_second;
  return ledger::cost_of(terms, spec.run_us_max).total();
}

bool is_above(int64_t per_second, int64_t per_hour_max) { return mul_div(per_second, 3600, 1) > per_hour_max; }

void check_bond(LedgerClient& ledger, const AccountId& provider, Amount wanted) {
  const Amount free = bond_of(ledger, provider).free();
  if (free < wanted) fail(ErrorKind::refused, "has {} of its bond free, the run locks {}", free.text(), wanted.text());
}

void ask(const RunContext& context, LedgerClient& ledger, const RunRequest& request, const exec::JobSpec& spec,
         const ledger::LeaseTerms& terms, Amount bond_max, Quoted& asked) {
  Candidate& candidate = asked.candidate;
  const ledger::OfferState& offer = candidate.offer;
  try {
    asked.endpoint = endpoint_of(context, offer.offer.endpoint, offer.offer.node);
    if (request.unsandboxed && !asked.endpoint.local()) fail(ErrorKind::refused, "{}", kOtherMachine);
    ProviderClient client(asked.endpoint, *context.signer);
    const Quote quote = client.quote(spec, request.unsandboxed, kQuoteWaitMs, asked.quote);
    const bool meant = quote.network == context.network.id() && quote.account == offer.account &&
                       quote.node == offer.offer.node && quote.job == exec::job_digest(spec);
    if (!meant) fail(ErrorKind::refused, "its quote is for something else");
    // An account's first key is not asked about: a lease by one that left force would be refused anyway.
    if (account_of(quote.key) != quote.account && !speaks_for(ledger, quote.key, quote.account)) {
      fail(ErrorKind::bad_signature, "its quote is not signed by its account");
    }
    if (quote.price_per_second > offer.offer.price_per_second * spec.units()) fail(ErrorKind::refused, "quotes above its offer");
    candidate.price_per_second = quote.price_per_second;
    candidate.price_total = total_of(terms, quote.price_per_second, spec);
    candidate.bond = std::min(candidate.price_total, bond_max);
    if (candidate.bond > Amount()) check_bond(ledger, offer.account, candidate.bond);
    candidate.taken = true;
  } catch (const Error& error) {
    candidate.reason = error.kind() == ErrorKind::unreachable ? "does not answer" : error.message();
    asked.quote.clear();
  } catch (const std::exception&) {
    candidate.reason = "its answer makes no sense";
    asked.quote.clear();
  }
}

}  // namespace

Endpoint endpoint_of(const RunContext& context, const std::string& url, const NodeId& node) {
  const Endpoint own = reach_node(context.paths, context.network);
  if (own.local() && own.node == node) return own;
  return provider_endpoint(url, node);
}

std::vector<Quoted> ask_offers(const RunContext& context, LedgerClient& ledger, const RunRequest& request,
                               const exec::JobSpec& spec, const ledger::LeaseTerms& terms, Amount bond_max) {
  std::vector<Quoted> all;
  std::vector<size_t> to_ask;
  for (const ledger::OfferState& offer : ledger.offers()) {  // by price
    Quoted asked{.candidate = {.offer = offer}};
    asked.candidate.reason = why_not(offer, request, spec);
    try {
      asked.candidate.price_per_second = mul_div(offer.offer.price_per_second, spec.units(), 1);
      asked.candidate.price_total = total_of(terms, asked.candidate.price_per_second, spec);
    } catch (const Error&) {
      asked.candidate.reason = "asks more than there is money";
    }
    if (asked.candidate.reason.empty() && to_ask.size() >= kAskedMax) asked.candidate.reason = "is not among the cheapest";
    if (asked.candidate.reason.empty()) to_ask.push_back(all.size());
    all.push_back(std::move(asked));
  }
  // Whoever floods the ledger with cheap offers that nobody answers for costs time, not the run.
  bool answered = false;
  for (size_t wave = 0; wave < to_ask.size() && !answered; wave += kAskedAtOnceMax) {
    const size_t end = std::min(wave + kAskedAtOnceMax, to_ask.size());
    std::vector<std::thread> threads;
    for (size_t i = wave + 1; i < end; ++i) {
      threads.emplace_back([&, i] { ask(context, ledger, request, spec, terms, bond_max, all[to_ask[i]]); });
    }
    ask(context, ledger, request, spec, terms, bond_max, all[to_ask[wave]]);
    for (std::thread& thread : threads) thread.join();
    for (size_t i = wave; i < end; ++i) answered = answered || all[to_ask[i]].candidate.taken;
  }
  for (Quoted& asked : all) {
    if (!asked.candidate.taken && asked.candidate.reason.empty()) asked.candidate.reason = "is not among the cheapest";
  }

  std::stable_sort(all.begin(), all.end(), [](const Quoted& a, const Quoted& b) {
    const Candidate &x = a.candidate, &y = b.candidate;
    if (x.taken != y.taken) return x.taken;
    return std::tie(x.price_per_second, x.offer.account, x.offer.offer.node) <
           std::tie(y.price_per_second, y.offer.account, y.offer.offer.node);
  });
  const auto cap = spec.resources.price_per_hour_max;
  bool chosen = false;
  for (Quoted& asked : all) {
    if (!asked.candidate.taken) continue;
    const bool dear = cap && is_above(asked.candidate.price_per_second, *cap);
    asked.candidate.taken = !chosen && !dear;
    asked.candidate.reason = dear ? fmt::format("asks {}, the cap is {}/h", price_text(asked.candidate.price_per_second), Amount::micro(*cap).text())
                             : chosen ? "is not the cheapest"
                                      : "is the cheapest";
    chosen = chosen || asked.candidate.taken;
  }
  std::stable_partition(all.begin(), all.end(), [](const Quoted& asked) { return asked.candidate.taken; });
  return all;
}

}  // namespace ain::remote
