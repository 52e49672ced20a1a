#include "cli/offers_view.h"

#include <map>

#include "base/text.h"

namespace ain::cli {

std::string gpus_text(const std::vector<std::string>& gpus) {
  std::map<std::string, int> counts;
  for (const std::string& gpu : gpus) ++counts[gpu];
  std::vector<std::string> parts;
  for (const auto& [model, count] : counts) parts.push_back(fmt::format("{}x {}", count, model));
  return parts.empty() ? "-" : join(parts, ", ");
}

std::vector<remote::Candidate> candidates_of(const std::vector<ledger::OfferState>& offers) {
  std::vector<remote::Candidate> candidates;
  for (const ledger::OfferState& offer : offers) {
    candidates.push_back({.offer = offer, .price_per_second = offer.offer.price_per_second});
  }
  return candidates;
}

void print_candidates(Output& out, const std::vector<remote::Candidate>& candidates, bool with_total) {
  if (out.json()) {
    for (const remote::Candidate& candidate : candidates) out.document(to_json(candidate));
    return;
  }
  std::vector<std::vector<std::string>> rows;
  for (const remote::Candidate& candidate : candidates) {
    const ledger::Offer& offer = candidate.offer.offer;
    std::vector<std::string> row = {candidate.taken ? "*" : "",
                                    candidate.offer.account.text(),
                                    out.shown(gpus_text(offer.gpus)),
                                    std::to_string(offer.cpus),
                                    bytes_text(offer.memory_bytes),
                                    price_text(with_total ? candidate.price_per_second : offer.price_per_second)};
    if (with_total) {
      row.push_back(candidate.price_total.micro() == 0 ? "" : candidate.price_total.text());
      row.push_back(out.shown(candidate.reason));
    } else {
      row.push_back(out.shown(offer.endpoint));
    }
    rows.push_back(std::move(row));
  }
  if (with_total) {
    out.write_table({"", "provider", "gpu", "cpu", "memory", "price", "at most", "reason"}, rows, {3, 4});
  } else {
    out.write_table({"", "provider", "gpu", "cpu", "memory", "per GPU or core", "endpoint"}, rows, {3, 4});
  }
}

}  // namespace ain::cli
