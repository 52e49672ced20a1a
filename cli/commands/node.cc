#include "base/error.h"
#include "cli/context.h"
#include "remote/http/client.h"

namespace ain::cli {
namespace {

std::string plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.contains("message")) return value.at("message").get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int status(Context& context) {
  const auto socket = remote::node_socket(context.paths, context.network().name);
  if (!std::filesystem::exists(socket)) {
    fail_with_hint(ErrorKind::unreachable, "start it: ain serve", "no node of this home is running for network '{}'",
                   context.network().name);
  }
  const Json node = remote::HttpClient(remote::Endpoint::unix_socket(socket)).get("/v1/node");
  if (context.out.json()) {
    context.out.document(node);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : node.items()) rows.push_back({name, context.out.shown(plain(value))});
  context.out.write(table({"", ""}, rows));
  return 0;
}

}  // namespace

extern const Command node_status_command;
const Command node_status_command = {.name = "node status",
                                     .group = Group::provider,
                                     .summary = "Show what this home's own node is doing",
                                     .needs = {.network = true},
                                     .declare = nullptr,
                                     .run = status};

}  // namespace ain::cli
