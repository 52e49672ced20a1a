#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/funds.h"
#include "cli/listen.h"
#include "cli/parameters.h"
#include "cli/proposal.h"

namespace ain::cli {
namespace {

std::string join_url(const remote::Network& network) { return remote::JoinUrl{network.node, network.id()}.text(); }

Json to_json(const remote::Network& network, bool is_current) {
  const ledger::Genesis& genesis = network.genesis;
  return {{"name", network.name},
          {"network", network.id()},
          {"current", is_current},
          {"node", network.node.node ? Json(network.node.node->text()) : Json()},
          {"endpoint", network.node.text()},
          {"join", network.local ? Json() : Json(join_url(network))},
          {"supply", genesis.supply.micro()},
          {"faucet", genesis.faucet.micro()},
          {"royalty_ppm", genesis.royalty_ppm},
          {"treasury", account_of(genesis.treasury).text()},
          {"sequencer", base64url_encode(as_view(genesis.sequencer.bytes))}};  // whose signature makes a checkpoint, as a JWK's x
}

void use_from_now_on(Context& context, const std::string& name) {
  context.config.set("network", {name});
  context.config.save();
}

// Prints a network that was just made or joined, and makes it the one in use.
int announce(Context& context, const remote::Network& network, std::string_view what) {
  use_from_now_on(context, network.name);
  if (context.out.json()) {
    context.out.document(to_json(network, true));
    return 0;
  }
  context.out.line("{}", join_url(network));
  context.out.say("{} '{}', {}; it is the one in use from now on", what, network.name, network.id());
  return 0;
}

int create(Context& context) {
  const Values& options = context.options;
  const Listen listen = parse_listen(options.text_or("listen", ""), {"127.0.0.1", remote::kDefaultPort});
  const Amount supply = Amount::parse(options.text_or("supply", "1000000"));
  const Amount faucet = Amount::parse(options.text_or("faucet", "0"));
  const remote::Network network = remote::create_network(context.paths, *options.text("NAME"), supply, faucet,
                                                         parameters_from(context, ledger::Parameters{}),
                                                         options.text_or("public-host", listen.host), listen.port);
  const int code = announce(context, network, "made network");
  context.out.say("start its node: ain serve; others join: ain network join URL");
  return code;
}

int join_by_url(Context& context) {
  const remote::JoinUrl url = remote::parse_join_url(*context.options.text("URL"));
  return announce(context, remote::join_network(context.paths, url, context.options.text_or("name", "")), "joined network");
}

int list(Context& context) {
  const std::string current = context.network_name();
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : remote::network_names(context.paths)) {
    const remote::Network network = remote::load_network(context.paths, name);
    if (context.out.json()) context.out.document(to_json(network, name == current));
    rows.push_back({name == current ? "*" : "", name, network.id(), network.local ? "on this machine" : network.node.text()});
  }
  if (!context.out.json()) context.out.write_table({"", "name", "network", "node"}, rows);
  return 0;
}

int show(Context& context) {
  const auto named = context.options.text("NAME");
  const remote::Network network = named ? remote::load_network(context.paths, *named) : context.network();
  if (context.out.json()) {
    context.out.document(to_json(network, network.name == context.network_name()));
    return 0;
  }
  const ledger::Genesis& genesis = network.genesis;
  std::vector<std::vector<std::string>> rows = {
      {"name", network.name},
      {"network", network.id()},
      {"node", network.local ? "on this machine, started when needed" : network.node.text()},
      {"supply", genesis.supply.text()},
      {"faucet", genesis.faucet.micro() == 0 ? "none" : genesis.faucet.text() + " once an account"},
      {"royalty", fmt::format("{}.{:02} % of the compute price, where a repository names no rate", genesis.royalty_ppm / 10'000,
                              genesis.royalty_ppm % 10'000 / 100)},
      {"treasury", account_of(genesis.treasury).text()}};
  if (!network.local) rows.push_back({"join", join_url(network)});
  context.out.write(table({"", ""}, rows));
  return 0;
}

int use(Context& context) {
  const std::string name = *context.options.text("NAME");
  remote::load_network(context.paths, name);
  use_from_now_on(context, name);
  context.out.say("network '{}' is the one in use from now on", name);
  return 0;
}

int parameters(Context& context) {
  const ledger::ParametersState state = context.ledger().parameters();
  if (context.out.json()) {
    context.out.document({{"sequence", state.sequence}, {"parameters", ledger::to_json(state.parameters)}});
    return 0;
  }
  auto rows = parameter_rows(state.parameters);
  rows.push_back({"changed", state.sequence == 0 ? "never" : fmt::format("{} times", state.sequence)});
  context.out.write(table({"", ""}, rows));
  return 0;
}

int propose(Context& context) {
  const ledger::ParametersState state = context.ledger().parameters();
  const ledger::ParametersChange change{.parameters = parameters_from(context, state.parameters), .sequence = state.sequence + 1};
  if (change.parameters == state.parameters) {
    fail_with_hint(ErrorKind::usage, "say what is to change, as --fee 2%", "the parameters are so already");
  }
  const ledger::Body body = change;
  confirm(context, proposal_text(context, body), "nothing was proposed");
  return put_forward(context, body);
}

void declare_propose(Declaration& options) {
  declare_parameters(options);
  options.flag("yes", 'y', "do not ask");
}

void declare_create(Declaration& options) {
  options.positional("NAME", "lower-case letters, digits and '-'")
      .value("supply", 0, "AIN", "all the money there will ever be (default: 1000000)")
      .value("faucet", 0, "AIN", "given once to each account that asks (default: 0, no faucet)")
      .value("listen", 0, "HOST:PORT", "where its node will listen (default: 127.0.0.1:7433)")
      .value("public-host", 0, "HOST", "how others reach that host (default: as it listens)");
  declare_parameters(options);
}
void declare_join(Declaration& options) {
  options.positional("URL", "ain+https://…, as `ain network create` printed it")
      .value("name", 0, "NAME", "what to call it here (default: its own name)");
}
void declare_show(Declaration& options) { options.positional("NAME", "the network (default: the one in use)", false); }
void declare_use(Declaration& options) { options.positional("NAME", "the network"); }

}  // namespace

extern const Command network_create_command, network_join_command, network_list_command, network_show_command,
    network_use_command, network_parameters_command, network_propose_command;
const Command network_create_command = {.name = "network create",
                                        .group = Group::places,
                                        .summary = "Found a network whose ledger this machine keeps",
                                        .needs = {},
                                        .declare = declare_create,
                                        .run = create};
const Command network_join_command = {.name = "network join",
                                      .group = Group::places,
                                      .summary = "Join a network by its URL",
                                      .needs = {},
                                      .declare = declare_join,
                                      .run = join_by_url};
const Command network_list_command = {.name = "network list",
                                      .group = Group::places,
                                      .summary = "List the networks known here",
                                      .needs = {},
                                      .declare = nullptr,
                                      .run = list,
                                      .json_lines = true};
const Command network_show_command = {.name = "network show",
                                      .group = Group::places,
                                      .summary = "Show a network and its join URL",
                                      .needs = {},
                                      .declare = declare_show,
                                      .run = show};
const Command network_use_command = {.name = "network use",
                                     .group = Group::places,
                                     .summary = "Use a network from now on",
                                     .needs = {},
                                     .declare = declare_use,
                                     .run = use};
const Command network_parameters_command = {.name = "network parameters",
                                            .group = Group::places,
                                            .summary = "Show the fee, the smallest bond, the governors and the arbiters",
                                            .needs = {.network = true},
                                            .declare = nullptr,
                                            .run = parameters};
const Command network_propose_command = {.name = "network propose",
                                         .group = Group::places,
                                         .summary = "Propose other parameters, for a quorum of the governors to approve",
                                         .needs = {.account = true, .network = true},
                                         .declare = declare_propose,
                                         .run = propose};

}  // namespace ain::cli
