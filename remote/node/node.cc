#include "remote/node/node.h"

#include <sys/prctl.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "base/text.h"
#include "base/time.h"
#include "remote/http/server.h"
#include "remote/http/signature.h"
#include "remote/known_log.h"
#include "remote/node/host_role.h"
#include "remote/node/last_use.h"
#include "remote/node/ledger_role.h"
#include "remote/node/log_follower.h"
#include "remote/node/provider_role.h"

namespace ain::remote {
namespace {

constexpr int64_t kOfferValidMs = 60 * 60'000;
constexpr int64_t kOfferRenewMs = 20 * 60'000;
constexpr int64_t kOfferRetryMs = 5000;
constexpr int64_t kHousekeepingMs = 1000;
constexpr int64_t kRememberEveryMs = 10'000;
constexpr int64_t kPredecessorWaitMs = 10'000;
constexpr int64_t kForgetEveryMs = 60 * 60'000;
constexpr auto kServerStopGrace = std::chrono::milliseconds(2000);
constexpr auto kNoGrace = std::chrono::milliseconds(0);

}  // namespace

Role parse_role(std::string_view name) {
  if (name == "provider") return Role::provider;
  if (name == "host") return Role::host;
  if (name == "ledger") return Role::ledger;
  fail_with_hint(ErrorKind::usage, "the roles are provider, host and ledger", "'{}' is not a role", sanitize(name));
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::provider: return "provider";
    case Role::host: return "host";
    case Role::ledger: return "ledger";
  }
  return "";
}

struct Node::Impl {
  explicit Impl(NodeConfig given) : config(std::move(given)) {}

  bool has(Role role) const { return config.roles.contains(role); }

  void open_stores();
  void open_ledger();
  [[noreturn]] void fail_unbonded(const ledger::Applied& applied);
  const Signer& key_in_force();   // kept until the end, as the sender refers to it
  void open_provider();
  void start_server();
  HttpResponse handle(const HttpRequest& request);
  HttpResponse route(const HttpRequest& request);
  std::optional<HttpResponse> admit(HttpRequest& request);
  std::optional<PublicKey> caller_of(const HttpRequest& request);
  HttpResponse health() const;
  Json status() const;
  Endpoint address() const;
  void send_offer();
  void offer_or_log();
  void keep_house();
  void reap_overdue();
  void check_served();
  void remember_served();

  NodeConfig config;
  std::filesystem::path folder;
  std::optional<FileLock> lock;            // one node a home and network
  std::shared_ptr<const Signer> key;       // the node's
  NodeId id;
  std::unique_ptr<ledger::Ledger> ledger;
  std::unique_ptr<PublishedIndex> published;
  std::unique_ptr<LedgerClient> leader_client;  // of a follower
  std::unique_ptr<Witness> witness;
  std::unique_ptr<LogFollower> follower;
  std::unique_ptr<LedgerClient> ledger_client;
  std::vector<std::shared_ptr<const Signer>> used_keys;
  std::unique_ptr<AccountSender> sender;
  std::unique_ptr<exec::Backend> backend;
  std::unique_ptr<CodeCache> code;
  std::unique_ptr<JobTable> jobs;
  std::unique_ptr<Capacity> capacity;
  std::unique_ptr<ProviderRole> provider;
  std::unique_ptr<HostRole> host;
  std::unique_ptr<LedgerRole> ledger_role;
  std::unique_ptr<NonceCache> nonces;
  LastUse last_used;  // outlives the server, whose streams touch it
  std::unique_ptr<HttpServer> server;
  std::thread housekeeper;
  int64_t remembered_size = -1;  // by remember_served()
  int64_t offered_ms = 0;
  std::mutex mutex;
  std::condition_variable stopping;
  bool stopped = false;
  std::atomic<bool> ready = false;  // what it has to offer is on the ledger, or was tried
  std::atomic<bool> drained = false;
};

void Node::Impl::open_stores() {
  folder = node_folder(config.paths, config.network.name);
  make_private_folder(folder);
  make_private_folder(config.paths.runtime);
  // A node that is started on demand may find its predecessor on the way out.
  const int64_t until = now_ms() + (config.idle_exit_ms > 0 ? kPredecessorWaitMs : 0);
  while (!(lock = FileLock::try_acquire(node_lock(config.paths, config.network.name))) && now_ms() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  if (!lock) {
    fail_with_hint(ErrorKind::failed, "see it: ain node status", "a node of this home serves the network '{}' already",
                   config.network.name);
  }
  key = node_key(config.paths);
  id = node_of(key->public_key());
  if (has(Role::ledger)) open_ledger();
  ledger_client = ledger && !follower ? own_ledger(*ledger, published.get()) : http_ledger(config.network.node);
  sender = std::make_unique<AccountSender>(*ledger_client, config.network.id(), config.account,
                                           [this]() -> const Signer& { return key_in_force(); });
}

const Signer& Node::Impl::key_in_force() {
  const auto all = config.keys();
  for (const auto& each : all) {
    if (all.size() > 1 && !speaks_for(*ledger_client, each->public_key(), config.account)) continue;
    used_keys.push_back(each);
    return *each;
  }
  fail_with_hint(ErrorKind::bad_signature, "see which: ain account keys", "no key of '{}' here speaks for it on network '{}'",
                 config.account.text(), config.network.name);
}

void Node::Impl::open_ledger() {
  const Network& network = config.network;
  const bool keeps = network.genesis.sequencer == key->public_key();
  if (keeps && config.follow) {
    fail_with_hint(ErrorKind::usage, "serve without --follow", "this node keeps the ledger of '{}' itself", network.name);
  }
  if (config.follow && config.follow->node.node == id) {
    fail_with_hint(ErrorKind::usage, "take the URL of the node that keeps the ledger: ain network show", "this node would follow itself");
  }
  if (!keeps && !config.follow) {
    fail_with_hint(ErrorKind::usage, "serve without it: ain serve --roles provider,host; or follow it: ain serve --roles ledger --follow URL",
                   "the ledger of '{}' is kept by the node {}", network.name, node_of(network.genesis.sequencer).text());
  }
  ledger = std::make_unique<ledger::Ledger>(ledger_folder(config.paths, network.name), network.genesis, keeps ? key : nullptr);
  ledger->check();  // before anybody is served: a damaged ledger must not look like a node that answers
  if (keeps) check_served();
  if (config.follow) {
    leader_client = http_ledger(config.follow->node, [this] { return drained.load(); });
    witness = std::make_unique<Witness>(*ledger, key);
    follower = std::make_unique<LogFollower>(
        *ledger, *leader_client, *witness,
        LogFollower::Config{*config.follow->node.node, config.follow->text(), alarm_file(config.paths, network.name), config.log});
  }
  published = std::make_unique<PublishedIndex>(*ledger, folder / "published.db");
  ledger_role = std::make_unique<LedgerRole>(
      *ledger, LedgerRole::Config{config.follow ? config.follow->text() : "", witness.get(), published.get(), config.witnesses, config.rates, config.log});
}

// A ledger that was lost, or put back as it was, would take money back that was paid.
void Node::Impl::check_served() {
  const auto file = served_log_file(config.paths, config.network);
  const KnownLog served = read_known_log(file);
  const int64_t size = ledger->size();
  const auto refuse = [&](std::string what) {
    fail_with_hint(ErrorKind::verification, fmt::format("put it back: ain ledger restore FILE; to go on from what is there all the same: rm '{}'", file.string()),
                   "the ledger of '{}' {}", config.network.name, what);
  };
  if (size < served.size) refuse(fmt::format("has {} transactions, and this node has served {}: it was lost, or put back", size, served.size));
  if (served.size > 0 && ledger->log_root(served.size) != served.root) {
    refuse(fmt::format("does not begin with the {} transactions that this node has served: it was replaced", served.size));
  }
  remember_served();
}

void Node::Impl::remember_served() {
  const ledger::LogTree log = ledger->log_tree();
  if (log.size() == remembered_size) return;
  write_known_log(served_log_file(config.paths, config.network), {log.size(), log.root()});
  remembered_size = log.size();
}

void Node::Impl::open_provider() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // shims detach; in a container nobody else may be there to take their exit status
  backend = exec::local_backend(exec::find_shim());
  code = std::make_unique<CodeCache>(folder / "code", folder / "repositories");
  make_private_folder(folder / "jobs");
  jobs = std::make_unique<JobTable>(folder / "jobs");
  capacity = std::make_unique<Capacity>(exec::find_hardware());
  auto services = std::unique_ptr<JobServices>(new JobServices{
      .ledger = *ledger_client, .sender = *sender, .backend = *backend, .code = *code, .table = *jobs, .capacity = *capacity,
      .network = config.network.id(), .royalty_default_ppm = config.network.genesis.royalty_ppm,
      .environments = config.paths.cache / "environments", .payer_wait_ms = config.payer_wait_ms, .log = config.log});
  make_private_folder(config.paths.cache / "environments");
  provider = std::make_unique<ProviderRole>(
      std::move(services), folder / "jobs",
      ProviderRole::Terms{.node = id, .price_per_second = config.price_per_second, .run_us_max = config.run_us_max,
                          .allow_unsandboxed = config.allow_unsandboxed});
}

void Node::Impl::start_server() {
  HttpServer::Config http;
  http.address = config.host;
  http.port = config.port;
  http.unix_path = node_socket(config.paths, config.network.name);
  http.seed = load_key_seed(node_key_file(config.paths));
  http.temporary_folder = folder / "incoming";
  make_private_folder(http.temporary_folder);
  http.handler = [this](const HttpRequest& request) { return handle(request); };
  http.quick = [this](const HttpRequest& request) { return ledger_role && LedgerRole::is_quick(request); };
  http.body_limit = [this](std::string_view method, std::string_view path) -> int64_t {
    if (host && path.starts_with("/git/")) return host->body_limit(path);
    if (provider) return provider->body_limit(method, path);
    return static_cast<int64_t>(kBodyInMemoryMax);
  };
  http.admission = [this](HttpRequest& request) { return admit(request); };
  http.log = [this](std::string_view line) { config.log(std::string(line)); };
  server = std::make_unique<HttpServer>(std::move(http));
  server->start();
}

HttpResponse Node::Impl::handle(const HttpRequest& request) {
  // Being asked for its state does not keep an idle node alive; being used does.
  if (request.path != "/v1/node" && request.path != "/healthz") last_used.touch();
  HttpResponse response = route(request);
  if (response.stream) response.stream = last_used.touched_by(std::move(response.stream));
  return response;
}

// Large bodies are pushes and a job's objects.
std::optional<HttpResponse> Node::Impl::admit(HttpRequest& request) {
  if (host && request.path.starts_with("/git/")) return host->admit(request);
  request.signer = verify_headers(request, true, id, now_ms(), *nonces);
  if (provider) provider->admit(request, request.signer);
  return std::nullopt;
}

// Only where it matters who asks: a nonce takes room, and strangers must not be able to fill it elsewhere.
std::optional<PublicKey> Node::Impl::caller_of(const HttpRequest& request) {
  if (!provider || !request.path.starts_with("/v1/jobs")) return std::nullopt;
  if (!request.signer) return verify_request(request, id, now_ms(), *nonces);
  check_body(request);
  return request.signer;
}

HttpResponse Node::Impl::route(const HttpRequest& request) {
  if (request.path == "/healthz") return health();
  if (request.path == "/v1/node" && request.method == "GET") return json_response(200, status());
  if (host && request.path.starts_with("/git/")) return host->handle(request);
  const std::optional<PublicKey> caller = caller_of(request);
  if (ledger_role) {
    if (auto response = ledger_role->handle(request)) return std::move(*response);
  }
  if (provider) {
    if (auto response = provider->handle(request, caller)) return std::move(*response);
  }
  fail_not_found("such page on this node");
}

HttpResponse Node::Impl::health() const {
  const auto complaint = follower ? follower->complaint() : std::nullopt;
  return complaint ? text_response(503, *complaint + "\n") : text_response(200, "ok\n");
}

Json Node::Impl::status() const {
  Json roles = Json::array();
  for (const Role role : config.roles) roles.push_back(role_name(role));
  Json status = {{"id", id.text()},
                 {"endpoint", address().text()},
                 {"roles", roles},
                 {"network", config.network.id()},
                 {"account", sender->account().text()},
                 {"ready", ready.load()},
                 {"draining", drained.load()}};
  if (provider) {
    status["hardware"] = exec::to_json(capacity->hardware());
    status["price_per_second"] = config.price_per_second;
    status["jobs"] = provider->active();
  }
  if (follower) {
    status["follows"] = follower->status();
    if (const auto alarm = follower->alarm()) status["alarm"] = to_json(*alarm);
  }
  return status;
}

Endpoint Node::Impl::address() const {
  return Endpoint::tcp(config.public_host.empty() ? config.host : config.public_host, server->port(), id);
}

void Node::Impl::send_offer() {
  const exec::Hardware& hardware = capacity->hardware();
  ledger::Offer offer{.node = id, .endpoint = address().text(), .price_per_second = config.price_per_second, .cpus = hardware.cpus,
                      .memory_bytes = hardware.memory_bytes, .run_within_ms = config.run_us_max / 1000,
                      .valid_for_ms = kOfferValidMs};
  for (const exec::Gpu& gpu : hardware.gpus) {
    if (offer.gpus.size() < ledger::kGpusMax) offer.gpus.push_back(gpu.model);
  }
  const ledger::Applied applied = sender->try_send(offer);
  if (applied.refusal == ledger::Refusal::bond_needed) fail_unbonded(applied);
  if (applied.refusal != ledger::Refusal::none) fail_refused(applied);
}

void Node::Impl::fail_unbonded(const ledger::Applied& applied) {
  const Amount standing = bond_of(*ledger_client, config.account).standing();
  const Amount needed = ledger_client->parameters().parameters.bond_min;
  const Amount rest = needed > standing ? needed - standing : Amount();  // they are asked for one by one, and move
  const std::string hint = fmt::format("put the rest there: ain ledger bond deposit {}u", rest.micro());
  fail_with_hint(ErrorKind::no_money, hint, "{}", applied.reason);
}

// Running jobs do not depend on the offer: a ledger that does not answer now is asked again later. So is one that this node keeps and that
// wants a bond first, as that could be put there nowhere else.
void Node::Impl::offer_or_log() {
  try {
    send_offer();
    offered_ms = now_ms();
  } catch (const Error& error) {
    const bool may_wait = error.kind() == ErrorKind::unreachable || (ledger && error.kind() == ErrorKind::no_money);
    if (!may_wait) throw;
    config.log(fmt::format("not offered yet: {}{}", error.message(), error.hint().empty() ? "" : "; " + error.hint()));
    offered_ms = now_ms() - kOfferRenewMs + kOfferRetryMs;
  }
}

void Node::Impl::reap_overdue() {
  for (const Digest& escrow : ledger->overdue(now_ms())) {
    const ledger::Applied applied = sender->try_send(ledger::Reap{escrow});
    if (applied.refusal == ledger::Refusal::none) config.log("ended an escrow past its deadline");
  }
}

void Node::Impl::keep_house() {
  int64_t forgot_ms = 0, remembered_ms = now_ms();
  std::unique_lock guard(mutex);
  while (!stopped) {
    guard.unlock();
    try {
      if (ledger && !follower) reap_overdue();
      if (ledger && !follower && now_ms() - remembered_ms > kRememberEveryMs) {
        remembered_ms = now_ms();
        remember_served();
      }
      if (provider && now_ms() - offered_ms > kOfferRenewMs) offer_or_log();
      if (provider && now_ms() - forgot_ms > kForgetEveryMs) {
        forgot_ms = now_ms();
        provider->forget_old();
      }
    } catch (const std::exception& error) {
      config.log(error.what());
    }
    guard.lock();
    stopping.wait_for(guard, std::chrono::milliseconds(kHousekeepingMs), [this] { return stopped; });
  }
}

Node::Node(NodeConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {
  if (!impl_->config.log) impl_->config.log = [](const std::string&) {};
}

Node::~Node() {
  if (impl_->server && !impl_->drained) drain(0);
}

void Node::start() {
  Impl& node = *impl_;
  node.last_used.touch();
  node.open_stores();
  node.nonces = std::make_unique<NonceCache>(now_ms());
  if (node.has(Role::host)) node.host = std::make_unique<HostRole>(node.folder, node.id, node.config.program);
  if (node.has(Role::provider)) node.open_provider();
  // Jobs first: a payer that comes back must find them followed, and their hardware taken.
  if (node.provider) node.provider->adopt();
  node.start_server();
  if (node.follower) node.follower->start();
  if (node.provider) node.offer_or_log();
  node.ready = true;
  node.housekeeper = std::thread([&node] { node.keep_house(); });
}

Endpoint Node::address() const { return impl_->address(); }
NodeId Node::id() const { return impl_->id; }

bool Node::idle_expired() const {
  const Impl& node = *impl_;
  if (node.config.idle_exit_ms == 0 || (node.provider && node.provider->active() > 0)) return false;
  return node.last_used.age_ms() > node.config.idle_exit_ms;
}

void Node::drain(int64_t grace_ms) {
  Impl& node = *impl_;
  if (node.drained.exchange(true)) return;
  {
    const std::lock_guard guard(node.mutex);
    node.stopped = true;
    node.stopping.notify_all();
  }
  if (node.housekeeper.joinable()) node.housekeeper.join();
  if (node.follower) node.follower->stop();
  if (node.provider) {
    try {
      node.sender->try_send(ledger::OfferWithdraw{node.id});
    } catch (const Error& error) {
      node.config.log(error.message());
    }
    // The server stays up meanwhile: payers still sign vouchers and fetch outputs.
    node.provider->drain(grace_ms);
  }
  node.server->stop(grace_ms > 0 ? kServerStopGrace : kNoGrace);
  if (!node.ledger || node.follower) return;
  try {
    node.remember_served();
  } catch (const std::exception& error) {
    node.config.log(error.what());
  }
}

}  // namespace ain::remote
