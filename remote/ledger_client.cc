#include "remote/ledger_client.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>
#include <tuple>

#include "base/encoding.h"
#include "base/id_prefix.h"
#include "base/text.h"
#include "base/time.h"
#include "ledger/wire.h"

namespace ain::remote {
namespace {

constexpr int64_t kTransactionValidMs = 10 * 60 * 1000;
constexpr size_t kPathHashesMax = 64;
constexpr int64_t kBusyWaitMaxMs = 15'000, kBusyStepMs = 100, kRetryAfterMaxS = 86'400;
constexpr int kNonceTriesMax = 20;  // other processes of the same account may be sending too

// A digest, id or number as a path segment needs no escaping; everything else here is one of these.
class HttpLedger : public LedgerClient {
 public:
  HttpLedger(Endpoint node, std::function<bool()> cancelled) : client_(std::move(node)) { options_.cancelled = std::move(cancelled); }

  ledger::Applied submit(const std::string& envelope) override {
    return ledger::applied_from_json(post("/v1/ledger/transactions", {{"envelope", envelope}}));
  }
  std::vector<ledger::Applied> submit(const std::vector<std::string>& envelopes) override {
    std::string lines;
    for (const std::string& envelope : envelopes) lines += envelope + '\n';
    std::vector<ledger::Applied> all;
    for (const Json& item : post("/v1/ledger/transactions", std::move(lines), kEnvelopesType)) all.push_back(ledger::applied_from_json(item));
    if (all.size() != envelopes.size()) fail(ErrorKind::failed, "the ledger answered {} of {} transactions", all.size(), envelopes.size());
    return all;
  }
  ledger::AccountState account(const AccountId& account) override {
    return ledger::account_state_from_json(get("/v1/ledger/accounts/" + account.text()));
  }
  std::optional<ledger::EscrowState> escrow(const Digest& id) override {
    const auto found = find("/v1/ledger/escrows/" + to_hex(id));
    if (!found) return std::nullopt;
    return ledger::escrow_state_from_json(*found);
  }
  std::vector<ledger::EscrowState> escrows_of(const AccountId& account) override {
    std::vector<ledger::EscrowState> escrows;
    for (const Json& item : get("/v1/ledger/accounts/" + account.text() + "/escrows")) {
      escrows.push_back(ledger::escrow_state_from_json(item));
    }
    return escrows;
  }
  std::vector<ledger::OfferState> offers() override {
    std::vector<ledger::OfferState> offers;
    for (const Json& item : get("/v1/offers")) offers.push_back(ledger::offer_state_from_json(item));
    return offers;
  }
  ledger::ParametersState parameters() override { return ledger::parameters_state_from_json(get("/v1/ledger/parameters")); }
  std::optional<ledger::KeyState> key(const PublicKey& key) override {
    const auto found = find("/v1/ledger/keys/" + ledger::key_text(key));
    return found ? std::optional(ledger::key_state_from_json(*found)) : std::nullopt;
  }
  KeyStates keys_of(const AccountId& account) override {
    KeyStates keys;
    for (Json item : get("/v1/ledger/accounts/" + account.text() + "/keys")) {
      ObjectReader reader(item, "key");
      const PublicKey key = ledger::read_key(reader, "key");
      item.erase("key");
      keys.emplace_back(key, ledger::key_state_from_json(item));
    }
    return keys;
  }
  ledger::BondState bond(const AccountId& account) override {
    return ledger::bond_state_from_json(get("/v1/ledger/accounts/" + account.text() + "/bond"));
  }
  std::optional<ledger::RepositoryState> repository(const RepositoryId& id) override {
    const auto found = find("/v1/ledger/repositories/" + id.text());
    return found ? std::optional(ledger::repository_state_from_json(*found)) : std::nullopt;
  }
  std::optional<ledger::FingerprintState> fingerprints(const RepositoryId& id, const std::string& commit) override {
    const auto found = find(fmt::format("/v1/ledger/repositories/{}/fingerprints/{}", id.text(), commit));
    return found ? std::optional(ledger::fingerprint_state_from_json(*found)) : std::nullopt;
  }
  int64_t published_newest(int64_t until) override {
    const Json answer = get(fmt::format("/v1/ledger/published?until={}", until));
    ObjectReader reader(answer, "the ledger's answer");
    return reader.integer("newest", 0, until);
  }
  std::optional<repo::Holders> holders(const HoldersQuery& query) override {
    return holders_from_json(post("/v1/ledger/published", to_json(query)), query);
  }
  std::vector<std::string> leaves(std::span<const Digest> digests) override {
    return leaves_from_json(post("/v1/ledger/leaves", digests_json(digests)), digests);
  }
  std::vector<int64_t> published_places(const RepositoryId& id, const std::string& commit) override {
    std::vector<int64_t> places;
    for (const Json& item : get(fmt::format("/v1/ledger/repositories/{}/published/{}", id.text(), commit))) {
      if (!item.is_number_integer()) fail(ErrorKind::failed, "the ledger's answer holds something that is no number");
      places.push_back(item.get<int64_t>());
    }
    return places;
  }
  std::optional<ledger::ClaimState> claim(const RepositoryId& id, const std::string& payee) override {
    const auto found = find(fmt::format("/v1/ledger/repositories/{}/claims/{}", id.text(), percent_encode(payee)));
    return found ? std::optional(ledger::claim_state_from_json(*found)) : std::nullopt;
  }
  Unclaimed unclaimed(const ledger::UnclaimedQuery& query) override {
    std::string target = "/v1/ledger/unclaimed";
    if (query.repository) target += "?repository=" + query.repository->text();
    if (query.after) target += (query.repository ? "&after=" : "?after=") + percent_encode(query.after->text());
    Unclaimed all;
    for (const Json& item : get(target)) {
      ObjectReader reader(item, "what is unclaimed");
      const std::string payee = reader.string("payee", kPayeeBytesMax);
      if (!is_unclaimed(payee) || !is_payee_id(payee)) reader.fail_member("payee", "is no e-mail's hash");
      all.emplace_back(ledger::Holder::unclaimed(ledger::read_repository(reader, "repository"), payee), ledger::read_amount(reader, "amount"));
    }
    return all;
  }
  std::optional<Attribution> attribution(const Digest& digest) override {
    const auto found = find("/v1/ledger/attributions/" + to_hex(digest));
    if (!found) return std::nullopt;
    return attribution_from_json(*found);
  }
  std::optional<Attribution> attribution_of(const std::string& repository, const std::string& commit) override {
    for (const Json& item : get(fmt::format("/v1/ledger/attributions?repository={}&commit={}", percent_encode(repository),
                                            percent_encode(commit)))) {
      return attribution_from_json(item);
    }
    return std::nullopt;
  }
  std::vector<ledger::AttributionState> attributions_by(const AccountId& registrar, const std::string& repository,
                                                        const std::string& tree) override {
    std::vector<ledger::AttributionState> found;
    for (Json item : get(fmt::format("/v1/ledger/attributions?registrar={}&repository={}&tree={}", registrar.text(),
                                            percent_encode(repository), percent_encode(tree)))) {
      const int64_t registered_ms = ObjectReader(item, "attribution").integer("registered_ms", 0, ledger::kTimeMaxMs);
      item.erase("registered_ms");
      found.push_back({attribution_from_json(item), registrar, registered_ms});
    }
    return found;
  }
  Json history(const ledger::HistoryQuery& query) override { return get(history_target(query)); }
  Json await(const ledger::HistoryQuery& query, int64_t wait_ms) override {
    wait_ms = std::min(wait_ms, kWaitMaxMs);
    RequestOptions options = options_;
    options.total += std::chrono::milliseconds(wait_ms);
    const HttpRequest request("GET", fmt::format("{}&wait_ms={}", history_target(query), wait_ms));
    return parse_json(ask(request, options).body, "the ledger's answer");
  }
  std::optional<Json> transaction(const Digest& txid) override { return find("/v1/ledger/transactions/" + to_hex(txid)); }
  std::vector<std::string> transactions_from(const std::string& hex_prefix) override {
    return ids("/v1/ledger/transactions?prefix=" + percent_encode(hex_prefix));
  }
  std::vector<std::string> escrows_from(const std::string& hex_prefix) override {
    return ids("/v1/ledger/escrows?prefix=" + percent_encode(hex_prefix));
  }
  std::vector<ledger::LogEntry> log(int64_t from_index) override {
    std::vector<ledger::LogEntry> entries;
    for (const Json& item : get(fmt::format("/v1/ledger/log?from={}", from_index))) {
      entries.push_back(ledger::log_entry_from_json(item));
    }
    return entries;
  }
  std::string checkpoint() override {
    const auto found = text("/checkpoint");
    if (!found) fail(ErrorKind::unreachable, "the node at '{}' keeps no ledger", client_.endpoint().text());
    return *found;
  }
  std::optional<std::string> cosigned() override { return text("/v1/ledger/cosigned"); }
  void hand_in(const std::string& checkpoint) override {
    HttpRequest request("POST", "/v1/ledger/cosignatures", checkpoint);
    request.headers.set("content-type", "text/plain; charset=utf-8");
    ask(std::move(request), options_);
  }
  std::vector<Digest> consistency(int64_t earlier, int64_t size) override {
    std::vector<Digest> path;
    for (const Json& item : get(fmt::format("/v1/ledger/consistency?from={}&to={}", earlier, size))) {
      const auto bytes = item.is_string() ? base64_decode(item.get<std::string>()) : std::nullopt;
      const auto hash = bytes ? to_array<32>(*bytes) : std::nullopt;
      if (!hash || path.size() >= kPathHashesMax) fail(ErrorKind::failed, "the ledger's answer is no proof of consistency");
      path.push_back(*hash);
    }
    return path;
  }
  std::optional<std::string> receipt(const Digest& txid) override {
    return text(fmt::format("/v1/ledger/transactions/{}/receipt", to_hex(txid)));
  }
  std::optional<std::string> balance_proof(const AccountId& account) override {
    return text(fmt::format("/v1/ledger/accounts/{}/proof", account.text()));
  }

 private:
  static std::string history_target(const ledger::HistoryQuery& query) {
    std::string target = fmt::format("/v1/ledger/history?since={}&from={}&limit={}", query.since_ms, query.from_index, query.limit);
    if (query.newest) target += "&newest=1";
    if (query.before_index != INT64_MAX) target += fmt::format("&before={}", query.before_index);
    if (query.subject) target += "&subject=" + to_hex(*query.subject);
    if (query.account) target += "&account=" + query.account->text();
    if (query.type) target += "&type=" + percent_encode(*query.type);
    return target;
  }
  // A node that is asked too much says when to come again; for a while that is heeded.
  HttpResponse ask(HttpRequest request, const RequestOptions& options, bool may_be_absent = false) {
    for (int64_t waited_ms = 0;;) {
      HttpResponse response;
      {
        const std::lock_guard lock(mutex_);
        response = client_.request(request, options);
      }
      const int64_t wait_ms = 1000 * parse_integer(response.headers.get("retry-after"), 1, kRetryAfterMaxS).value_or(1);
      if (response.status != 429 || waited_ms + wait_ms > kBusyWaitMaxMs) {
        if (response.status != 404 || !may_be_absent) throw_if_error(response);
        return response;
      }
      for (const int64_t until = waited_ms + wait_ms; waited_ms < until; waited_ms += kBusyStepMs) {
        if (options.cancelled && options.cancelled()) fail(ErrorKind::stopped, "the request to '{}' was stopped", client_.endpoint().text());
        std::this_thread::sleep_for(std::chrono::milliseconds(kBusyStepMs));
      }
    }
  }
  Json get(const std::string& target) {
    HttpRequest request("GET", target);
    request.headers.set("accept", "application/json");
    return parse_json(ask(std::move(request), options_).body, "the ledger's answer");
  }
  std::vector<std::string> ids(const std::string& target) {
    std::vector<std::string> ids;
    for (const Json& item : get(target)) {
      const auto bytes = item.is_string() ? from_hex(item.get<std::string>()) : std::nullopt;
      if (!bytes || bytes->size() != sizeof(Digest)) fail(ErrorKind::failed, "the ledger's answer holds something that is no id");
      ids.push_back(to_hex(*bytes));
    }
    return ids;
  }
  Json post(const std::string& target, const Json& body) { return post(target, body.dump(), "application/json"); }
  Json post(const std::string& target, std::string body, const char* type) {
    HttpRequest request("POST", target, std::move(body));
    request.headers.set("content-type", type);
    request.headers.set("accept", "application/json");
    return parse_json(ask(std::move(request), options_).body, "the ledger's answer");
  }
  std::optional<std::string> text(const std::string& target) {
    HttpResponse response = ask(HttpRequest("GET", target), options_, true);
    return response.status == 404 ? std::nullopt : std::optional(std::move(response.body));
  }
  std::optional<Json> find(const std::string& target) {
    const auto body = text(target);
    return body ? std::optional(parse_json(*body, "the ledger's answer")) : std::nullopt;
  }

  HttpClient client_;
  RequestOptions options_;
  std::mutex mutex_;  // one request at a time on the connection
};

class OwnLedger : public LedgerClient {
 public:
  OwnLedger(ledger::Ledger& ledger, PublishedIndex* published) : ledger_(ledger), published_(published) {}

  ledger::Applied submit(const std::string& envelope) override { return ledger_.submit(envelope, now_ms()); }
  std::vector<ledger::Applied> submit(const std::vector<std::string>& envelopes) override { return ledger_.submit(envelopes, now_ms()); }
  ledger::AccountState account(const AccountId& account) override { return ledger_.account(account); }
  std::optional<ledger::EscrowState> escrow(const Digest& id) override { return ledger_.escrow(id); }
  std::vector<ledger::EscrowState> escrows_of(const AccountId& account) override { return ledger_.escrows_of(account); }
  std::vector<ledger::OfferState> offers() override { return ledger_.offers(now_ms()); }
  ledger::ParametersState parameters() override { return ledger_.parameters(); }
  std::optional<ledger::KeyState> key(const PublicKey& key) override { return ledger_.key(key); }
  KeyStates keys_of(const AccountId& account) override { return ledger_.keys_of(account); }
  ledger::BondState bond(const AccountId& account) override { return ledger_.bond(account).value_or(ledger::BondState{}); }
  std::optional<ledger::RepositoryState> repository(const RepositoryId& id) override { return ledger_.repository(id); }
  std::optional<ledger::FingerprintState> fingerprints(const RepositoryId& id, const std::string& commit) override {
    return ledger_.fingerprints(id, commit);
  }
  int64_t published_newest(int64_t until) override { return published_ ? published_->newest(until) : 0; }
  std::optional<repo::Holders> holders(const HoldersQuery& query) override { return index().holders(query.fingerprints, query.until); }
  std::vector<std::string> leaves(std::span<const Digest> digests) override { return index().leaves(digests); }
  std::vector<int64_t> published_places(const RepositoryId& id, const std::string& commit) override { return index().places(id, commit); }
  std::optional<ledger::ClaimState> claim(const RepositoryId& id, const std::string& payee) override { return ledger_.claim(id, payee); }
  Unclaimed unclaimed(const ledger::UnclaimedQuery& query) override { return ledger_.unclaimed(query); }
  std::optional<Attribution> attribution(const Digest& digest) override { return ledger_.attribution(digest); }
  std::optional<Attribution> attribution_of(const std::string& repository, const std::string& commit) override {
    return ledger_.attribution_of(repository, commit);
  }
  std::vector<ledger::AttributionState> attributions_by(const AccountId& registrar, const std::string& repository,
                                                        const std::string& tree) override {
    return ledger_.attributions_by(registrar, repository, tree);
  }
  Json await(const ledger::HistoryQuery& query, int64_t wait_ms) override {
    const int64_t until = now_ms() + wait_ms;
    int64_t size = ledger_.size();
    for (;;) {
      Json entries = history(query);
      if (!entries.empty() || now_ms() >= until) return entries;
      size = ledger_.wait_beyond(size, until - now_ms());
    }
  }
  std::optional<std::string> cosigned() override { return ledger_.kept_checkpoint(); }
  void hand_in(const std::string&) override { fail(ErrorKind::refused, "a ledger needs no witness of its own"); }
  Json history(const ledger::HistoryQuery& query) override {
    Json entries = Json::array();
    for (const auto& entry : ledger_.history(query)) entries.push_back(ledger::to_json(entry));
    return entries;
  }
  std::optional<Json> transaction(const Digest& txid) override {
    const auto entry = ledger_.transaction(txid);
    if (!entry) return std::nullopt;
    Json value = ledger::to_json(*entry);
    value["envelope"] = entry->envelope;
    return value;
  }
  std::vector<std::string> transactions_from(const std::string& hex_prefix) override {
    return hex_of(ledger_.transactions_from(hex_prefix, kIdMatchesShownMax + 1));
  }
  std::vector<std::string> escrows_from(const std::string& hex_prefix) override {
    return hex_of(ledger_.escrows_from(hex_prefix, kIdMatchesShownMax + 1));
  }
  std::vector<ledger::LogEntry> log(int64_t from_index) override { return ledger_.log(from_index); }
  std::string checkpoint() override { return ledger_.checkpoint(); }
  std::vector<Digest> consistency(int64_t earlier, int64_t size) override { return ledger_.consistency(earlier, size); }
  std::optional<std::string> receipt(const Digest& txid) override { return ledger_.receipt(txid); }
  std::optional<std::string> balance_proof(const AccountId& account) override { return ledger_.balance_proof(account); }

 private:
  PublishedIndex& index() {
    AIN_ASSERT(published_ != nullptr);  // nothing is published where there is none
    return *published_;
  }
  static std::vector<std::string> hex_of(const std::vector<Digest>& ids) {
    std::vector<std::string> texts;
    for (const Digest& id : ids) texts.push_back(to_hex(id));
    return texts;
  }

  ledger::Ledger& ledger_;
  PublishedIndex* published_;
};

}  // namespace

bool speaks_for(LedgerClient& ledger, const PublicKey& key, const AccountId& account) {
  const auto record = ledger.key(key);
  if (record && record->account == account) return record->until_ms == 0;
  // Registered elsewhere or nowhere: it can speak for the account that it is the first key of.
  return account_of(key) == account;
}

Amount Bond::standing() const {
  Amount standing = bonded;
  for (const ledger::Unbonding& part : unbonding) standing -= part.amount;
  return standing;
}
Amount Bond::free() const { return std::max(Amount(), standing() - locked); }

Bond bond_of(LedgerClient& ledger, const AccountId& account) {
  const ledger::BondState state = ledger.bond(account);
  return {.bonded = ledger.account(account).bonded, .locked = state.locked, .unbonding = state.unbonding};
}

namespace {

// In as many questions as the answers need.
void ask_holders(LedgerClient& ledger, std::span<const uint64_t> fingerprints, int64_t until, std::vector<repo::Holders>& answers) {
  if (fingerprints.size() <= repo::kAskedFingerprintsMax) {
    if (auto answer = ledger.holders({{fingerprints.begin(), fingerprints.end()}, until})) return answers.push_back(*std::move(answer));
    if (fingerprints.size() == 1) fail(ErrorKind::failed, "the ledger does not say who has a fingerprint");
  }
  const size_t half = fingerprints.size() / 2;
  ask_holders(ledger, fingerprints.first(half), until, answers);
  ask_holders(ledger, fingerprints.subspan(half), until, answers);
}

// As one answer, in the order in which one would be.
repo::Holders joined(const std::vector<repo::Holders>& answers) {
  const auto key_of = [](const repo::Publication& one) { return std::tie(one.since_ms, one.published, one.repository, one.commit, one.digest); };
  using Key = decltype(key_of(std::declval<const repo::Publication&>()));
  std::map<Key, uint32_t> numbers;
  for (const repo::Holders& answer : answers) {
    for (const repo::Publication& one : answer.publications) numbers.emplace(key_of(one), 0);
  }
  repo::Holders all;
  for (uint32_t next = 0; auto& [key, number] : numbers) number = next++;
  all.publications.resize(numbers.size());
  for (const repo::Holders& answer : answers) {
    for (const repo::Publication& one : answer.publications) all.publications[numbers.at(key_of(one))] = one;
    for (const std::vector<uint32_t>& of : answer.of) {
      std::vector<uint32_t>& listed = all.of.emplace_back();
      for (const uint32_t number : of) listed.push_back(numbers.at(key_of(answer.publications[number])));
      std::sort(listed.begin(), listed.end());
    }
  }
  return all;
}

}  // namespace

exec::OnLedger seen_on(LedgerClient& ledger, int64_t until) {
  const int64_t newest = ledger.published_newest(until);
  return {.registered = [&ledger](const std::string& repository, const std::string& commit) { return ledger.attribution_of(repository, commit); },
          .published = {.newest = newest,
                        .holders = [&ledger, newest](std::span<const uint64_t> fingerprints) {
                          std::vector<repo::Holders> answers;
                          ask_holders(ledger, fingerprints, newest, answers);
                          return joined(answers);
                        },
                        .leaves = [&ledger](std::span<const Digest> digests) { return ledger.leaves(digests); }}};
}

int64_t log_size_before(LedgerClient& ledger, int64_t time_ms) {
  const Json first = ledger.history({.account = {}, .type = {}, .subject = {}, .since_ms = time_ms, .limit = 1});
  return first.empty() ? ledger::kTimeMaxMs : first.front().at("index").get<int64_t>();
}

std::unique_ptr<LedgerClient> http_ledger(Endpoint node, std::function<bool()> cancelled) {
  return std::make_unique<HttpLedger>(std::move(node), std::move(cancelled));
}
std::unique_ptr<LedgerClient> own_ledger(ledger::Ledger& ledger, PublishedIndex* published) {
  return std::make_unique<OwnLedger>(ledger, published);
}

AccountSender::AccountSender(LedgerClient& ledger, std::string network, const AccountId& account, const Signer& signer)
    : ledger_(ledger), network_(std::move(network)), account_(account), signer_(&signer) {}

AccountSender::AccountSender(LedgerClient& ledger, std::string network, const AccountId& account, std::function<const Signer&()> renew)
    : ledger_(ledger), network_(std::move(network)), account_(account), renew_(std::move(renew)), signer_(&renew_()) {}

ledger::Applied AccountSender::send(const ledger::Body& body, const std::function<void(const std::string&)>& before) {
  ledger::Applied applied = try_send(body, before);
  if (applied.refusal != ledger::Refusal::none) fail_refused(applied);
  return applied;
}

ledger::Applied AccountSender::try_send(const ledger::Body& body, const std::function<void(const std::string&)>& before) {
  return try_send([&](int64_t nonce, int64_t valid_until_ms, const Signer& signer) {
    return ledger::sign_transaction(network_, account_, nonce, valid_until_ms, body, signer);
  }, before);
}

ledger::Applied AccountSender::try_send(const ledger::Batch& batch) {
  return try_send([&](int64_t nonce, int64_t valid_until_ms, const Signer& signer) {
    return ledger::sign_batch(network_, account_, nonce, valid_until_ms, batch, signer);
  }, {});
}

ledger::Applied AccountSender::try_send(const Sign& sign, const std::function<void(const std::string&)>& before) {
  const std::lock_guard lock(mutex_);
  for (int attempt = 1;; ++attempt) {
    const int64_t nonce = ledger_.account(account_).nonce + 1;
    const std::string envelope = sign(nonce, now_ms() + kTransactionValidMs, *signer_);
    if (before) before(envelope);
    ledger::Applied applied = ledger_.submit(envelope);
    if (applied.refusal == ledger::Refusal::wrong_key && renew_) {
      const Signer& renewed = renew_();
      if (renewed.public_key() == signer().public_key()) return applied;
      signer_ = &renewed;
    } else if (applied.refusal != ledger::Refusal::bad_nonce) {
      return applied;
    }
    if (attempt == kNonceTriesMax) return applied;
  }
}

void fail_refused(const ledger::Applied& applied) {
  const auto hint = [&]() -> std::string {
    if (applied.refusal == ledger::Refusal::insufficient_funds) return "see what you have: ain ledger balance";
    if (applied.refusal == ledger::Refusal::spend_limit) return "see its limit: ain account keys; a run asks for less with --timeout";
    return "";
  };
  throw Error(ledger::refusal_kind(applied.refusal),
              fmt::format("the ledger refused: {}", applied.reason.empty()
                                                        ? std::string(ledger::refusal_text(applied.refusal))
                                                        : applied.reason),
              hint());
}

}  // namespace ain::remote
