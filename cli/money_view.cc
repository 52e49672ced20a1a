#include "cli/money_view.h"

#include <optional>
#include <string>

#include "base/encoding.h"
#include "remote/run/follower.h"

namespace ain::cli {
namespace {

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t integer_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

// The escrow that `entry` closed; nothing for any other transaction.
std::optional<ledger::EscrowState> escrow_closed_by(const Json& entry, remote::LedgerClient& ledger) {
  const std::string type = text_of(entry, "type");
  if (type != "settle" && type != "release" && type != "reap") return std::nullopt;
  const auto bytes = from_hex(text_of(entry.at("body"), "escrow"));
  const auto id = bytes ? to_array<32>(*bytes) : std::nullopt;
  auto escrow = id ? ledger.escrow(*id) : std::nullopt;
  if (!escrow || to_hex(escrow->closed_by) != text_of(entry, "txid")) return std::nullopt;
  return escrow;
}

int64_t share_of(const ledger::EscrowState& escrow, const AccountId& account) {
  int64_t share = 0;
  if (escrow.payer == account) share += escrow.refunded.micro();
  if (escrow.terms.provider == account) share += escrow.paid_provider.micro();
  for (const ledger::Payout& payout : escrow.paid_authors) {
    if (payout.payee == account.text()) share += payout.amount.micro();
  }
  return share;
}

int64_t amount_for(const Json& entry, const AccountId& account, const ledger::Genesis& genesis, remote::LedgerClient& ledger) {
  const std::string type = text_of(entry, "type");
  const Json& body = entry.at("body");
  const bool sender = text_of(entry, "account") == account.text();
  if (type == "faucet") {
    // The treasury pays it.
    const int64_t faucet = genesis.faucet.micro();
    return (sender ? faucet : 0) - (account == account_of(genesis.treasury) ? faucet : 0);
  }
  if (type == "transfer") {
    const int64_t amount = integer_of(body, "amount");
    return (text_of(body, "to") == account.text() ? amount : 0) - (sender ? amount : 0);
  }
  if (type == "escrow_open") return sender ? -integer_of(body, "deposit") : 0;
  const auto escrow = escrow_closed_by(entry, ledger);
  return escrow ? share_of(*escrow, account) : 0;
}

}  // namespace

void add_amounts(Json& entries, const AccountId& account, const ledger::Genesis& genesis, remote::LedgerClient& ledger) {
  for (Json& entry : entries) entry["amount"] = amount_for(entry, account, genesis, ledger);
}

void add_split(Json& entry, remote::LedgerClient& ledger) {
  if (const auto escrow = escrow_closed_by(entry, ledger)) entry["paid"] = remote::paid_json(*escrow);
}

}  // namespace ain::cli
