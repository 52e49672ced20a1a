// The ledger as its rules read, and no cleverer: plain maps, int64, everything recomputed where it can be. It shares nothing with the
// machine but the structs of the transactions and the numbers of the refusals.
//
// Which of several broken rules a refusal names is incidental: that is the order of the machine's checks. So the model says *every* rule
// that a transaction breaks, and the machine must name one of these. Of a batch it is the first item that breaks any; what every
// transaction needs (network, time, key, nonce) is judged before its bodies.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "ledger/refusal.h"
#include "ledger/transaction.h"
#include "tests/sim/ledger/papers.h"

namespace ain::ledger::sim {

struct Setup {
  AccountId treasury;
  int64_t supply = 0, faucet = 0;
  Parameters parameters;
};

class Broken {
 public:
  Broken() = default;
  Broken(Refusal rule) { need(false, rule); }
  void need(bool holds, Refusal rule) { if (!holds) rules_ |= uint64_t{1} << static_cast<int>(rule); }
  Broken& operator|=(Broken other) { rules_ |= other.rules_; return *this; }
  bool any() const { return rules_ != 0; }
  bool has(Refusal rule) const { return rules_ >> static_cast<int>(rule) & 1; }
  std::string text() const;  // "none", or their names

 private:
  uint64_t rules_ = 0;
};

enum class Phase { open, leased, closing, disputed, closed, refunded };

struct ModelEscrow {
  AccountId payer, named, provider;   // provider: who accepted
  PublicKey payer_key, provider_key;
  EscrowOpen terms;
  Royalty royalty;
  int64_t fee_ppm = 0;
  Phase phase = Phase::open;
  int64_t deadline = 0, best = -1;
  int64_t paid_us = 0, compute = 0, royalties = 0, fee = 0, refunded = 0, slashed = 0;
  int64_t voucher_max = -1;           // the highest amount that the payer's word was shown for
  int closings = 0;

  bool live() const { return phase != Phase::closed && phase != Phase::refunded; }
};

struct ModelKey {
  AccountId account;
  bool full = true;
  int64_t limit = 0, spent = 0, until = 0;
};

struct ModelAccount {
  int64_t nonce = 0;
  bool faucet = false, first_key = true;
};

struct ModelRepository {
  int64_t revision = 0;
  Digest document{};
  std::vector<AccountId> delegates;
  int64_t threshold = 1, anchors = 0;
};

struct ModelLeaf {
  Digest hash{};
  AccountId publisher;
  int64_t when = 0;
};

struct ModelClaim {
  AccountId to;
  int64_t sequence = 0;
};

// Who holds money: a letter for the kind, then its id: account, escrow, bond, unclaimed (repository, then payee), pool.
std::string of_account(const AccountId& account);
std::string of_bond(const AccountId& account);
std::string of_escrow(const Digest& id);
std::string of_pool(const Digest& attribution);
std::string of_unclaimed(const RepositoryId& repository, const std::string& payee);

struct World {
  std::map<std::string, int64_t> money;
  std::map<AccountId, ModelAccount> accounts;
  std::map<PublicKey, ModelKey> keys;
  std::map<AccountId, std::vector<std::pair<int64_t, int64_t>>> unbonding;   // amount, when due
  std::map<std::pair<AccountId, NodeId>, int64_t> offers;                    // until when
  std::map<Digest, Attribution> attributions;
  std::map<Digest, ModelEscrow> escrows;
  std::map<Digest, int64_t> pooled;                                          // received in all
  std::map<std::pair<Digest, std::string>, int64_t> drawn;
  std::map<RepositoryId, ModelRepository> repositories;
  std::map<std::pair<RepositoryId, std::string>, FingerprintRegister> fingerprints;  // by commit
  std::map<std::tuple<RepositoryId, std::string, int64_t>, ModelLeaf> published;     // of these, by place
  std::map<std::pair<RepositoryId, std::string>, ModelClaim> claims;
  Parameters parameters;
  int64_t parameters_sequence = 0;
};

// Who is in the pool of which root, in order; known to those who made it.
using Pools = std::map<Digest, std::vector<Payee>>;

class Model {
 public:
  Model(const Setup& setup, const Papers& papers, const Pools& pools);

  // Does what the transaction asks for, unless it breaks a rule.
  Broken apply(const Transaction& tx, int64_t now);

  World world;

  int64_t money(const std::string& holder) const;
  bool in_force(const PublicKey& key, const AccountId& account) const;
  bool speaks_fully(const PublicKey& key, const AccountId& account) const;
  int64_t full_keys(const AccountId& account) const;
  int64_t locked(const AccountId& account) const;
  int64_t leaving(const AccountId& account) const;
  int64_t free_bond(const AccountId& account) const { return money(of_bond(account)) - locked(account) - leaving(account); }
  bool offers_at(const AccountId& account, int64_t now) const;

  // What so long a run costs, by the terms; wide enough for any.
  struct Cost {
    Int128 compute = 0, royalty = 0, fee = 0;
    Int128 total() const { return compute + royalty + fee; }
  };
  static Cost cost(const EscrowOpen& terms, const Royalty& royalty, int64_t fee_ppm, int64_t run_us);

 private:
  Broken admit() const;
  int64_t nonce(const AccountId& account) const;
  bool pay(const std::string& from, const std::string& to, int64_t amount);  // false: there is less

  Broken run(const Faucet& body);
  Broken run(const Transfer& body);
  Broken run(const KeyRegister& body);
  Broken run(const KeyRotate& body);
  Broken run(const KeyRevoke& body);
  Broken run(const BondDeposit& body);
  Broken run(const BondUnbond& body);
  Broken run(const BondWithdraw& body);
  Broken run(const Offer& body);
  Broken run(const OfferWithdraw& body);
  Broken run(const AttributionRegister& body);
  Broken run(const PoolDraw& body);
  Broken run(const RepositoryRegister& body);
  Broken run(const Anchor& body);
  Broken run(const FingerprintRegister& body);
  Broken run(const FingerprintPublish& body);
  Broken run(const Claim& body);
  Broken run(const EscrowOpen& body);
  Broken run(const LeaseAccept& body);
  Broken run(const Settle& body);
  Broken run(const Challenge& body);
  Broken run(const Resolve& body);
  Broken run(const Release& body);
  Broken run(const Reap& body);
  Broken run(const ParametersChange& body);

  Broken new_key(const PublicKey& key, const std::string& proof, bool full) const;
  void leave_force(const PublicKey& key);
  Broken speaks_for(const RepositoryId& id) const;
  template <typename Body>
  bool quorum_for(Paper::Kind kind, const Body& body, const std::vector<AccountId>& members, int64_t quorum) const;
  std::string place_of(const std::string& payee, const std::string& repository) const;
  struct Asked {
    int64_t run_us = 0;
    int64_t signed_us = 0;  // the voucher's
    bool final = false;     // and whether it is the payer's last word
  };
  std::optional<Asked> asked(ModelEscrow& escrow, const Digest& id, const std::string& voucher, const std::string& note) const;
  void end_lease(const Digest& id, bool agreed);
  void close(const Digest& id, int64_t run_us, int64_t slash);
  void refund(const Digest& id);
  void give_back(const Digest& id, Phase phase);
  int64_t pay_authors(const std::string& from, const Attribution& attribution, int64_t royalty);

  const Setup setup_;
  const Papers& papers_;
  const Pools& pools_;
  // Of the transaction at hand.
  const Transaction* tx_ = nullptr;
  int64_t now_ = 0;
  size_t item_ = 0;
};

}  // namespace ain::ledger::sim
