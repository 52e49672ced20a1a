#include "remote/node/ledger_role.h"

#include "base/encoding.h"
#include "base/id_prefix.h"
#include "base/text.h"
#include "base/time.h"
#include "remote/node/log_pages.h"
#include "remote/node/record_pages.h"

namespace ain::remote {
namespace {

template <typename T>
Json list_of(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(ledger::to_json(item));
  return list;
}

constexpr size_t kSubmitBytesMax = 4 << 20;  // of several envelopes in one request
constexpr int64_t kIdsMax = kIdMatchesShownMax + 1;

std::string prefix_of(const HttpRequest& request, const char* what) {
  const auto found = request.query.find("prefix");
  if (found == request.query.end()) fail(ErrorKind::usage, "the query needs 'prefix'");
  check_id_prefix(what, found->second, 2 * sizeof(Digest));
  return found->second;
}

HttpResponse ids(const std::vector<Digest>& digests) {
  Json list = Json::array();
  for (const Digest& digest : digests) list.push_back(to_hex(digest));
  return json_response(200, list);
}

}  // namespace

std::optional<HttpResponse> LedgerRole::handle(const HttpRequest& request) {
  const std::vector<std::string> parts = split(request.path.substr(1), '/');
  const bool get = request.method == "GET";
  if (get && request.path == "/v1/network") return json_response(200, ledger::to_json(ledger_.genesis()));
  if (get && request.path == "/v1/offers") return json_response(200, list_of(ledger_.offers(now_ms())));
  if (get) {
    if (auto page = log_page(ledger_, request, parts)) return page;
    if (auto page = record_page(ledger_, request, parts)) return page;
  }
  if (parts.size() < 3 || parts[0] != "v1" || parts[1] != "ledger") return std::nullopt;
  const std::string& what = parts[2];
  if (request.method == "POST" && what == "transactions" && parts.size() == 3) return submit(request);
  if (!get) return std::nullopt;
  if (what == "history" && parts.size() == 3) return history(request);
  if (what == "attributions" && parts.size() == 3) return attributions(request);
  if (what == "transactions" && parts.size() == 3) return ids(ledger_.transactions_from(prefix_of(request, "transaction"), kIdsMax));
  if (what == "escrows" && parts.size() == 3) return ids(ledger_.escrows_from(prefix_of(request, "escrow"), kIdsMax));
  // Whoever wants to know whether the ledger holds replays this: a node's own word on itself would be worth nothing.
  if (what == "log" && parts.size() == 3) return json_response(200, list_of(ledger_.log(number(request, "from", 0, INT64_MAX))));
  if (what == "parameters" && parts.size() == 3) return json_response(200, ledger::to_json(ledger_.parameters()));
  if (what == "supply" && parts.size() == 3) {
    const ledger::Supply supply = ledger_.supply();
    return json_response(200, {{"minted", supply.minted.micro()},
                               {"accounts", supply.accounts.micro()},
                               {"escrowed", supply.escrowed.micro()},
                               {"bonded", supply.bonded.micro()},
                               {"unclaimed", supply.unclaimed.micro()},
                               {"pooled", supply.pooled.micro()}});
  }
  if (what == "accounts" && parts.size() <= 5 && parts.size() >= 4) return account(parts[3], parts.size() == 5 ? parts[4] : "");
  if (parts.size() != 4) return std::nullopt;
  if (what == "escrows") {
    const auto escrow = ledger_.escrow(digest_of(parts[3]));
    if (!escrow) fail_not_found("such escrow");
    return json_response(200, ledger::to_json(*escrow));
  }
  if (what == "attributions") {
    const auto attribution = ledger_.attribution(digest_of(parts[3]));
    if (!attribution) fail_not_found("such attribution");
    return json_response(200, to_json(*attribution));
  }
  if (what == "transactions") {
    const auto entry = ledger_.transaction(digest_of(parts[3]));
    if (!entry) fail_not_found("such transaction");
    Json value = ledger::to_json(*entry);
    value["envelope"] = entry->envelope;
    return json_response(200, value);
  }
  return std::nullopt;
}

HttpResponse LedgerRole::submit(const HttpRequest& request) {
  const Json body = parse_json(request.body, "the request", kSubmitBytesMax);
  ObjectReader reader(body, "the request");
  if (reader.has("envelopes")) {
    std::vector<std::string> envelopes;
    for (const Json& item : reader.array("envelopes", ledger::kBlockTransactionsMax)) {
      if (!item.is_string() || item.get_ref<const std::string&>().size() > ledger::kEnvelopeBytesMax) reader.fail_member("envelopes", "an item is no envelope");
      envelopes.push_back(item.get<std::string>());
    }
    reader.finish();
    return json_response(200, list_of(ledger_.submit(envelopes, now_ms())));
  }
  const std::string envelope = reader.string("envelope", ledger::kEnvelopeBytesMax);
  reader.finish();
  return json_response(200, ledger::to_json(ledger_.submit(envelope, now_ms())));
}

HttpResponse LedgerRole::account(const std::string& id, const std::string& what) {
  const AccountId account = AccountId::parse(id);
  if (what.empty()) return json_response(200, ledger::to_json(ledger_.account(account)));
  if (what != "escrows") fail_not_found("such page");
  return json_response(200, list_of(ledger_.escrows_of(account)));
}

HttpResponse LedgerRole::attributions(const HttpRequest& request) {
  Json list = Json::array();
  if (request.query.contains("commit") && request.query.contains("repository")) {
    if (const auto found = ledger_.attribution_of(request.query.at("repository"), request.query.at("commit"))) {
      list.push_back(to_json(*found));
    }
    return json_response(200, list);
  }
  for (const char* name : {"registrar", "repository", "tree"}) {
    if (!request.query.contains(name)) fail(ErrorKind::usage, "the query needs '{}'", name);
  }
  for (const Attribution& found :
       ledger_.attributions_by(AccountId::parse(request.query.at("registrar")), request.query.at("repository"),
                               request.query.at("tree"))) {
    list.push_back(to_json(found));
  }
  return json_response(200, list);
}

HttpResponse LedgerRole::history(const HttpRequest& request) {
  ledger::HistoryQuery query;
  query.since_ms = number(request, "since", 0, INT64_MAX);
  query.from_index = number(request, "from", 0, INT64_MAX);
  query.limit = number(request, "limit", query.limit, ledger::kHistoryRowsMax);
  if (const auto found = request.query.find("account"); found != request.query.end()) {
    query.account = AccountId::parse(found->second);
  }
  if (const auto found = request.query.find("type"); found != request.query.end()) query.type = found->second;
  if (const auto found = request.query.find("subject"); found != request.query.end()) query.subject = as_view(digest_of(found->second));
  return json_response(200, list_of(ledger_.history(query)));
}

}  // namespace ain::remote
