#include "remote/network.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/encoding.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "base/toml.h"

namespace ain::remote {
namespace {

constexpr std::string_view kScheme = "ain+https://";
constexpr size_t kNetworkNameMax = 32;
constexpr int64_t kStartWaitMs = 15'000;
constexpr const char* kLocalIdleExit = "10m";
constexpr size_t kLogBytesMax = 64 << 20;
const Amount kLocalSupply = Amount::micro(1'000'000 * kMicroPerAin);
const Amount kLocalFaucet = Amount::micro(1'000 * kMicroPerAin);

void check_name(const std::string& name) {
  const bool good = !name.empty() && name.size() <= kNetworkNameMax && name[0] != '-' &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                    });
  if (!good) {
    fail_with_hint(ErrorKind::usage, "use small letters, digits and '-', at most 32", "'{}' is not a name for a network",
                   sanitize(name));
  }
}

std::filesystem::path networks_folder(const Paths& paths) { return paths.config / "networks"; }
std::filesystem::path network_file(const Paths& paths, const std::string& name) {
  return networks_folder(paths) / (name + ".toml");
}
std::filesystem::path genesis_file(const Paths& paths, const std::string& name) {
  return networks_folder(paths) / (name + ".genesis.json");
}

std::string file_text(const Network& network) {
  std::string text = fmt::format("# Written by ain. How to reach the network '{}'.\nid = {}\nnode = {}\n", network.name,
                                 toml_quote(network.id()), toml_quote(network.node.node->text()));
  if (!network.node.local()) {
    text += fmt::format("host = {}\nport = {}\n", toml_quote(network.node.host), network.node.port);
  }
  return text;
}

// Genesis first: a network exists once its .toml does, so a crash between the two leaves nothing that looks joined.
void write_network(const Paths& paths, const Network& network) {
  make_private_folder(networks_folder(paths));
  write_file_atomic(genesis_file(paths, network.name), canonical(ledger::to_json(network.genesis)) + "\n");
  write_file_atomic(network_file(paths, network.name), file_text(network));
}

// The key of that file, made on first use; two processes at once end up with the same one.
std::unique_ptr<Signer> key_at(const std::filesystem::path& file, const std::string& comment) {
  make_private_folder(file.parent_path());
  const FileLock lock = FileLock::acquire(file.string() + ".lock");
  if (std::filesystem::exists(file)) return load_key_file(file);
  return create_key_file(file, comment);
}

ledger::Genesis make_genesis(const Paths& paths, const std::string& name, Amount supply, Amount faucet) {
  ledger::Genesis genesis;
  genesis.name = name;
  genesis.created_ms = now_ms();
  genesis.sequencer = node_key(paths)->public_key();
  genesis.treasury = key_at(treasury_key_file(paths, name), "ain treasury of " + name)->public_key();
  genesis.supply = supply;
  genesis.faucet = faucet;
  return genesis;
}

Network local_network(const Paths& paths) {
  make_private_folder(networks_folder(paths));
  const FileLock lock = FileLock::acquire(networks_folder(paths) / "local.lock");
  if (!std::filesystem::exists(network_file(paths, kLocalNetwork))) {
    Network network;
    network.name = kLocalNetwork;
    network.genesis = make_genesis(paths, kLocalNetwork, kLocalSupply, kLocalFaucet);
    network.node.unix_path = node_socket(paths, kLocalNetwork);
    network.node.node = node_of(network.genesis.sequencer);
    write_network(paths, network);
  }
  Network network;
  network.name = kLocalNetwork;
  network.local = true;
  return network;
}

Network read_network(const Paths& paths, Network network) {
  const auto file = network_file(paths, network.name);
  const std::string origin = "'" + file.string() + "'";
  const TomlDocument document = parse_toml(read_file(file), origin);
  document.check_keys("", document.value, {"id", "node", "host", "port"});
  ObjectReader reader(document.value, origin);
  const std::string id = reader.string("id");
  network.node.node = NodeId::parse(reader.string("node"));
  network.node.host = reader.string_or("host", "");
  network.node.port = static_cast<uint16_t>(reader.integer_or("port", kDefaultPort, 1, 65535));
  if (network.node.host.empty()) network.node.unix_path = node_socket(paths, network.name);
  const auto genesis = genesis_file(paths, network.name);
  network.genesis = ledger::genesis_from_json(parse_json(read_file(genesis), "'" + genesis.string() + "'"));
  if (network.id() != id) {
    fail_with_hint(ErrorKind::verification, "join the network again with its URL",
                   "'{}' is not the genesis of the network '{}'", genesis.string(), network.name);
  }
  return network;
}

bool answers(const std::filesystem::path& socket, const NodeId& node) {
  struct stat info {};
  if (stat(socket.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  try {
    HttpClient client(Endpoint::unix_socket(socket));
    RequestOptions options;
    options.total = std::chrono::milliseconds(3000);
    const Json status = client.get("/v1/node", options);
    // One that has just begun to serve has no offer on the ledger yet: who came for hardware would find none.
    return status.value("id", "") == node.text() && status.value("ready", true) && !status.value("draining", false);
  } catch (const Error&) {
    return false;
  }
}

// Of a node that ended before it served. A code that says nothing of a node means that it is not to be reached.
ErrorKind kind_of_exit_code(int exit_code) {
  for (const ErrorKind kind : {ErrorKind::exhausted, ErrorKind::verification, ErrorKind::bad_signature}) {
    if (static_cast<int>(kind) == exit_code) return kind;
  }
  return ErrorKind::unreachable;
}

// The last line of that kind ("error: ") in a log's text, without the word; empty when there is none.
std::string last_of_log(const std::vector<std::string>& lines, std::string_view word) {
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [&](const std::string& line) { return line.starts_with(word); });
  return last == lines.rend() ? "" : sanitize(last->substr(word.size()));
}

// Why the local node ended, by its exit code and by what it has written since `log` was `size_before` long. On a full disk it could
// not write a word.
[[noreturn]] void fail_not_started(const std::filesystem::path& log, size_t size_before, int exit_code) {
  const std::string text = read_file_if_exists(log, kLogBytesMax).value_or("");
  const auto lines = split(std::string_view(text).substr(std::min(size_before, text.size())), '\n');
  std::string why = last_of_log(lines, "error: "), hint = last_of_log(lines, "hint: ");
  const bool full = exit_code == static_cast<int>(ErrorKind::exhausted);
  if (why.empty()) {
    why = full ? fmt::format("the disk of '{}' is full", log.parent_path().string()) : fmt::format("it ended with code {}", exit_code);
  }
  if (hint.empty()) hint = full ? "free some disk space and try again" : fmt::format("read '{}'", log.string());
  fail_with_hint(kind_of_exit_code(exit_code), hint, "the local node does not start: {}", why);
}

// Starts the local node in a session of its own, so that it outlives the command that needed it.
void start_local_node(const Paths& paths, const Network& network) {
  make_private_folder(paths.runtime);
  const FileLock lock = FileLock::acquire(paths.runtime / "start.lock");
  const auto socket = node_socket(paths, network.name);
  if (answers(socket, *network.node.node)) return;  // somebody else started it meanwhile
  const auto folder = node_folder(paths, network.name);
  make_private_folder(folder);
  const auto log = folder / "serve.log";
  const Fd log_fd(open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log_fd) fail_errno(fmt::format("cannot write '{}'", log.string()));
  const auto size_before = static_cast<size_t>(std::max<off_t>(0, lseek(log_fd.get(), 0, SEEK_END)));
  ProcessSpec spec;
  spec.argv = {std::filesystem::read_symlink("/proc/self/exe").string(), "--network", network.name, "serve", "--idle-exit",
               kLocalIdleExit};
  spec.stderr_fd = log_fd.get();
  spec.stdout_fd = log_fd.get();
  spec.folder = "/";
  spec.new_session = true;
  Child child = spawn(spec);
  for (const int64_t until = now_ms() + kStartWaitMs; now_ms() < until;) {
    if (answers(socket, *network.node.node)) return;
    if (const auto exit_code = child.try_wait()) fail_not_started(log, size_before, *exit_code);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  fail_with_hint(ErrorKind::unreachable, fmt::format("read '{}'", log.string()), "the local node does not answer");
}

}  // namespace

std::string JoinUrl::text() const {
  return fmt::format("{}{}/?network={}&node={}", kScheme, node.authority(), network_id, node.node->text());
}

JoinUrl parse_join_url(std::string_view url) {
  const auto refuse = [&](std::string_view why) {
    fail_with_hint(ErrorKind::usage, "take the URL that 'ain network create' or 'ain network show' printed",
                   "'{}' is not a join URL: {}", sanitize(url.substr(0, 200)), why);
  };
  if (!url.starts_with(kScheme)) refuse(fmt::format("it does not start with {}", kScheme));
  const std::string_view rest = url.substr(kScheme.size());
  const size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  const size_t colon = authority.rfind(':');
  if (slash == std::string_view::npos || colon == std::string_view::npos || colon == 0) refuse("it names no host and port");
  const auto port = parse_integer(authority.substr(colon + 1), 1, 65535);
  if (!port) refuse("its port is not a number from 1 to 65535");
  const size_t question = rest.find('?');
  if (question == std::string_view::npos) refuse("it names no network");
  const auto query = parse_query(rest.substr(question + 1));
  if (!query.contains("network") || !query.contains("node")) refuse("it names no network and node");
  JoinUrl join;
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  join.node = Endpoint::tcp(std::string(host), static_cast<uint16_t>(*port), NodeId::parse(query.at("node")));
  join.network_id = query.at("network");
  return join;
}

Network create_network(const Paths& paths, const std::string& name, Amount supply, Amount faucet, const ledger::Parameters& parameters,
                       const std::string& host, uint16_t port) {
  ledger::check_parameters(parameters);
  check_name(name);
  if (name == kLocalNetwork) fail(ErrorKind::usage, "the network 'local' is always there; choose another name");
  if (supply.micro() <= 0 || supply.micro() > kAmountMax) {
    fail(ErrorKind::usage, "the supply must be above 0 and at most {}", Amount::micro(kAmountMax).text());
  }
  if (faucet > supply) fail(ErrorKind::usage, "the faucet gives more than the whole supply");
  make_private_folder(networks_folder(paths));
  const FileLock lock = FileLock::acquire(networks_folder(paths) / "create.lock");
  if (std::filesystem::exists(network_file(paths, name))) {
    fail_with_hint(ErrorKind::failed, "see it: ain network show " + name, "the network '{}' exists already", name);
  }
  Network network;
  network.name = name;
  network.genesis = make_genesis(paths, name, supply, faucet);
  network.genesis.parameters = parameters;
  network.node = Endpoint::tcp(host, port, node_of(network.genesis.sequencer));
  write_network(paths, network);
  return network;
}

Network join_network(const Paths& paths, const JoinUrl& url, const std::string& name) {
  HttpClient client(url.node);
  const HttpResponse response = client.request(HttpRequest("GET", "/v1/network"));
  if (response.status == 404) {
    fail_with_hint(ErrorKind::unreachable, "take the URL of a node with the ledger role", "the node at '{}' keeps no ledger",
                   url.node.text());
  }
  throw_if_error(response);
  Network network;
  network.genesis = ledger::genesis_from_json(parse_json(response.body, "the node's genesis", 64 << 10));
  network.node = url.node;
  if (network.id() != url.network_id) {
    fail_with_hint(ErrorKind::verification, "ask for the URL again: ain network show, on the node's side",
                   "the node at '{}' keeps the network '{}', not '{}'", url.node.text(), network.id(),
         sanitize(url.network_id));
  }
  network.name = name.empty() ? network.genesis.name : name;
  check_name(network.name);
  if (network.name == kLocalNetwork) {
    fail_with_hint(ErrorKind::usage, "give it another with --name", "the name 'local' is taken");
  }
  if (std::filesystem::exists(network_file(paths, network.name))) {
    if (load_network(paths, network.name).id() != network.id()) {
      fail_with_hint(ErrorKind::failed, "give it another name with --name", "another network is called '{}' here already",
                     network.name);
    }
  }
  write_network(paths, network);
  return network;
}

std::vector<std::string> network_names(const Paths& paths) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(networks_folder(paths), ignored)) {
    if (entry.path().extension() == ".toml" && entry.path().stem() != kLocalNetwork) names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  names.insert(names.begin(), kLocalNetwork);
  return names;
}

Network load_network(const Paths& paths, const std::string& name) {
  if (name == kLocalNetwork) return read_network(paths, local_network(paths));
  check_name(name);
  if (!std::filesystem::exists(network_file(paths, name))) {
    const std::string near = did_you_mean(name, network_names(paths));
    fail_with_hint(ErrorKind::usage, near.empty() ? "join it: ain network join URL" : near, "there is no network '{}' here",
                   name);
  }
  Network network;
  network.name = name;
  return read_network(paths, network);
}

std::filesystem::path node_folder(const Paths& paths, const std::string& network) { return paths.data / "node" / network; }
std::filesystem::path ledger_folder(const Paths& paths, const std::string& network) {
  return node_folder(paths, network) / "ledger";
}
std::filesystem::path node_lock(const Paths& paths, const std::string& network) { return node_folder(paths, network) / "lock"; }
std::filesystem::path node_key_file(const Paths& paths) { return paths.data / "node" / "key"; }
std::unique_ptr<Signer> node_key(const Paths& paths) { return key_at(node_key_file(paths), "ain node"); }
std::filesystem::path treasury_key_file(const Paths& paths, const std::string& network) {
  return node_folder(paths, network) / "treasury.key";
}
std::filesystem::path node_socket(const Paths& paths, const std::string& network) {
  return paths.runtime / (network + ".sock");
}

Endpoint reach_node(const Paths& paths, const Network& network) {
  const auto socket = node_socket(paths, network.name);
  if (network.local) {
    if (!answers(socket, *network.node.node)) start_local_node(paths, network);
    return Endpoint::unix_socket(socket, network.node.node);
  }
  std::error_code ignored;
  if (std::filesystem::exists(socket, ignored) && answers(socket, *network.node.node)) {
    return Endpoint::unix_socket(socket, network.node.node);
  }
  return network.node;
}

}  // namespace ain::remote
