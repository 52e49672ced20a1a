#include "cli/git_remote_ain.h"

#include <unistd.h>

#include <csignal>

#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/accounts.h"
#include "cli/config.h"
#include "cli/git.h"
#include "cli/output.h"
#include "cli/repository_setup.h"
#include "remote/http/certificate.h"
#include "remote/network.h"
#include "remote/token.h"
#include "repo/identity.h"

namespace ain::cli {
namespace {

struct Host {
  NodeId id;
  std::string url;  // "https://host:port"
};

std::optional<std::string> setting(const Config& config, const char* variable, const char* key) {
  if (auto value = environment_variable(variable); value && !value->empty()) return value;
  if (const auto values = config.find(key)) return values->front();
  return std::nullopt;
}

// What the node at `endpoint` says of itself, when it hosts repositories.
std::optional<Host> ask_host(const remote::Endpoint& endpoint) {
  const Json node = remote::HttpClient(endpoint).get("/v1/node");
  const Json roles = node.value("roles", Json::array());
  if (std::find(roles.begin(), roles.end(), "host") == roles.end()) return std::nullopt;
  Host host{NodeId::parse(node.value("id", "")), node.value("endpoint", "")};
  if (endpoint.node && host.id != *endpoint.node) {
    fail(ErrorKind::bad_signature, "the node at '{}' says it is another one", endpoint.text());
  }
  // What the pinned key vouches for is its own address; over the network it is known already.
  if (!endpoint.local()) host.url = endpoint.text();
  if (!host.url.starts_with("https://")) fail(ErrorKind::unreachable, "the node at '{}' does not listen for git", endpoint.text());
  return host;
}

Host find_host(const Paths& paths, const remote::Network& network) {
  const remote::Endpoint nearest_node = remote::reach_node(paths, network);
  if (auto host = ask_host(nearest_node)) return *host;
  // This home's own node may only let hardware; the network's node is asked next.
  if (nearest_node.local() && !network.local) {
    if (auto host = ask_host(network.node)) return *host;
  }
  fail_with_hint(ErrorKind::unreachable, "start one there: ain serve --roles host,…",
                 "no node of network '{}' hosts repositories", network.name);
}

// git takes settings for one URL from the environment; they win over what the user has set for all.
class GitEnvironment {
 public:
  explicit GitEnvironment(std::string url) : url_(std::move(url)) {}

  void set(const std::string& name, const std::string& value) { settings_.emplace_back("http." + url_ + '.' + name, value); }
  void set_general(const std::string& name, const std::string& value) { settings_.emplace_back(name, value); }

  std::vector<std::string> build() const {
    int64_t count = 0;
    std::vector<std::string> environment;
    for (const std::string& variable : current_environment()) {
      if (variable.starts_with("GIT_CONFIG_COUNT=")) {
        count = parse_integer(variable.substr(17), 0, 100000).value_or(0);
      } else if (!variable.starts_with("GIT_CURL_VERBOSE=") && !variable.starts_with("GIT_SSL_")) {
        environment.push_back(variable);
      }
    }
    for (const auto& [name, value] : settings_) {
      environment.push_back(fmt::format("GIT_CONFIG_KEY_{}={}", count, name));
      environment.push_back(fmt::format("GIT_CONFIG_VALUE_{}={}", count, value));
      ++count;
    }
    environment.push_back(fmt::format("GIT_CONFIG_COUNT={}", count));
    // The token must not be shown by a trace.
    environment.emplace_back("GIT_TRACE_REDACT=1");
    return environment;
  }

 private:
  std::string url_;
  std::vector<std::pair<std::string, std::string>> settings_;
};

// After a rotation the host goes by the old key until it has the identity that names the new one.
std::shared_ptr<const Signer> delegate_key(const Account& account, const std::string& remote) {
  if (account.has_one_key()) return signer_of(account);
  const auto repository = repo::Repository::discover(environment_variable("GIT_DIR").value_or("."));
  const auto theirs = repository ? repository->reference(theirs_reference(remote)) : std::nullopt;
  const auto identity = theirs ? repo::read_identity_at(*repository, *theirs) : std::nullopt;
  for (const auto& signer : signers_of(account)) {
    if (identity && identity->is_delegate(account_of(signer->public_key()))) return signer;
  }
  return signer_of(account);
}

void hand_over(const std::vector<std::string>& arguments) {
  if (arguments.size() != 2) {
    fail_with_hint(ErrorKind::usage, "git clone ain://repo1…", "git-remote-ain is for git to start, with a remote and a URL");
  }
  const auto repository = repo::parse_repository_url(arguments[1]);
  if (!repository) {
    fail_with_hint(ErrorKind::usage, "it is written ain://repo1…", "'{}' is no repository's URL", sanitize(arguments[1]));
  }
  const Paths paths = Paths::from_environment();
  const Config config = Config::load(paths);
  const remote::Network network =
      remote::load_network(paths, setting(config, "AIN_NETWORK", "network").value_or(remote::kLocalNetwork));
  const Host host = find_host(paths, network);
  const std::string url = fmt::format("{}/git/{}", host.url, repository->text());
  GitEnvironment git(url);
  // The certificate is self-signed: the pinned key is what counts, and no other check can replace or soften it.
  git.set("pinnedPubkey", remote::spki_pin(host.id));
  git.set("sslVerify", "false");
  git.set("sslVersion", "tlsv1.3");
  git.set("followRedirects", "false");
  git.set("proxy", "");
  git.set("cookieFile", "");
  git.set("extraHeader", "");
  git.set_general("credential.helper", "");
  // Reading is for everybody: without an account, or with a key that is locked, a fetch still works.
  const auto account = Accounts(paths).current(setting(config, "AIN_ACCOUNT", "account"));
  if (account) {
    try {
      // A repository knows its delegates by their keys, whatever account such a key was registered with later.
      const auto signer = delegate_key(*account, arguments[0]);
      git.set("extraHeader", "Authorization: Bearer " + remote::make_token(account_of(signer->public_key()), *signer, host.id, now_ms()));
    } catch (const Error& error) {
      print_error(error, false, false);
    }
  }
  exec_program({"git", "remote-https", arguments[0], url}, git.build());
}

}  // namespace

int run_git_remote(const std::vector<std::string>& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    hand_over(arguments);
    return 0;
  } catch (const Error& error) {
    print_error(error, false, color_wanted(STDERR_FILENO, false));
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    print_error(Error(ErrorKind::bug, error.what()), false, false);
    return static_cast<int>(ErrorKind::bug);
  }
}

}  // namespace ain::cli
