#include "tests/sim/ledger/checks.h"

#include <algorithm>

#include "base/encoding.h"

namespace ain::ledger::sim {
namespace {

// Says "WHAT: the machine has A, the model B" when they differ.
template <typename A, typename B>
std::string differ(std::string_view what, const A& machine, const B& model) {
  if (machine == model) return {};
  return fmt::format("{}: the machine has {}, the model {}", what, machine, model);
}

// The first of several that says something.
template <typename... Says>
std::string first(const Says&... says) {
  std::string found;
  const auto look = [&](const auto& say) { if (found.empty()) found = say(); };
  (look(says), ...);
  return found;
}

std::string in_words(const std::string& holder) {
  const auto known = Holder::from_bytes(holder);
  return known ? known->text() : "an unknown holder";
}

}  // namespace

std::string Checks::moved(State& state, const Transaction& tx, const Model& model) const {
  int64_t sum = 0;
  for (const Movement& movement : state.movements(tx.account)) {
    sum += movement.delta;
    const std::string holder = movement.holder.bytes();
    if (movement.delta != 0 && !model.world.money.contains(holder)) return in_words(holder) + " got money, which the model knows nothing of";
  }
  return sum == 0 ? std::string() : fmt::format("the transaction moved {} µAIN in sum", sum);
}

std::string Checks::money(State& state, const Model& model) const {
  int64_t sum = 0;
  for (const auto& [bytes, expected] : model.world.money) {
    const Holder holder{static_cast<Holder::Kind>(bytes[0]), bytes.substr(1)};
    const int64_t held = state.balance(holder).micro();
    if (held != expected) return differ(in_words(bytes), held, expected);
    if (held < 0) return in_words(bytes) + " holds less than nothing";
    sum += held;
  }
  return sum == supply_ ? std::string() : fmt::format("all money is {} µAIN, minted were {}", sum, supply_);
}

std::string Checks::account(State& state, const AccountId& account, const Model& model) const {
  const AccountRow row = state.account(account);
  const auto found = model.world.accounts.find(account);
  const ModelAccount expected = found == model.world.accounts.end() ? ModelAccount() : found->second;
  return first([&] { return differ("nonce", row.nonce, expected.nonce); },
               [&] { return differ("faucet taken", row.faucet_taken, expected.faucet); },
               [&] { return differ("first key in force", row.first_key, expected.first_key); },
               [&] { return differ("full keys", row.full_keys, model.full_keys(account)); });
}

std::string Checks::escrow(State& state, const Digest& id, const Model& model) {
  const auto row = state.get<EscrowState>(escrow_key(id));
  const auto found = model.world.escrows.find(id);
  if (!row || found == model.world.escrows.end()) return differ("an escrow is there", row.has_value(), found != model.world.escrows.end());
  const ModelEscrow& expected = found->second;
  int64_t authors = 0;
  for (const Payout& payout : row->paid_authors) authors += payout.amount.micro();
  const int64_t left = row->terms.deposit.micro() - row->paid_provider.micro() - authors - row->fee.micro() - row->refunded.micro();
  return first([&] { return differ("phase", static_cast<int>(row->phase), static_cast<int>(expected.phase)); },
               [&] { return differ("deadline", row->deadline_ms, expected.live() ? expected.deadline : 0); },
               [&] { return differ("best", row->best_us, expected.best); },
               [&] { return differ("refunded", row->refunded.micro(), expected.refunded); },
               [&] { return differ("paid to authors", authors, expected.royalties); },
               [&] { return differ("paid to the provider", row->paid_provider.micro(), expected.compute); },
               [&] { return differ("fee", row->fee.micro(), expected.fee); },
               [&] { return differ("slashed", row->slashed.micro(), expected.slashed); },
               [&] { return differ("deposit - paid - refunded", state.balance(Holder::escrow(id)).micro(), left); },
               [&] { return expected.live() ? std::string() : differ("left in a closed escrow", left, 0); },
               [&] { return row->slashed <= row->terms.bond ? std::string() : "more was slashed than the bond"; },
               [&] { return expected.live() ? std::string() : payment(*row, expected); },
               [&] { return row->paid_authors.empty() ? std::string() : split(*row, model.world.attributions.at(row->terms.attribution)); });
}

// Paid is at most what the voucher and the deposit allow, less for a lower voucher, and an escrow closes once.
std::string Checks::payment(const EscrowState& row, const ModelEscrow& expected) {
  const auto [once, is_new] = closed_.emplace(row.id, row.closed_by);
  if (once->second != row.closed_by || expected.closings != 1) return "an escrow closed twice";
  if (row.phase == EscrowPhase::refunded) return row.refunded == row.terms.deposit ? std::string() : "a refund is not the deposit";
  if (row.paid_provider.micro() > expected.voucher_max) return "more was paid than the payer has ever signed";
  if (!is_new) return {};
  const Cost paid = cost_of(row.lease_terms(), row.run_us);
  if (paid.total() > row.terms.deposit) return "more was paid than the deposit";
  const Cost less = cost_of(row.lease_terms(), row.run_us / 2);
  const bool rises = less.compute <= paid.compute && less.royalty <= paid.royalty && less.fee <= paid.fee;
  return rises ? std::string() : "a lower voucher pays more";
}

// The parts sum to the royalty, and the order of the payees changes none of them.
std::string Checks::split(const EscrowState& row, const Attribution& attribution) {
  std::vector<Payee> payees = attribution.payees;
  if (attribution.pool) payees.push_back({"pool", attribution.pool->weight});
  const int64_t royalty = cost_of(row.lease_terms(), row.run_us).royalty.micro();
  const auto by_id = [&] {
    std::map<std::string, int64_t> shares;
    const std::vector<int64_t> amounts = split_by_weight(royalty, payees);
    for (size_t i = 0; i < amounts.size(); ++i) if (amounts[i] != 0) shares[payees[i].id] = amounts[i];
    return shares;
  };
  std::map<std::string, int64_t> paid;
  int64_t sum = 0;
  for (const Payout& payout : row.paid_authors) {
    paid[payout.payee] = payout.amount.micro();
    sum += payout.amount.micro();
  }
  std::shuffle(payees.begin(), payees.end(), shuffling_);
  if (by_id() != paid) return "a split depends on the order of the payees";
  return sum == royalty ? std::string() : fmt::format("the parts sum to {}, the royalty is {}", sum, royalty);
}

std::string Checks::records(State& state, const Model& model) {
  const World& world = model.world;
  std::string says;
  for (const auto& [id, row] : world.accounts) {
    const auto bond = state.get<BondState>(bond_key(id)).value_or(BondState{});
    Amount leaving;
    for (const Unbonding& part : bond.unbonding) leaving += part.amount;
    says = first([&] { return account(state, id, model); }, [&] { return differ("locked of a bond", bond.locked.micro(), model.locked(id)); },
                 [&] { return differ("leaving of a bond", leaving.micro(), model.leaving(id)); },
                 [&] {
                   const auto mine = std::count_if(world.offers.begin(), world.offers.end(), [&](const auto& o) { return o.first.first == id; });
                   return differ("offers", static_cast<int64_t>(state.offers_of(id).size()), mine);
                 });
    if (!says.empty()) return says;
  }
  for (const auto& [id, expected] : world.escrows) {
    if (says = escrow(state, id, model); !says.empty()) return says;
  }
  for (const auto& [key, expected] : world.keys) {
    const auto row = state.get<KeyState>(key_key(key));
    if (!row) return "a key's record is not there";
    says = first([&] { return differ("account of a key", row->account.text(), expected.account.text()); },
                 [&] { return differ("a key may do everything", row->scope.everything, expected.full); },
                 [&] { return differ("spent by a key", row->spent.micro(), expected.spent); },
                 [&] { return differ("end of a key", row->until_ms, expected.until); });
    if (!says.empty()) return says;
  }
  for (const auto& [digest, expected] : world.attributions) {
    const auto row = state.get<AttributionState>(attribution_key(digest));
    if (!row || row->attribution.digest() != digest) return "an attribution is not there";
    const auto pooled = world.pooled.find(digest);
    const Amount received = state.get<PoolState>(pool_key(digest)).value_or(PoolState{}).received;
    if (says = differ("received by a pool", received.micro(), pooled == world.pooled.end() ? 0 : pooled->second); !says.empty()) return says;
  }
  for (const auto& [of, expected] : world.drawn) {
    const Amount drawn = state.get<DrawState>(draw_key(of.first, of.second)).value_or(DrawState{}).drawn;
    if (says = differ("drawn from a pool", drawn.micro(), expected); !says.empty()) return says;
  }
  for (const auto& [id, expected] : world.repositories) {
    const auto row = state.get<RepositoryState>(repository_key(id));
    if (!row || row->document != expected.document) return "a repository's newest document is another";
    says = first([&] { return differ("revision", row->revision, expected.revision); },
                 [&] { return differ("anchors", row->anchors, expected.anchors); },
                 [&] { return differ("threshold", row->threshold, expected.threshold); });
    if (!says.empty()) return says;
  }
  for (const auto& [of, expected] : world.fingerprints) {
    const auto row = state.get<FingerprintState>(fingerprint_key(of.first, of.second));
    if (!row || row->registered.root != expected.root || row->registered.count != expected.count) return "a commit's fingerprints are others";
  }
  for (const auto& [of, expected] : world.published) {
    const auto row = state.get<PublishedState>(std::apply(published_key, of));
    if (!row || row->leaf != expected.hash) return "a published leaf is another";
    says = first([&] { return differ("who published a leaf", row->publisher.text(), expected.publisher.text()); },
                 [&] { return differ("when a leaf was published", row->published_ms, expected.when); });
    if (!says.empty()) return says;
  }
  for (const auto& [of, expected] : world.claims) {
    const auto row = state.get<ClaimState>(claim_key(of.first, of.second));
    if (!row || row->to != expected.to || row->sequence != expected.sequence) return "a claim is another";
  }
  const auto parameters = state.get<ParametersState>(kParametersKey);
  if (parameters && parameters->parameters != world.parameters) return "the parameters are others";
  return differ("parameters' number", parameters ? parameters->sequence : 0, world.parameters_sequence);
}

}  // namespace ain::ledger::sim
