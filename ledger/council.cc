// What several must have signed, and what they decide about the network.
#include <algorithm>

#include "ledger/approval.h"
#include "ledger/rules.h"

namespace ain::ledger {

std::optional<Outcome> missing_quorum(const Context& at, std::string_view typ, const Json& agreed, const std::vector<std::string>& approvals,
                                      const std::vector<AccountId>& members, int64_t quorum) {
  const auto signed_by = open_approvals(typ, agreed, approvals);
  if (!signed_by) return refuse(Refusal::no_quorum, "an approval does not hold, or one account has signed twice");
  for (const Approval& approval : *signed_by) {
    if (std::find(members.begin(), members.end(), approval.account) == members.end()) {
      return refuse(Refusal::no_quorum, fmt::format("'{}' has no say in it", approval.account.text()));
    }
    if (!speaks_fully(at, approval.key, approval.account)) {
      return refuse(Refusal::no_quorum, fmt::format("an approval is not by a key of '{}'", approval.account.text()));
    }
  }
  const auto count = static_cast<int64_t>(signed_by->size());
  if (quorum > 0 && count >= quorum) return std::nullopt;
  return refuse(Refusal::no_quorum, fmt::format("{} of {} have signed", count, quorum));
}

Outcome run(const Context& at, const ParametersChange& body) {
  const auto last = at.state.get<ParametersState>(kParametersKey).value_or(ParametersState{at.rules.parameters, 0});
  if (body.sequence != last.sequence + 1) return refuse(Refusal::bad_sequence, fmt::format("the next change's number is {}", last.sequence + 1));
  try {
    check_parameters(body.parameters);
  } catch (const Error& error) {
    return refuse(Refusal::bad_parameters, error.message());
  }
  const Council& governors = last.parameters.governors;
  if (auto missing = missing_quorum(at, kParametersType, agreed(at.rules.network, body), body.approvals, governors.members, governors.quorum)) {
    return *missing;
  }
  at.state.put(kParametersKey, ParametersState{body.parameters, body.sequence});
  return {};
}

void check_parameters(const Parameters& parameters) {
  const auto check = [](bool holds, std::string_view why) { if (!holds) fail(ErrorKind::failed, "parameters: {}", why); };
  check(parameters.fee_ppm >= 0 && parameters.fee_ppm <= kFeePpmMax, "the fee is too high");
  check(parameters.bond_min >= Amount() && parameters.bond_min.micro() <= kAmountMax, "the smallest bond is no amount");
  check(parameters.resolve_within_ms >= 1 && parameters.resolve_within_ms <= kResolveWithinMaxMs, "the time to resolve is out of bounds");
  check(parameters.unbond_within_ms >= kDisputeWithinMaxMs && parameters.unbond_within_ms <= kUnbondWithinMaxMs,
        "the time to unbond is shorter than a dispute can last");
  for (const Council* council : {&parameters.governors, &parameters.arbiters}) {
    const auto& members = council->members;
    check(members.size() <= kGovernorsMax, "a council has too many members");
    check(std::is_sorted(members.begin(), members.end()) && std::adjacent_find(members.begin(), members.end()) == members.end(),
          "a council's members are not sorted, each once");
    const auto count = static_cast<int64_t>(members.size());
    check(members.empty() ? council->quorum == 0 : council->quorum >= 1 && council->quorum <= count,
          "a council's quorum lies not between 1 and its members");
  }
}

}  // namespace ain::ledger
