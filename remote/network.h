// A network as this machine knows it: its genesis, and how to reach its ledger. Kept in <config>/networks/NAME.toml and
// NAME.genesis.json; joined by one URL that pins the network's id and the node's key:
//   ain+https://HOST:PORT/?network=lab-0123…&node=node1…
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/paths.h"
#include "ledger/genesis.h"
#include "remote/http/client.h"

namespace ain::remote {

inline constexpr uint16_t kDefaultPort = 7433;
inline constexpr const char* kLocalNetwork = "local";

struct Network {
  std::string name;              // on this machine
  ledger::Genesis genesis;
  Endpoint node;                 // of the node that keeps the ledger; always with its key
  bool local = false;            // the embedded one: its node is started on demand

  std::string id() const { return ledger::network_id(genesis); }
};

struct JoinUrl {
  Endpoint node;
  std::string network_id;
  std::string text() const;
};
JoinUrl parse_join_url(std::string_view url);  // throws `usage`

// Writes genesis and network file for a network whose ledger this machine's node will keep. Makes the node's key and the treasury's
// (an account file of that name in <data>/node) when missing. Throws `failed` when the name is taken.
Network create_network(const Paths& paths, const std::string& name, Amount supply, Amount faucet, const ledger::Parameters& parameters,
                       const std::string& host, uint16_t port);
// Fetches the genesis from the node, checks it against the URL, writes the network file. `name` empty: the genesis' name.
Network join_network(const Paths& paths, const JoinUrl& url, const std::string& name);
std::vector<std::string> network_names(const Paths& paths);  // "local" first, always there
// Throws `usage` naming the nearest. "local" is made on first use.
Network load_network(const Paths& paths, const std::string& name);

// Where a node of this home keeps what belongs to a network: <data>/node/NAME; its key is <data>/node/key.
std::filesystem::path node_folder(const Paths& paths, const std::string& network);
std::filesystem::path ledger_folder(const Paths& paths, const std::string& network);  // in it
std::filesystem::path node_lock(const Paths& paths, const std::string& network);      // in it; held while a node serves
std::filesystem::path node_key_file(const Paths& paths);
std::unique_ptr<Signer> node_key(const Paths& paths);  // of that file, made on first use
std::filesystem::path treasury_key_file(const Paths& paths, const std::string& network);
std::filesystem::path node_socket(const Paths& paths, const std::string& network);  // in <runtime>

// How to talk to the network's ledger from here: the Unix socket when this home's own node is running, else the network's endpoint. For
// "local" starts the node (`ain serve --network local`, in the background, gone after some idle minutes) and waits until it answers.
Endpoint reach_node(const Paths& paths, const Network& network);

}  // namespace ain::remote
