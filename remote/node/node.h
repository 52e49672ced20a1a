// One `ain serve` process: a node with any of the roles provider, host (repositories) and ledger, behind one HTTP server.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/paths.h"
#include "exec/backend.h"
#include "remote/network.h"
#include "remote/node/ledger_limits.h"

namespace ain::remote {

enum class Role { provider, host, ledger };
Role parse_role(std::string_view name);  // throws `usage`
std::string_view role_name(Role role);

struct NodeConfig {
  Paths paths;
  Network network;
  std::set<Role> roles;
  LedgerRates rates;                       // of role ledger
  std::set<NodeId> witnesses;              // of role ledger: whose cosignatures it publishes
  std::optional<JoinUrl> follow;           // of role ledger where another node keeps it: whose log to follow
  AccountId account;                       // who is paid
  std::function<std::vector<std::shared_ptr<const Signer>>()> keys;  // of it, the newest first: that in force signs offers, leases, notes
  std::string host = "127.0.0.1";          // to listen on
  uint16_t port = kDefaultPort;            // 0: any
  std::string public_host;                 // what others are told; empty: host
  int64_t price_per_second = 0;            // µAIN a GPU or core
  int64_t run_us_max = int64_t{24} * 3600 * 1'000'000;  // the longest lease taken
  bool allow_unsandboxed = false;          // jobs asked with `--sandbox none` by this same account over the Unix socket
  int64_t payer_wait_ms = 60'000;          // after a job's end, for its payer's final voucher
  int64_t idle_exit_ms = 0;                // leave when nothing has happened for so long; 0: stay
  std::string program;                     // ain itself, for hooks
  std::function<void(const std::string&)> log;
};

class Node {
 public:
  explicit Node(NodeConfig config);
  ~Node();

  // Opens stores, adopts jobs of an earlier process, binds, registers the offer. Throws what is wrong.
  void start();
  Endpoint address() const;         // "https://127.0.0.1:7433"
  NodeId id() const;
  bool idle_expired() const;        // idle_exit_ms has passed
  // Takes no new jobs, withdraws the offer, waits for running jobs up to `grace_ms`, then leaves them to their shims: the next
  // start adopts them. Jobs not yet running are handed back (released).
  void drain(int64_t grace_ms);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ain::remote
