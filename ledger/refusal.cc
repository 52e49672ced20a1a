#include "ledger/refusal.h"

#include <array>

namespace ain::ledger {
namespace {

struct Entry {
  std::string_view name;
  std::string_view text;
  ErrorKind kind;
};

// In the order of the enum; the golden test of the numbers keeps it so.
constexpr std::array<Entry, kRefusalCount> kEntries{{
    {"none", "it was applied", ErrorKind::failed},
    {"malformed", "it is not a well-formed transaction", ErrorKind::failed},
    {"bad_signature", "its signature does not verify", ErrorKind::bad_signature},
    {"wrong_network", "it is for another network", ErrorKind::refused},
    {"expired", "its valid_until has passed or lies too far ahead", ErrorKind::refused},
    {"bad_nonce", "its nonce is not the account's next one", ErrorKind::refused},
    {"unsafe_key", "its key is of small order or not canonical", ErrorKind::bad_signature},
    {"wrong_key", "its key is not one of the account's", ErrorKind::bad_signature},
    {"insufficient_funds", "the account has not enough money", ErrorKind::no_money},
    {"no_faucet", "this network has no faucet", ErrorKind::refused},
    {"faucet_taken", "the account has already had the faucet's money", ErrorKind::refused},
    {"self_payment", "an account cannot pay itself", ErrorKind::refused},
    {"bad_amount", "the amount is not acceptable", ErrorKind::refused},
    {"unknown_offer", "the account has no such offer", ErrorKind::refused},
    {"unknown_attribution", "no attribution of that digest is registered", ErrorKind::refused},
    {"exists", "it is already registered", ErrorKind::refused},
    {"unknown_escrow", "there is no such escrow", ErrorKind::refused},
    {"not_yours", "the sender has no say over it", ErrorKind::refused},
    {"wrong_state", "the escrow's state does not allow it", ErrorKind::refused},
    {"deadline_passed", "its deadline has passed", ErrorKind::refused},
    {"deadline_not_passed", "its deadline has not passed yet", ErrorKind::refused},
    {"attribution_differs", "the provider's attribution differs from the payer's", ErrorKind::attribution},
    {"bad_voucher", "the debit note or the voucher does not hold", ErrorKind::bad_signature},
    {"unknown_type", "this ledger knows no transaction of that type", ErrorKind::failed},
    {"too_many", "the account has as many of them as it may", ErrorKind::refused},
    {"last_key", "the account would have no key left that may do everything", ErrorKind::refused},
    {"key_in_use", "the key speaks for an account already, or did", ErrorKind::refused},
    {"unknown_key", "the key is not in force for the account", ErrorKind::refused},
    {"scope", "the key that signed may not do that", ErrorKind::refused},
    {"spend_limit", "the key that signed may not spend so much", ErrorKind::no_money},
    {"bad_proof", "the proof does not hold", ErrorKind::bad_signature},
    {"bond_needed", "the account's free bond is too small", ErrorKind::no_money},
    {"nothing_due", "nothing is due yet", ErrorKind::refused},
    {"unknown_repository", "no repository of that id is registered", ErrorKind::refused},
    {"bad_sequence", "its sequence number is not the next one", ErrorKind::refused},
    {"bad_identity", "the identity document or its signatures do not hold", ErrorKind::bad_signature},
    {"no_quorum", "too few of those who decide have signed it", ErrorKind::refused},
    {"no_arbiters", "this network has no arbiters", ErrorKind::refused},
    {"voucher_not_higher", "a voucher that is as high is there already", ErrorKind::refused},
    {"bad_attribution", "the attribution does not hold", ErrorKind::failed},
    {"bad_parameters", "the parameters do not hold", ErrorKind::failed},
    {"unknown_fingerprints", "no fingerprints of that commit are registered", ErrorKind::refused},
}};

const Entry& entry(Refusal refusal) {
  auto index = static_cast<size_t>(refusal);
  AIN_ASSERT(index < kEntries.size());
  return kEntries[index];
}

}  // namespace

std::string_view refusal_name(Refusal refusal) { return entry(refusal).name; }
std::string_view refusal_text(Refusal refusal) { return entry(refusal).text; }
ErrorKind refusal_kind(Refusal refusal) { return entry(refusal).kind; }

std::optional<Refusal> refusal_from_code(int64_t code) {
  if (code < 0 || code >= static_cast<int64_t>(kRefusalCount)) return std::nullopt;
  return static_cast<Refusal>(code);
}

RefusedError::RefusedError(Refusal refusal, std::string message)
    : Error(refusal_kind(refusal), std::move(message)), refusal_(refusal) {}

}  // namespace ain::ledger
