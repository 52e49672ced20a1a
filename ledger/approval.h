// One signature of several that a transaction needs beside its sender's. Each is a JWS whose `typ` is the domain and whose payload says
// exactly what is agreed to, so that it is worth nothing for anything else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/keys.h"
#include "ledger/transaction.h"

namespace ain::ledger {

inline constexpr std::string_view kKeyProofType = "ain-key", kVerdictType = "ain-verdict", kClaimType = "ain-claim",
                                  kParametersType = "ain-parameters";

// What each of them agrees to; the approvals themselves are left out.
Json agreed(const std::string& network, const Resolve& verdict);
Json agreed(const std::string& network, const Claim& claim);
Json agreed(const std::string& network, const ParametersChange& change);

// By an arbiter, a delegate or a governor, in the name of `account`.
std::string sign_approval(std::string_view typ, const Json& agreed, const AccountId& account, const Signer& signer);

struct Approval {
  AccountId account;
  PublicKey key;
};
// The approvals that say `agreed` and hold, each account once; nothing when one of them does not hold, or one account signs twice. Whether
// the key is the account's is for the caller to ask.
std::optional<std::vector<Approval>> open_approvals(std::string_view typ, const Json& agreed, const std::vector<std::string>& approvals);

// Shows that whoever holds the key lets it become `account`'s.
std::string sign_key_proof(const std::string& network, const AccountId& account, const Signer& key);
bool holds_key_proof(std::string_view proof, const std::string& network, const AccountId& account, const PublicKey& key);

}  // namespace ain::ledger
