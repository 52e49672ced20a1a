#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/context.h"
#include "cli/listen.h"
#include "remote/node/node.h"

namespace ain::cli {
namespace {

constexpr const char* kDefaultPrice = "0.36/h";
constexpr int64_t kRateMax = 1'000'000;
constexpr int64_t kDrainGraceMs = 60'000;
constexpr timespec kSignalWait = {.tv_sec = 1, .tv_nsec = 0};

// Before any thread is there, so that all inherit it and the signals wait for sigtimedwait below.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

bool keeps_ledger(Context& context) {
  const auto key_file = remote::node_key_file(context.paths);
  return std::filesystem::exists(key_file) && load_public_key(key_file) == context.network().genesis.sequencer;
}

std::set<remote::Role> roles_of(Context& context) {
  using remote::Role;
  std::set<Role> roles;
  const auto text = context.options.text("roles");
  if (!text) {
    if (context.options.text("follow")) return {Role::ledger};
    if (keeps_ledger(context)) return {Role::provider, Role::host, Role::ledger};
    return {Role::provider};
  }
  for (const std::string& name : split(*text, ',')) roles.insert(remote::parse_role(trim(name)));
  return roles;
}

// The ledger's node must be where the network file says; any other may take any port that is free.
Listen listen_of(Context& context, const std::set<remote::Role>& roles) {
  const remote::Network& network = context.network();
  Listen fallback = {"127.0.0.1", 0};
  const bool keeps = roles.contains(remote::Role::ledger) && !context.options.text("follow");
  if (!network.local && keeps) fallback = {network.node.host, network.node.port};
  return parse_listen(context.options.text_or("listen", ""), fallback);
}

// Nothing: this machine keeps the ledger itself, or none.
std::optional<remote::JoinUrl> followed(Context& context, const std::set<remote::Role>& roles) {
  const auto text = context.options.text("follow");
  if (!text) return std::nullopt;
  const remote::JoinUrl url = remote::parse_join_url(*text);
  if (url.network_id != context.network().id()) {
    fail_with_hint(ErrorKind::usage, "join it first: ain network join '" + *text + "'", "'{}' is of the network '{}', and '{}' is in use",
                   sanitize(*text), sanitize(url.network_id), context.network().id());
  }
  if (!roles.contains(remote::Role::ledger)) fail_with_hint(ErrorKind::usage, "add it: --roles ledger", "only the role ledger follows a ledger");
  return url;
}

std::set<NodeId> witnesses(Context& context) {
  std::set<NodeId> nodes;
  for (const std::string& id : split(context.options.text_or("witness", ""), ',')) {
    if (!trim(id).empty()) nodes.insert(NodeId::parse(trim(id)));
  }
  if (nodes.size() > ledger::kWitnessesMax) fail(ErrorKind::usage, "a ledger has at most {} witnesses", ledger::kWitnessesMax);
  return nodes;
}

remote::NodeConfig node_config(Context& context) {
  const Values& options = context.options;
  remote::NodeConfig config;
  config.paths = context.paths;
  config.network = context.network();
  config.roles = roles_of(context);
  config.follow = followed(context, config.roles);
  config.witnesses = witnesses(context);
  config.rates.reads = options.integer("reads", 0, kRateMax).value_or(config.rates.reads);
  config.rates.sends = options.integer("sends", 0, kRateMax).value_or(config.rates.sends);
  config.account = context.account().id;
  config.keys = [accounts = context.accounts(), name = context.account().name] { return signers_of(accounts.get(name)); };
  const Listen listen = listen_of(context, config.roles);
  config.host = listen.host;
  config.port = listen.port;
  config.public_host = options.text_or("public-host", "");
  config.price_per_second = parse_price_per_second(options.text_or("price", kDefaultPrice));
  if (const auto longest = options.duration_ms("max-run")) config.run_us_max = *longest * 1000;
  config.allow_unsandboxed = true;
  config.payer_wait_ms = options.duration_ms("payer-wait").value_or(config.payer_wait_ms);
  config.idle_exit_ms = options.duration_ms("idle-exit").value_or(0);
  config.program = std::filesystem::read_symlink("/proc/self/exe").string();
  Output& out = context.out;
  config.log = [&out](const std::string& line) { out.talk(fmt::format("{} {}", rfc3339(now_ms()), sanitize(line))); };
  return config;
}

void announce(Context& context, const remote::NodeConfig& config, const remote::Node& node) {
  std::vector<std::string> roles;
  for (const remote::Role role : config.roles) roles.emplace_back(remote::role_name(role));
  const std::string price = config.roles.contains(remote::Role::provider)
                                ? fmt::format(" at {} a GPU or core", price_text(config.price_per_second))
                                : "";
  context.out.say("serving {} on {} for network '{}' as {}{}", join(roles, ","), node.address().text(), config.network.name,
                  node.id().text(), price);
  if (config.follow) context.out.say("following {}", config.follow->text());
  if (config.roles.contains(remote::Role::ledger) && !config.network.local) {
    context.out.say("join: {}", remote::JoinUrl{config.follow ? node.address() : config.network.node, config.network.id()}.text());
  }
}

// Waits for a signal or the end of idle time; true: a signal.
bool wait_for_end(const sigset_t& signals, const remote::Node& node) {
  for (;;) {
    if (sigtimedwait(&signals, nullptr, &kSignalWait) > 0) return true;
    if (node.idle_expired()) return false;
  }
}

int run(Context& context) {
  const sigset_t signals = block_signals();
  const remote::NodeConfig config = node_config(context);
  remote::Node node(config);
  node.start();
  announce(context, config, node);
  if (!wait_for_end(signals, node)) {
    context.out.say("nothing has happened for {}, leaving", duration_text(config.idle_exit_ms * 1000));
    node.drain(0);
    return 0;
  }
  context.out.say("draining: no new jobs; a second signal leaves at once, and running jobs go on under their shims");
  std::thread impatient([signals] {
    if (sigwaitinfo(&signals, nullptr) > 0) _exit(0);
  });
  // It waits for a signal that may never come; the process ends without it.
  impatient.detach();
  node.drain(context.options.duration_ms("grace").value_or(kDrainGraceMs));
  return 0;
}

void declare(Declaration& options) {
  options
      .value("roles", 0, "ROLES", "of provider,host,ledger (default: provider; all where this machine keeps the ledger)")
      .value("follow", 0, "URL", "with the role ledger: follow and check the ledger of the node with this join URL")
      .value("witness", 0, "NODE,…", "where this node keeps the ledger: publish the cosignatures of these followers")
      .value("reads", 0, "N", "requests a second to the ledger from one address, 0: no limit (default: 1000)")
      .value("sends", 0, "N", "transactions a second of one account, four times that from one address, 0: no limit (default: 1000)")
      .value("price", 0, "PRICE", "in AIN for a leased GPU or, without GPU, core (default: 0.36/h)")
      .value("listen", 0, "HOST:PORT", "where to listen (default: the network file's address, else any port on 127.0.0.1)")
      .value("public-host", 0, "HOST", "what others are told to connect to (default: as it listens)")
      .value("max-run", 0, "DURATION", "the longest lease to take (default: 24h)")
      .value("payer-wait", 0, "DURATION", "how long to wait after a job's end for a payer who has gone (default: 60s)")
      .value("grace", 0, "DURATION", "how long to wait for running jobs at the end (default: 60s)")
      .value("idle-exit", 0, "DURATION", "leave when nothing has happened for so long")
      .hidden();
}

}  // namespace

extern const Command serve_command;
const Command serve_command = {.name = "serve",
                               .group = Group::provider,
                               .summary = "Let this machine's idle hardware to others, host repositories, keep a ledger",
                               .needs = {.account = true, .network = true},
                               .declare = declare,
                               .run = run};

}  // namespace ain::cli
