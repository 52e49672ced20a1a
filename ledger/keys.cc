// Who may speak for an account. Its first key does, from the start and without a record; others are registered, and a first key that has
// left force has a record that says when. A key is registered once, so what it signs elsewhere (commits) always has one owner: the account
// of its record, else the account that it is the first key of. It can always speak for the latter too, so that money sent there by mistake
// is not lost.
#include "ledger/approval.h"
#include "ledger/rules.h"

namespace ain::ledger {
namespace {

// The key's standing for the account, or nothing when it is not in force there.
std::optional<KeyState> in_force(const Context& at, const PublicKey& key, const AccountId& account) {
  if (account_of(key) == account && at.state.account(account).first_key) {
    return KeyState{.account = account, .scope = {}, .spent = {}, .since_ms = 0, .until_ms = 0};
  }
  auto found = at.state.get<KeyState>(key_key(key));
  if (!found || found->account != account || found->until_ms != 0) return std::nullopt;
  return found;
}

// What a key that is only for runs may send.
bool is_for_runs(const Body& body) {
  return std::holds_alternative<EscrowOpen>(body) || std::holds_alternative<Settle>(body) || std::holds_alternative<Release>(body) ||
         std::holds_alternative<Reap>(body) || std::holds_alternative<Challenge>(body) || std::holds_alternative<AttributionRegister>(body);
}

void revoke(const Context& at, const PublicKey& key, KeyState standing) {
  AccountRow account = at.state.account(standing.account);
  if (standing.scope.everything) --account.full_keys;
  if (account_of(key) == standing.account) account.first_key = false;
  at.state.put(account);
  // A first key that is registered with another account keeps that record: there it stays in force.
  if (account_of(key) == standing.account && at.state.get<KeyState>(key_key(key))) return;
  standing.until_ms = std::max<int64_t>(at.block.time_ms, 1);
  at.state.put(key_key(key), standing);
}

Outcome add(const Context& at, const PublicKey& key, const std::string& proof, const KeyScope& scope) {
  if (!is_safe_key(key)) return refuse(Refusal::unsafe_key);
  if (!holds_key_proof(proof, at.rules.network, at.tx.account, key)) {
    return refuse(Refusal::bad_proof, "the new key's holder has not signed for this account");
  }
  const AccountId own = account_of(key);
  if (own == at.tx.account || at.state.get<KeyState>(key_key(key)) || at.state.account(own).nonce > 0) return refuse(Refusal::key_in_use);
  AccountRow account = at.state.account(at.tx.account);
  if (scope.everything) {
    if (account.full_keys >= kKeysPerAccountMax) return refuse(Refusal::too_many, "the account has as many keys as it may");
    ++account.full_keys;
    at.state.put(account);
  }
  at.state.put(key_key(key), KeyState{.account = at.tx.account, .scope = scope, .spent = {}, .since_ms = at.block.time_ms, .until_ms = 0});
  return {};
}

// The key's record when it counts what the key spends of `account`. A key for runs of one account is another's first key, and there it
// spends without a limit.
std::optional<KeyState> limited(const Context& at, const PublicKey& key, const AccountId& account) {
  auto standing = at.state.get<KeyState>(key_key(key));
  if (!standing || standing->account != account || standing->scope.everything) return std::nullopt;
  return standing;
}

}  // namespace

bool speaks_fully(const Context& at, const PublicKey& key, const AccountId& account) {
  const auto standing = in_force(at, key, account);
  return standing && standing->scope.everything;
}

Outcome check_key(const Context& at) {
  const auto standing = in_force(at, at.tx.key, at.tx.account);
  if (!standing) return refuse(Refusal::wrong_key);
  // A key is judged once, when its account first speaks; it cannot change afterwards. A registered one was judged then.
  if (at.state.account(at.tx.account).nonce == 0 && !is_safe_key(at.tx.key)) return refuse(Refusal::unsafe_key);
  if (standing->scope.everything) return {};
  for (const Body& body : at.tx.bodies) {
    if (!is_for_runs(body)) return refuse(Refusal::scope, fmt::format("the key is for runs only, not for '{}'", type_name(body)));
  }
  return {};
}

bool spend(const Context& at, Amount amount) {
  auto standing = limited(at, at.tx.key, at.tx.account);
  if (!standing) return true;
  standing->spent += amount;
  if (standing->spent > standing->scope.spend_max) return false;
  at.state.put(key_key(at.tx.key), *standing);
  return true;
}

void unspend(const Context& at, const PublicKey& key, const AccountId& account, Amount amount) {
  auto standing = limited(at, key, account);
  if (!standing) return;
  standing->spent -= amount;
  AIN_ASSERT(standing->spent >= Amount());
  at.state.put(key_key(key), *standing);
}

Outcome run(const Context& at, const KeyRegister& body) { return add(at, body.key, body.proof, body.scope); }

// Of a batch an earlier item may have taken the key out of force. The old key leaves first, so that an account with as many keys as it may
// have can still change one.
Outcome run(const Context& at, const KeyRotate& body) {
  const auto standing = in_force(at, at.tx.key, at.tx.account);
  if (!standing) return refuse(Refusal::unknown_key);
  revoke(at, at.tx.key, *standing);
  return add(at, body.key, body.proof, KeyScope{});
}

Outcome run(const Context& at, const KeyRevoke& body) {
  const auto standing = in_force(at, body.key, at.tx.account);
  if (!standing) return refuse(Refusal::unknown_key);
  if (standing->scope.everything && at.state.account(at.tx.account).full_keys == 1) return refuse(Refusal::last_key);
  revoke(at, body.key, *standing);
  return {};
}

}  // namespace ain::ledger
