// The people of the simulation, and what they sign beside their transactions. The model has no signatures: it looks a text up here, and
// learns what its writer meant by it. A text that nobody wrote means nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/keys.h"
#include "ledger/transaction.h"

namespace ain::ledger::sim {

inline constexpr const char* kNetwork = "sim-0000";
inline constexpr const char* kOtherNetwork = "sim-0001";

// Fixed keys: the first kUsers are the first keys of the accounts that act, the others wait to be registered, the last ones only to fill an
// account up.
class Cast {
 public:
  static constexpr size_t kUsers = 8, kKeys = 16, kCrowd = 68;
  enum User { treasury, payer, provider, author, arbiter, stranger, miser, rival };

  Cast();
  const Signer& signer(const PublicKey& key) const { return *by_key_.at(key); }
  const PublicKey& key(size_t i) const { return signers_.at(i)->public_key(); }
  const AccountId& account(size_t i) const { return accounts_.at(i); }  // that this key is the first one of

 private:
  std::vector<std::unique_ptr<Signer>> signers_;
  std::vector<AccountId> accounts_;
  std::map<PublicKey, const Signer*> by_key_;
};

struct Paper {
  enum class Kind { note, voucher, key_proof, verdict, claim, parameters };
  Kind kind = Kind::note;
  PublicKey by;             // who signed
  std::string network = kNetwork;
  AccountId account;        // key proof: who takes the key; approval: in whose name
  Digest escrow{};          // note, voucher
  int64_t run_us = 0, amount = 0;
  bool final = false;
  std::string agreed;       // approval: meaning_of() what it approves
};

// What an approval of it agrees to.
std::string meaning_of(const std::string& network, const Resolve& body);
std::string meaning_of(const std::string& network, const Claim& body);
std::string meaning_of(const std::string& network, const ParametersChange& body);

// A revision of a repository's identity, as the one who wrote the document meant it.
struct Revision {
  RepositoryId repository;
  int64_t number = 0;
  std::string document;
  Digest previous{};                   // hash of the document before; zero in revision 0
  std::vector<AccountId> delegates;
  int64_t threshold = 1;
  std::map<AccountId, std::string> signatures;  // of everybody who could sign
};

class Papers {
 public:
  explicit Papers(const Cast& cast);

  std::string lease_paper(const Paper& paper);  // note or voucher
  std::string key_proof(const PublicKey& key, const AccountId& account, const std::string& network);
  // An approval by `key` in the name of `account`.
  template <typename Body>
  std::string approval(const std::string& network, const Body& body, const AccountId& account, const PublicKey& key);

  // What the text means, or nothing.
  const Paper* read(const std::string& text) const;
  const Revision* read_document(const std::string& document) const;
  // Who signed the document so.
  std::optional<AccountId> signer_of(const std::string& document, const std::string& signature) const;
  const std::vector<std::vector<Revision>>& chains() const { return chains_; }  // by repository, by number
  void forget_if_many();  // between histories: what one wrote is kept for the next, within a bound

 private:
  static constexpr size_t kTextsMax = 100'000;
  template <typename Sign>
  const std::string& write(Paper paper, Sign sign);
  void write_chains();

  const Cast& cast_;
  std::unordered_map<std::string, std::string> written_;  // by content
  std::unordered_map<std::string, Paper> meaning_;        // by text
  std::vector<std::vector<Revision>> chains_;
};

}  // namespace ain::ledger::sim
