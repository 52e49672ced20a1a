// One function a transaction type, by subject: what it needs, and what it does to the state. Internal to the ledger.
#pragma once

#include "ledger/machine.h"

namespace ain::ledger {

// keys.cc: who may speak for an account
Outcome check_key(const Context& at);        // the transaction's key is in force for its account and may do what the bodies ask for
// False when the transaction's key is for runs and the sum would pass its limit. A refund takes off what was spent.
bool spend(const Context& at, Amount amount);
void unspend(const Context& at, const PublicKey& key, const AccountId& account, Amount amount);
Outcome run(const Context& at, const KeyRegister& body);
Outcome run(const Context& at, const KeyRotate& body);
Outcome run(const Context& at, const KeyRevoke& body);

// money.cc: transfers, bonds, offers
Outcome run(const Context& at, const Faucet& body);
Outcome run(const Context& at, const Transfer& body);
Outcome run(const Context& at, const BondDeposit& body);
Outcome run(const Context& at, const BondUnbond& body);
Outcome run(const Context& at, const BondWithdraw& body);
Outcome run(const Context& at, const Offer& body);
Outcome run(const Context& at, const OfferWithdraw& body);
Amount free_bond(const Context& at, const AccountId& account);  // neither locked nor on its way out
void lock_bond(const Context& at, const AccountId& account, Amount amount);
void unlock_bond(const Context& at, const AccountId& account, Amount amount);

// repositories.cc: who a repository belongs to, what its code is worth to whom
Outcome run(const Context& at, const RepositoryRegister& body);
Outcome run(const Context& at, const Anchor& body);
Outcome run(const Context& at, const FingerprintRegister& body);
Outcome run(const Context& at, const FingerprintPublish& body);
Outcome run(const Context& at, const AttributionRegister& body);
Outcome run(const Context& at, const Claim& body);
Outcome run(const Context& at, const PoolDraw& body);
// Pays `royalty` out of `from` by the attribution's weights, and says to whom; nothing without payees.
std::vector<Payout> pay_authors(const Context& at, const Holder& from, const Attribution& attribution, Amount royalty);

// escrow.cc: the life of an escrow
Outcome run(const Context& at, const EscrowOpen& body);
Outcome run(const Context& at, const LeaseAccept& body);
Outcome run(const Context& at, const Settle& body);
Outcome run(const Context& at, const Challenge& body);
Outcome run(const Context& at, const Resolve& body);
Outcome run(const Context& at, const Release& body);
Outcome run(const Context& at, const Reap& body);

// council.cc: what needs several signatures
Outcome run(const Context& at, const ParametersChange& body);
// Nothing when at least `quorum` of `members` have signed `agreed`, each by a key in force that may do everything.
std::optional<Outcome> missing_quorum(const Context& at, std::string_view typ, const Json& agreed, const std::vector<std::string>& approvals,
                                      const std::vector<AccountId>& members, int64_t quorum);
// The key is in force for the account and may do everything.
bool speaks_fully(const Context& at, const PublicKey& key, const AccountId& account);

}  // namespace ain::ledger
