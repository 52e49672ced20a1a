#include "remote/node/record_pages.h"

#include "base/encoding.h"
#include "base/text.h"
#include "ledger/wire.h"

namespace ain::remote {
namespace {

constexpr size_t kCommitDigits = 40;

template <typename T>
HttpResponse record(const std::optional<T>& row, std::string_view what) {
  if (!row) fail_not_found(what);
  return json_response(200, ledger::to_json(ledger::Row(*row)));
}

PublicKey key_named(const std::string& text) {
  const auto bytes = base64url_decode(text);
  const auto key = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!key) fail(ErrorKind::usage, "'{}' is no key in base64url", sanitize(text.substr(0, 100)));
  return PublicKey{*key};
}

// The page before may have ended with somebody who claimed since: so it is by holder, not by place.
ledger::Holder holder_named(const std::string& text) {
  const size_t at = text.find('@');
  if (!is_unclaimed(text) || at == text.npos || !is_payee_id(text)) {
    fail(ErrorKind::usage, "'{}' is no holder as this page names them", sanitize(text.substr(0, kPayeeBytesMax)));
  }
  return ledger::Holder::unclaimed(RepositoryId::parse(text.substr(at + 1)), text.substr(0, at));
}

HttpResponse keys_page(const ledger::Ledger& ledger, const AccountId& account) {
  Json list = Json::array();
  for (const auto& [key, state] : ledger.keys_of(account)) {
    list.push_back(ledger::to_json(ledger::Row(state)));
    list.back()["key"] = ledger::key_text(key);
  }
  return json_response(200, list);
}

HttpResponse unclaimed_page(const ledger::Ledger& ledger, const HttpRequest& request) {
  ledger::UnclaimedQuery query;
  if (const auto found = request.query.find("repository"); found != request.query.end()) query.repository = RepositoryId::parse(found->second);
  if (const auto found = request.query.find("after"); found != request.query.end()) query.after = holder_named(found->second);
  Json list = Json::array();
  for (const auto& [holder, amount] : ledger.unclaimed(query)) {
    const std::string text = holder.text();
    const size_t at = text.find('@');
    list.push_back({{"holder", text}, {"payee", text.substr(0, at)}, {"repository", text.substr(at + 1)}, {"amount", amount.micro()}});
  }
  return json_response(200, list);
}

}  // namespace

std::optional<HttpResponse> record_page(const ledger::Ledger& ledger, const HttpRequest& request, const std::vector<std::string>& parts) {
  if (request.method != "GET" || parts.size() < 3 || parts[0] != "v1" || parts[1] != "ledger") return std::nullopt;
  const std::string& what = parts[2];
  if (what == "unclaimed" && parts.size() == 3) return unclaimed_page(ledger, request);
  if (what == "accounts" && parts.size() == 5 && parts[4] == "keys") return keys_page(ledger, AccountId::parse(parts[3]));
  if (what == "accounts" && parts.size() == 5 && parts[4] == "bond") {
    return record(std::optional(ledger.bond(AccountId::parse(parts[3])).value_or(ledger::BondState{})), "such bond");
  }
  if (what == "keys" && parts.size() == 4) return record(ledger.key(key_named(parts[3])), "such key on record");
  if (what != "repositories" || parts.size() < 4) return std::nullopt;
  const RepositoryId id = RepositoryId::parse(parts[3]);
  if (parts.size() == 4) return record(ledger.repository(id), "such repository");
  if (parts.size() != 6) return std::nullopt;
  if (parts[4] == "claims" && is_payee_id(parts[5])) return record(ledger.claim(id, parts[5]), "such claim");
  if (parts[4] == "fingerprints" && parts[5].size() == kCommitDigits && from_hex(parts[5])) {
    return record(ledger.fingerprints(id, parts[5]), "such fingerprints");
  }
  return std::nullopt;
}

}  // namespace ain::remote
