#include "cli/proposal.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"
#include "cli/money_view.h"
#include "cli/parameters.h"
#include "cli/verdict.h"
#include "ledger/approval.h"
#include "ledger/body.h"

namespace ain::cli {
namespace {

// Who decides about it, and what each of them signs.
struct Decision {
  std::string_view typ;
  Json agreed;
  std::vector<AccountId> members;
  int64_t quorum = 0;
  std::vector<std::string>* approvals = nullptr;
  std::string who;  // "delegates of the repository"
};

Decision decision_of(Context& context, ledger::Body& body) {
  const std::string network = context.network().id();
  if (auto* claim = std::get_if<ledger::Claim>(&body)) {
    const auto repository = context.ledger().repository(claim->repository);
    if (!repository) {
      fail_with_hint(ErrorKind::failed, "a delegate registers it: ain push", "'{}' is not registered on network '{}'",
                     claim->repository.text(), context.network().name);
    }
    return {ledger::kClaimType,    agreed(network, *claim), repository->delegates,
            repository->threshold, &claim->approvals,       "delegates of the repository"};
  }
  if (auto* verdict = std::get_if<ledger::Resolve>(&body)) {
    const ledger::Council arbiters = context.ledger().parameters().parameters.arbiters;
    if (arbiters.members.empty()) {
      fail_with_hint(ErrorKind::refused, "see them: ain network parameters", "network '{}' has no arbiters any more", context.network().name);
    }
    return {ledger::kVerdictType, agreed(network, *verdict), arbiters.members, arbiters.quorum, &verdict->approvals, "arbiters"};
  }
  auto& change = std::get<ledger::ParametersChange>(body);
  const ledger::Council governors = context.ledger().parameters().parameters.governors;
  if (governors.members.empty()) {
    fail_with_hint(ErrorKind::refused, "see them: ain network parameters", "network '{}' has no governors: its parameters stay as they are",
                   context.network().name);
  }
  return {ledger::kParametersType, agreed(network, change), governors.members, governors.quorum, &change.approvals, "governors"};
}

bool is_member(const Decision& decision, const AccountId& account) {
  return std::find(decision.members.begin(), decision.members.end(), account) != decision.members.end();
}

// As the account, or as the key that signs its commits, by which repositories know it.
void approve_if_member(Context& context, const Decision& decision, std::vector<ledger::Approval>& given) {
  const auto approve = [&](const AccountId& account, const Signer& signer) {
    const bool has = std::any_of(given.begin(), given.end(), [&](const ledger::Approval& each) { return each.account == account; });
    if (!is_member(decision, account) || has) return;
    decision.approvals->push_back(ledger::sign_approval(decision.typ, decision.agreed, account, signer));
    given.push_back({account, signer.public_key()});
  };
  const auto account = context.account_if_any();
  if (!account) return;
  if (is_member(decision, account->id)) approve(account->id, *context.ledger_signer());
  else if (const AccountId author = account_of(account->key); is_member(decision, author)) approve(author, *context.signer());
}

}  // namespace

ledger::Body read_proposal(Context& context, std::string_view text) {
  const Json json = parse_json(trim(text), "the proposal", kProposalBytesMax);
  ObjectReader reader(json, "the proposal");
  const std::string network = reader.string("network"), type = reader.string("type");
  ledger::Body body = ledger::body_from_json(type, reader.object("body"));
  reader.finish();
  if (network != context.network().id()) {
    fail_with_hint(ErrorKind::usage, "name that network: --network NAME", "the proposal is for the network '{}', not '{}'", sanitize(network),
                   context.network().id());
  }
  const bool by_several = std::holds_alternative<ledger::Claim>(body) || std::holds_alternative<ledger::ParametersChange>(body) ||
                          std::holds_alternative<ledger::Resolve>(body);
  if (!by_several) fail(ErrorKind::usage, "a '{}' is not decided by several", type);
  return body;
}

std::string proposal_text(Context& context, const ledger::Body& body) {
  if (const auto* claim = std::get_if<ledger::Claim>(&body)) {
    return fmt::format("pay what waits for {} in {} to {}, now and from now on", claim->payee, claim->repository.text(), claim->to.text());
  }
  if (const auto* verdict = std::get_if<ledger::Resolve>(&body)) return verdict_text(context, *verdict);
  std::string text = "change the network's parameters to:";
  for (const auto& row : parameter_rows(std::get<ledger::ParametersChange>(body).parameters)) text += fmt::format("\n  {}: {}", row[0], row[1]);
  return text;
}

int put_forward(Context& context, ledger::Body body) {
  const Decision decision = decision_of(context, body);
  auto given = ledger::open_approvals(decision.typ, decision.agreed, *decision.approvals);
  if (!given) {
    fail_with_hint(ErrorKind::bad_signature, "start again, without approvals", "an approval in the proposal does not hold, or is there twice");
  }
  for (const ledger::Approval& each : *given) {
    if (is_member(decision, each.account)) continue;
    fail(ErrorKind::refused, "'{}' has approved, but is none of the {}", each.account.text(), decision.who);
  }
  approve_if_member(context, decision, *given);
  const auto count = static_cast<int64_t>(given->size());
  if (count >= decision.quorum) {
    const ledger::Applied applied = context.sender().send(body);
    print_applied(context.out, applied);
    context.out.say("{} of {} {} have approved: it is done", count, decision.members.size(), decision.who);
    return 0;
  }
  context.out.document({{"network", context.network().id()}, {"type", type_name(body)}, {"body", body_json(body)}});
  context.out.say("{} of the {} {} that it needs have approved; hand that line to one who has not: ain ledger approve FILE", count,
                  decision.quorum, decision.who);
  return 0;
}

}  // namespace ain::cli
