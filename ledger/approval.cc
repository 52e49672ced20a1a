#include "ledger/approval.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/body.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

template <typename T>
Json without_approvals(const std::string& network, const T& body) {
  Json value = body_json(body);
  value.erase("approvals");
  value["network"] = network;
  return value;
}

// The payload {account, key, agreed}.
std::optional<Approval> open(std::string_view typ, const Json& agreed, const std::string& text) {
  try {
    const Jws jws = jws_decode(text, typ, kVoucherBytesMax);
    ObjectReader reader(jws.payload, "approval");
    Approval approval{read_account(reader, "account"), read_key(reader, "key")};
    const bool same = reader.object("agreed") == agreed;
    reader.finish();
    if (same && jws.verify(approval.key)) return approval;
  } catch (const Error&) {
    // It does not hold, like one whose signature does not.
  }
  return std::nullopt;
}

Json key_proof(const std::string& network, const AccountId& account) { return {{"network", network}, {"account", account.text()}}; }

}  // namespace

Json agreed(const std::string& network, const Resolve& verdict) { return without_approvals(network, verdict); }
Json agreed(const std::string& network, const Claim& claim) { return without_approvals(network, claim); }
// Parameters can be long, and every approval repeats what it agrees to: by hash.
Json agreed(const std::string& network, const ParametersChange& change) {
  return {{"network", network}, {"sequence", change.sequence}, {"parameters", to_hex(sha256(canonical(to_json(change.parameters))))}};
}

std::string sign_approval(std::string_view typ, const Json& agreed, const AccountId& account, const Signer& signer) {
  return jws_sign(typ, {{"account", account.text()}, {"key", key_text(signer.public_key())}, {"agreed", agreed}}, signer);
}

std::optional<std::vector<Approval>> open_approvals(std::string_view typ, const Json& agreed, const std::vector<std::string>& approvals) {
  std::vector<Approval> opened;
  for (const std::string& text : approvals) {
    const auto approval = open(typ, agreed, text);
    if (!approval) return std::nullopt;
    const auto same = [&](const Approval& other) { return other.account == approval->account; };
    if (std::any_of(opened.begin(), opened.end(), same)) return std::nullopt;
    opened.push_back(*approval);
  }
  return opened;
}

std::string sign_key_proof(const std::string& network, const AccountId& account, const Signer& key) {
  return jws_sign(kKeyProofType, key_proof(network, account), key);
}

bool holds_key_proof(std::string_view proof, const std::string& network, const AccountId& account, const PublicKey& key) {
  try {
    return jws_open(proof, kKeyProofType, key, kVoucherBytesMax) == key_proof(network, account);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace ain::ledger
