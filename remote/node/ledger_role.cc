#include "remote/node/ledger_role.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/id_prefix.h"
#include "base/sqlite.h"
#include "base/text.h"
#include "base/time.h"
#include "ledger/log.h"
#include "ledger/refusal.h"
#include "remote/ledger_client.h"
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

// An IPv6 address is one of as many as its owner likes: the network that it is in counts. Empty: this home itself.
std::string place_of(const Peer& peer) {
  if (peer.address.find(':') == peer.address.npos) return peer.address;
  in6_addr address{};
  if (inet_pton(AF_INET6, peer.address.c_str(), &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address)) return peer.address;
  return std::string(reinterpret_cast<const char*>(address.s6_addr), 8);
}

HttpResponse too_many(std::string_view what, int64_t wait_s) {
  return later_response(429, fmt::format("too many {} a second", what), fmt::format("wait {} s", wait_s), wait_s);
}

std::string envelope_of_json(std::string_view body) {
  const Json json = parse_json(body, "the request", kBodyInMemoryMax);
  ObjectReader reader(json, "the request");
  std::string envelope = reader.string("envelope", ledger::kEnvelopeBytesMax);
  reader.finish();
  return envelope;
}

bool is_of_lines(const HttpRequest& request) {
  const std::string type = request.headers.get("content-type");
  return ascii_lower(trim(std::string_view(type).substr(0, type.find(';')))) == kEnvelopesType;
}

std::vector<std::string> envelopes_of_lines(std::string_view body) {
  if (body.empty()) return {};
  if (body.ends_with('\n')) body.remove_suffix(1);
  if (std::count(body.begin(), body.end(), '\n') >= static_cast<int64_t>(ledger::kBlockTransactionsMax)) {
    fail(ErrorKind::usage, "the request has more than {} envelopes", ledger::kBlockTransactionsMax);
  }
  std::vector<std::string> envelopes = split(body, '\n');
  for (std::string& envelope : envelopes) {
    if (envelope.ends_with('\r')) envelope.pop_back();
    if (envelope.size() > ledger::kEnvelopeBytesMax) fail(ErrorKind::usage, "an envelope is larger than {} bytes", ledger::kEnvelopeBytesMax);
  }
  return envelopes;
}

// Whom an envelope says to be of: nothing for what is none. Not yet believed.
std::optional<std::string> claimed_account(const std::string& envelope) {
  try {
    return ledger::decode_stored_transaction(envelope).account.text();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

LedgerRole::LedgerRole(ledger::Ledger& ledger, Config config)
    : ledger_(ledger),
      config_(std::move(config)),
      streams_(ledger),
      reads_(config_.rates.reads, config_.rates.reads * kBurstSeconds, kRateKeysMax),
      sends_(config_.rates.sends, config_.rates.sends * kBurstSeconds, kRateKeysMax),
      address_sends_(config_.rates.address_sends(), config_.rates.address_sends() * kBurstSeconds, kRateKeysMax),
      queue_(config_.leader_url.empty() ? std::make_unique<SubmitQueue>(ledger) : nullptr) {}

bool LedgerRole::is_quick(const HttpRequest& request) {
  if (request.method != "GET") return false;
  const std::string_view path = request.path;
  for (const std::string_view pages : {"/v1/ledger/accounts/", "/v1/ledger/escrows/"}) {
    if (path.starts_with(pages)) return path.find('/', pages.size()) == path.npos;
  }
  return path == "/checkpoint" || path == "/v1/ledger/parameters" || (path.starts_with("/tile/") && !path.starts_with("/tile/entries/"));
}

std::optional<HttpResponse> LedgerRole::handle(const HttpRequest& request) {
  const std::vector<std::string> parts = split(request.path.substr(1), '/');
  const bool ledgers = parts[0] == "checkpoint" || parts[0] == "tile" || parts[0] == "add-checkpoint" ||
                       (parts.size() > 1 && parts[0] == "v1" && (parts[1] == "ledger" || parts[1] == "offers" || parts[1] == "network"));
  if (!ledgers) return std::nullopt;
  const bool sends = request.path == "/v1/ledger/transactions" && request.method == "POST";
  if (!request.peer.local && !sends) {
    if (const int64_t wait_s = reads_.take(place_of(request.peer), 1, monotonic_us())) return too_many("requests of one address", wait_s);
  }
  return route(request, parts);
}

std::optional<HttpResponse> LedgerRole::route(const HttpRequest& request, const std::vector<std::string>& parts) {
  const bool get = request.method == "GET";
  if (get && request.path == "/v1/network") return json_response(200, ledger::to_json(ledger_.genesis()));
  if (get && request.path == "/v1/offers") return json_response(200, list_of(ledger_.offers(now_ms())));
  if (get) {
    if (auto page = log_page(ledger_, request, parts)) return page;
    if (auto page = record_page(ledger_, request, parts)) return page;
  }
  if (config_.witness && request.method == "POST" && request.path == "/add-checkpoint") return config_.witness->add_checkpoint(request.body);
  if (parts.size() < 3 || parts[0] != "v1" || parts[1] != "ledger") return std::nullopt;
  const std::string& what = parts[2];
  if (request.method == "POST" && what == "transactions" && parts.size() == 3) return submit(request);
  if (request.method == "POST" && what == "cosignatures" && parts.size() == 3) return take_cosignatures(request);
  if (config_.published && parts.size() == 3 && (what == "published" || (what == "leaves" && !get))) return published(request);
  if (config_.published && get && what == "repositories" && parts.size() == 6 && parts[4] == "published") return published_places(parts[3], parts[5]);
  if (!get) return std::nullopt;
  if (what == "cosigned" && parts.size() == 3) return cosigned();
  if ((what == "history" || what == "events") && parts.size() == 3) return history(request);
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
  refuse_of_follower();
  const bool many = is_of_lines(request);
  const std::vector<std::string> envelopes = many ? envelopes_of_lines(request.body) : std::vector{envelope_of_json(request.body)};
  const bool limited = !request.peer.local && config_.rates.sends > 0;
  std::vector<std::optional<std::string>> accounts;
  if (limited) {
    for (const std::string& envelope : envelopes) accounts.push_back(claimed_account(envelope));
    if (auto refusal = too_fast(request.peer, accounts)) return *std::move(refusal);
  }
  const bool waits = number(request, "wait", 1, 1) == 1;
  if (!waits && many) fail(ErrorKind::usage, "'wait=0' goes with one envelope");
  if (!waits) return submit_and_return(envelopes[0], limited);
  const std::vector<ledger::Applied> all = write(request.peer, envelopes);
  if (limited) charge(all, accounts);
  return json_response(200, many ? list_of(all) : ledger::to_json(all[0]));
}

// A store that fails is told to who runs the node; who asks from elsewhere can only wait, and needs no path of this machine.
std::vector<ledger::Applied> LedgerRole::write(const Peer& peer, const std::vector<std::string>& envelopes) {
  try {
    return ledger_.submit(envelopes, now_ms());
  } catch (const DatabaseError& error) {
    if (config_.log) config_.log("a transaction cannot be written: " + error.message());
    if (peer.local) throw;
    fail_with_hint(error.kind(), "try again later, or tell who runs the node", "the node that keeps the ledger cannot write it now: {}",
                   error.kind() == ErrorKind::exhausted ? "its disk is full" : "its store fails");
  }
}

// Of an address everything counts. An account pays for what was applied alone: anybody can send what it has signed once, or what only bears
// its name.
std::optional<HttpResponse> LedgerRole::too_fast(const Peer& peer, const std::vector<std::optional<std::string>>& accounts) {
  const int64_t now_us = monotonic_us();
  const int64_t address_wait_s = address_sends_.take(place_of(peer), std::ssize(accounts), now_us);
  if (address_wait_s > 0) return too_many("transactions of one address", address_wait_s);
  for (const auto& account : accounts) {
    const int64_t wait_s = account ? sends_.take(*account, 0, now_us) : 0;
    if (wait_s > 0) return too_many("transactions of one account", wait_s);
  }
  return std::nullopt;
}

void LedgerRole::charge(const std::vector<ledger::Applied>& all, const std::vector<std::optional<std::string>>& accounts) {
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].refusal != ledger::Refusal::none || all[i].replayed) continue;
    sends_.take(*accounts[i], 1, monotonic_us());
  }
}

// What is refused for its form or its signature, and what was applied before, is answered as by who waits.
HttpResponse LedgerRole::submit_and_return(const std::string& envelope, bool limited) {
  ledger::Transaction tx;
  try {
    tx = ledger::decode_transaction(envelope);
  } catch (const ledger::RefusedError&) {
    return json_response(200, ledger::to_json(ledger_.submit(envelope, now_ms())));
  }
  const bool used_nonce = tx.nonce <= ledger_.account(tx.account).nonce;
  if (auto applied = used_nonce ? ledger_.applied(tx.txid) : std::nullopt) {
    applied->replayed = true;
    return json_response(200, ledger::to_json(*applied));
  }
  // What any other key has signed in an account's name is not the account's doing.
  if (limited && speaks_for(*own_ledger(ledger_), tx.key, tx.account)) sends_.take(tx.account.text(), 1, monotonic_us());
  if (queue_->post(envelope)) return json_response(202, {{"txid", to_hex(tx.txid)}, {"queued", true}});
  return later_response(503, "too many transactions wait to be written", "try again, or wait for the answer");
}

void LedgerRole::refuse_of_follower() const {
  if (config_.leader_url.empty()) return;
  fail_with_hint(ErrorKind::refused, "join the node that keeps the ledger: ain network join '" + config_.leader_url + "'",
                 "this node follows the ledger and takes no transactions");
}

HttpResponse LedgerRole::cosigned() {
  auto kept = ledger_.kept_checkpoint();
  if (!kept || ledger::open_cosignatures(*kept).empty()) fail_not_found("checkpoint that a witness has cosigned");
  return text_response(200, *std::move(kept));
}

// The newest checkpoint collects the words of those witnesses that this node was told of.
HttpResponse LedgerRole::take_cosignatures(const HttpRequest& request) {
  refuse_of_follower();
  const PublicKey& sequencer = ledger_.genesis().sequencer;
  auto signed_part = ledger::signed_alone(request.body, ledger_.network(), sequencer);
  if (!signed_part) fail(ErrorKind::bad_signature, "this is no checkpoint of this ledger");
  const auto counts = [this](const NodeId& witness) { return config_.witnesses.contains(witness); };
  const std::vector<ledger::Cosignature> words = ledger::open_cosignatures(request.body, counts);
  if (words.empty()) {
    fail_with_hint(ErrorKind::refused, "who keeps the ledger names its witnesses: ain serve --witness NODE,…",
                   "no witness of this ledger has cosigned it");
  }
  const std::lock_guard lock(cosigned_mutex_);
  const auto size_of = [&](const std::string& text) { return ledger::open_checkpoint(text, ledger_.network(), sequencer)->size; };
  const auto kept = ledger_.kept_checkpoint();
  const bool same = kept && ledger::body_of(*kept) == ledger::body_of(*signed_part);
  if (kept && !same && size_of(*kept) >= size_of(*signed_part)) return json_response(200, {{"taken", 0}});
  const auto there = same ? ledger::open_cosignatures(*kept, counts) : std::vector<ledger::Cosignature>();
  std::string text = *signed_part;
  for (const ledger::Cosignature& word : there) text += word.line;
  int64_t taken = 0;
  for (const ledger::Cosignature& word : words) {
    if (std::any_of(there.begin(), there.end(), [&](const auto& each) { return each.witness == word.witness; })) continue;
    text += word.line;
    ++taken;
  }
  if (taken > 0) ledger_.keep_checkpoint(text);
  return json_response(200, {{"taken", taken}});
}

HttpResponse LedgerRole::published(const HttpRequest& request) {
  PublishedIndex& index = *config_.published;
  if (request.method == "GET") {
    return json_response(200, {{"newest", index.newest(number(request, "until", ledger::kTimeMaxMs, ledger::kTimeMaxMs))}});
  }
  const Json body = parse_json(request.body, "the request", kBodyInMemoryMax);
  if (request.path == "/v1/ledger/leaves") return json_response(200, leaves_json(index.leaves(digests_from_json(body))));
  const HoldersQuery query = holders_query_from_json(body);
  return json_response(200, to_json(index.holders(query.fingerprints, query.until)));
}

HttpResponse LedgerRole::published_places(const std::string& repository, const std::string& commit) {
  Json list = Json::array();
  for (const int64_t place : config_.published->places(RepositoryId::parse(repository), commit)) list.push_back(place);
  return json_response(200, list);
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
  const AccountId registrar = AccountId::parse(request.query.at("registrar"));
  for (const ledger::AttributionState& found : ledger_.attributions_by(registrar, request.query.at("repository"), request.query.at("tree"))) {
    list.push_back(to_json(found.attribution));
    list.back()["registered_ms"] = found.registered_ms;
  }
  return json_response(200, list);
}

HttpResponse LedgerRole::history(const HttpRequest& request) {
  ledger::HistoryQuery query;
  query.since_ms = number(request, "since", 0, INT64_MAX);
  query.from_index = number(request, "from", 0, INT64_MAX);
  query.before_index = number(request, "before", INT64_MAX, INT64_MAX);
  query.newest = number(request, "newest", 0, 1) == 1;
  query.limit = number(request, "limit", query.limit, ledger::kHistoryRowsMax);
  if (const auto found = request.query.find("account"); found != request.query.end()) {
    query.account = AccountId::parse(found->second);
  }
  if (const auto found = request.query.find("type"); found != request.query.end()) query.type = found->second;
  if (const auto found = request.query.find("subject"); found != request.query.end()) query.subject = as_view(digest_of(found->second));
  if (request.path == "/v1/ledger/history") {
    const int64_t wait_ms = number(request, "wait_ms", 0, kWaitMaxMs);
    if (wait_ms > 0) return streams_.long_poll(std::move(query), wait_ms, place_of(request.peer));
    return json_response(200, list_of(ledger_.history(query)));
  }
  // An event stream begins with what comes next, or after what its reader has had.
  if (!request.query.contains("from")) query.from_index = ledger_.size();
  if (const auto last = request.headers.find("last-event-id")) {
    const auto index = parse_integer(*last, 0, INT64_MAX - 1);
    if (!index) fail(ErrorKind::usage, "'Last-Event-ID' is the index of a transaction");
    query.from_index = *index + 1;
  }
  return streams_.events(std::move(query), place_of(request.peer));
}

}  // namespace ain::remote
