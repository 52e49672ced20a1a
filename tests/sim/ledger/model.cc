// What holds for every transaction; keys, money, bonds, offers, parameters.
#include "tests/sim/ledger/model.h"

#include <algorithm>

#include "base/hash.h"

namespace ain::ledger::sim {
namespace {

constexpr int64_t kDay = 86'400'000;

bool for_runs(const Body& body) {
  const std::string_view type = type_name(body);
  for (std::string_view allowed : {"escrow_open", "settle", "release", "reap", "challenge", "attribution_register"}) {
    if (type == allowed) return true;
  }
  return false;
}

}  // namespace

std::string Broken::text() const {
  std::string text;
  for (size_t code = 0; code < kRefusalCount; ++code) {
    const auto rule = *refusal_from_code(static_cast<int64_t>(code));
    if (has(rule)) text += fmt::format("{}{}", text.empty() ? "" : " or ", refusal_name(rule));
  }
  return text.empty() ? "none" : text;
}

std::string of_account(const AccountId& account) { return fmt::format("a{}", as_view(account.bytes)); }
std::string of_bond(const AccountId& account) { return fmt::format("b{}", as_view(account.bytes)); }
std::string of_escrow(const Digest& id) { return fmt::format("e{}", as_view(id)); }
std::string of_pool(const Digest& attribution) { return fmt::format("p{}", as_view(attribution)); }
std::string of_unclaimed(const RepositoryId& repository, const std::string& payee) {
  return fmt::format("u{}{}", as_view(repository.bytes), payee);
}

Model::Model(const Setup& setup, const Papers& papers, const Pools& pools) : setup_(setup), papers_(papers), pools_(pools) {
  world.money[of_account(setup.treasury)] = setup.supply;
  world.parameters = setup.parameters;
}

Broken Model::apply(const Transaction& tx, int64_t now) {
  tx_ = &tx;
  now_ = now;
  if (Broken broken = admit(); broken.any()) return broken;
  // One body changes nothing before it has passed every check, so only a batch may have to be undone.
  std::optional<World> before;
  if (tx.batch) before = world;
  for (item_ = 0; item_ < tx.bodies.size(); ++item_) {
    // Within the transaction its own nonce counts already.
    ModelAccount& sender = world.accounts[tx.account];
    const int64_t last = sender.nonce;
    sender.nonce = tx.nonce;
    Broken broken = std::visit([&](const auto& body) { return run(body); }, tx.bodies[item_]);
    if (!broken.any()) continue;
    if (before) world = *before;
    else world.accounts[tx.account].nonce = last;
    return broken;
  }
  return {};
}

int64_t Model::nonce(const AccountId& account) const {
  const auto found = world.accounts.find(account);
  return found == world.accounts.end() ? 0 : found->second.nonce;
}

Broken Model::admit() const {
  Broken broken;
  broken.need(tx_->network == kNetwork, Refusal::wrong_network);
  broken.need(tx_->valid_until_ms >= now_ && tx_->valid_until_ms <= now_ + kDay, Refusal::expired);
  broken.need(in_force(tx_->key, tx_->account), Refusal::wrong_key);
  broken.need(nonce(tx_->account) > 0 || is_safe_key(tx_->key), Refusal::unsafe_key);
  broken.need(tx_->nonce == nonce(tx_->account) + 1, Refusal::bad_nonce);
  if (!speaks_fully(tx_->key, tx_->account)) {
    for (const Body& body : tx_->bodies) broken.need(for_runs(body), Refusal::scope);
  }
  return broken;
}

// ---- keys

bool Model::in_force(const PublicKey& key, const AccountId& account) const {
  const auto row = world.accounts.find(account);
  if (account_of(key) == account && (row == world.accounts.end() || row->second.first_key)) return true;
  const auto found = world.keys.find(key);
  return found != world.keys.end() && found->second.account == account && found->second.until == 0;
}

bool Model::speaks_fully(const PublicKey& key, const AccountId& account) const {
  if (!in_force(key, account)) return false;
  const auto row = world.accounts.find(account);
  const bool first = account_of(key) == account && (row == world.accounts.end() || row->second.first_key);
  return first || world.keys.at(key).full;
}

int64_t Model::full_keys(const AccountId& account) const {
  const auto row = world.accounts.find(account);
  int64_t count = row == world.accounts.end() || row->second.first_key ? 1 : 0;
  for (const auto& [key, standing] : world.keys) {
    if (standing.account == account && standing.full && standing.until == 0) ++count;
  }
  return count;
}

Broken Model::new_key(const PublicKey& key, const std::string& proof, bool full) const {
  Broken broken;
  const Paper* paper = papers_.read(proof);
  const bool agrees = paper && paper->kind == Paper::Kind::key_proof && paper->by == key && paper->account == tx_->account &&
                      paper->network == kNetwork;
  broken.need(is_safe_key(key), Refusal::unsafe_key);
  broken.need(agrees, Refusal::bad_proof);
  const AccountId own = account_of(key);
  broken.need(own != tx_->account && !world.keys.contains(key) && nonce(own) == 0, Refusal::key_in_use);
  broken.need(!full || full_keys(tx_->account) < 64, Refusal::too_many);
  return broken;
}

void Model::leave_force(const PublicKey& key) {
  const bool first = account_of(key) == tx_->account && world.accounts[tx_->account].first_key;
  if (first) world.accounts[tx_->account].first_key = false;
  // A first key that is registered elsewhere goes on speaking there.
  if (first && world.keys.contains(key)) return;
  ModelKey& standing = world.keys[key];
  standing.account = tx_->account;
  standing.until = now_;
}

Broken Model::run(const KeyRegister& body) {
  if (Broken broken = new_key(body.key, body.proof, body.scope.everything); broken.any()) return broken;
  world.keys[body.key] = {tx_->account, body.scope.everything, body.scope.spend_max.micro(), 0, 0};
  return {};
}

Broken Model::run(const KeyRotate& body) {
  Broken broken = new_key(body.key, body.proof, false);  // one comes and one goes: no account has too many by that
  broken.need(in_force(tx_->key, tx_->account), Refusal::unknown_key);  // an item before this one may have revoked it
  if (broken.any()) return broken;
  world.keys[body.key] = {tx_->account, true, 0, 0, 0};
  leave_force(tx_->key);
  return {};
}

Broken Model::run(const KeyRevoke& body) {
  if (!in_force(body.key, tx_->account)) return Refusal::unknown_key;
  if (speaks_fully(body.key, tx_->account) && full_keys(tx_->account) == 1) return Refusal::last_key;
  leave_force(body.key);
  return {};
}

// ---- money

int64_t Model::money(const std::string& holder) const {
  const auto found = world.money.find(holder);
  return found == world.money.end() ? 0 : found->second;
}

bool Model::pay(const std::string& from, const std::string& to, int64_t amount) {
  if (money(from) < amount) return false;
  world.money[from] -= amount;
  world.money[to] += amount;
  return true;
}

Broken Model::run(const Faucet&) {
  Broken broken;
  broken.need(setup_.faucet > 0, Refusal::no_faucet);
  broken.need(tx_->account != setup_.treasury, Refusal::self_payment);
  broken.need(!world.accounts[tx_->account].faucet, Refusal::faucet_taken);
  broken.need(money(of_account(setup_.treasury)) >= setup_.faucet, Refusal::insufficient_funds);
  if (broken.any()) return broken;
  pay(of_account(setup_.treasury), of_account(tx_->account), setup_.faucet);
  world.accounts[tx_->account].faucet = true;
  return {};
}

Broken Model::run(const Transfer& body) {
  Broken broken;
  broken.need(body.to != tx_->account, Refusal::self_payment);
  broken.need(body.amount.micro() > 0, Refusal::bad_amount);
  broken.need(money(of_account(tx_->account)) >= body.amount.micro(), Refusal::insufficient_funds);
  if (!broken.any()) pay(of_account(tx_->account), of_account(body.to), body.amount.micro());
  return broken;
}

// ---- bonds

int64_t Model::locked(const AccountId& account) const {
  int64_t sum = 0;
  for (const auto& [id, escrow] : world.escrows) {
    if (escrow.live() && escrow.phase != Phase::open && escrow.provider == account) sum += escrow.terms.bond.micro();
  }
  return sum;
}

int64_t Model::leaving(const AccountId& account) const {
  int64_t sum = 0;
  const auto found = world.unbonding.find(account);
  if (found == world.unbonding.end()) return 0;
  for (const auto& [amount, due] : found->second) sum += amount;
  return sum;
}

bool Model::offers_at(const AccountId& account, int64_t now) const {
  for (const auto& [of, until] : world.offers) {
    if (of.first == account && until > now) return true;
  }
  return false;
}

Broken Model::run(const BondDeposit& body) {
  Broken broken;
  broken.need(body.amount.micro() > 0, Refusal::bad_amount);
  broken.need(money(of_account(tx_->account)) >= body.amount.micro(), Refusal::insufficient_funds);
  if (!broken.any()) pay(of_account(tx_->account), of_bond(tx_->account), body.amount.micro());
  return broken;
}

Broken Model::run(const BondUnbond& body) {
  const int64_t amount = body.amount.micro(), stays = money(of_bond(tx_->account)) - leaving(tx_->account) - amount;
  Broken broken;
  broken.need(amount > 0, Refusal::bad_amount);
  broken.need(amount <= free_bond(tx_->account), Refusal::bond_needed);
  broken.need(stays >= world.parameters.bond_min.micro() || !offers_at(tx_->account, now_), Refusal::bond_needed);
  broken.need(world.unbonding[tx_->account].size() < 16, Refusal::too_many);
  if (!broken.any()) world.unbonding[tx_->account].push_back({amount, now_ + world.parameters.unbond_within_ms});
  return broken;
}

Broken Model::run(const BondWithdraw&) {
  int64_t due = 0;
  std::vector<std::pair<int64_t, int64_t>> later;
  for (const auto& part : world.unbonding[tx_->account]) {
    if (part.second <= now_) due += part.first;
    else later.push_back(part);
  }
  if (due == 0) return Refusal::nothing_due;
  world.unbonding[tx_->account] = later;
  pay(of_bond(tx_->account), of_account(tx_->account), due);
  return {};
}

Broken Model::run(const Offer& body) {
  Broken broken;
  broken.need(money(of_bond(tx_->account)) - leaving(tx_->account) >= world.parameters.bond_min.micro(), Refusal::bond_needed);
  const auto others = std::count_if(world.offers.begin(), world.offers.end(), [&](const auto& offer) {
    return offer.first.first == tx_->account && offer.first.second != body.node && offer.second > now_;
  });
  broken.need(others < 256, Refusal::too_many);
  if (broken.any()) return broken;
  std::erase_if(world.offers, [&](const auto& offer) { return offer.first.first == tx_->account && offer.second <= now_; });
  world.offers[{tx_->account, body.node}] = now_ + body.valid_for_ms;
  return {};
}

Broken Model::run(const OfferWithdraw& body) {
  return world.offers.erase({tx_->account, body.node}) == 1 ? Broken() : Broken(Refusal::unknown_offer);
}

// ---- councils

template <typename Body>
bool Model::quorum_for(Paper::Kind kind, const Body& body, const std::vector<AccountId>& members, int64_t quorum) const {
  std::set<AccountId> who;
  for (const std::string& text : body.approvals) {
    const Paper* paper = papers_.read(text);
    if (!paper || paper->kind != kind || paper->agreed != meaning_of(kNetwork, body)) return false;
    if (std::count(members.begin(), members.end(), paper->account) == 0 || !speaks_fully(paper->by, paper->account)) return false;
    if (!who.insert(paper->account).second) return false;
  }
  return quorum > 0 && static_cast<int64_t>(who.size()) >= quorum;
}
template bool Model::quorum_for(Paper::Kind, const Resolve&, const std::vector<AccountId>&, int64_t) const;
template bool Model::quorum_for(Paper::Kind, const Claim&, const std::vector<AccountId>&, int64_t) const;

Broken Model::run(const ParametersChange& body) {
  const Parameters& next = body.parameters;
  const auto holds = [](const Council& council) {
    const std::set<AccountId> members(council.members.begin(), council.members.end());
    const bool in_order = std::vector<AccountId>(members.begin(), members.end()) == council.members;
    const auto count = static_cast<int64_t>(members.size());
    return in_order && (count == 0 ? council.quorum == 0 : council.quorum >= 1 && council.quorum <= count);
  };
  Broken broken;
  broken.need(body.sequence == world.parameters_sequence + 1, Refusal::bad_sequence);
  broken.need(next.fee_ppm <= 200'000 && next.unbond_within_ms >= 7 * kDay && holds(next.governors) && holds(next.arbiters),
              Refusal::bad_parameters);
  const Council& governors = world.parameters.governors;
  broken.need(quorum_for(Paper::Kind::parameters, body, governors.members, governors.quorum), Refusal::no_quorum);
  if (broken.any()) return broken;
  world.parameters = next;
  world.parameters_sequence = body.sequence;
  return {};
}

}  // namespace ain::ledger::sim
