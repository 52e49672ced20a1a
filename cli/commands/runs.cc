// Runs that were started: finding, watching and ending them.
#include <deque>
#include <set>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/account_keys.h"
#include "cli/context.h"
#include "cli/run_view.h"
#include "exec/job.h"
#include "remote/http/sse.h"
#include "remote/run/match.h"

namespace ain::cli {
namespace {

constexpr int64_t kRowsDefault = 100, kRowsMax = 10'000;
constexpr int64_t kTailMax = 1'000'000;

Json parsed(const std::string& text) { return text.empty() ? Json() : parse_json(text, "the run's record"); }

// The command as people wrote it, as far as it fits a line.
std::string command_of(const remote::RunRow& row) {
  const Json spec = parsed(row.spec);
  if (const std::string name = spec.value("name", ""); !name.empty()) return name;
  std::vector<std::string> words;
  for (const Json& word : spec.value("command", Json::array())) words.push_back(word.get<std::string>());
  constexpr size_t kShown = 40;
  std::string text = join(words, " ");
  if (width_of(text) > kShown) text = text.substr(0, kShown) + "…";
  return sanitize(text);
}

Json to_json(const remote::RunRow& row) {
  return {{"run", row.id},
          {"state", remote::run_state_name(row.state)},
          {"network", row.network},
          {"account", row.account},
          {"provider", row.provider.empty() ? Json() : Json(row.provider)},
          {"folder", row.folder},
          {"job", row.job_digest},
          {"escrow", row.escrow.empty() ? Json() : Json(row.escrow)},
          {"detached", row.detached},
          {"created", row.created_ms},
          {"updated", row.updated_ms},
          {"exit_code", remote::is_terminal(row.state) ? Json(row.exit_code) : Json()},
          {"result", parsed(row.result)}};
}

int list(Context& context, bool all) {
  remote::RunStore store(context.paths.state);
  const int64_t limit = context.options.integer("limit", 1, kRowsMax).value_or(kRowsDefault);
  std::vector<std::vector<std::string>> rows;
  for (const remote::RunRow& row : store.list(all, limit)) {
    if (context.out.json()) {
      context.out.document(to_json(row));
      continue;
    }
    const bool ended = remote::is_terminal(row.state);
    const int64_t age_ms = std::max<int64_t>(0, now_ms() - row.created_ms);
    rows.push_back({row.id, std::string(remote::run_state_name(row.state)), ended ? std::to_string(row.exit_code) : "",
                    duration_text(age_ms / 1000 * 1'000'000), row.provider.substr(0, 12), command_of(row)});
  }
  if (context.out.json()) return 0;
  if (rows.empty()) context.out.talk(all ? "nothing was run from this home yet" : "nothing is running; all runs: ain ps -a");
  else context.out.write_table({"run", "state", "exit", "started", "provider", "job"}, rows, {2, 3});
  return 0;
}

// A run goes on as the account and on the network it was started with.
remote::RunContext context_of(Context& context, const remote::RunRow& row) {
  const Account account = context.accounts().get(row.account_name);
  const remote::Network network = remote::load_network(context.paths, row.network);
  std::unique_ptr<remote::LedgerClient> ledger;
  const auto reach = [&]() -> remote::LedgerClient& {
    ledger = remote::http_ledger(remote::reach_node(context.paths, network));
    return *ledger;
  };
  return {context.paths, network, account.name, account.id, signer_on_ledger(account, reach)};
}

// What became of runs that nobody follows, as far as their network can be asked.
void refresh(Context& context) {
  std::set<std::pair<std::string, std::string>> asked;
  for (const remote::RunRow& row : remote::RunStore(context.paths.state).unfinished()) {
    if (!asked.emplace(row.network, row.account_name).second) continue;
    try {
      for (const std::string& line : remote::Runner(context_of(context, row)).reconcile()) context.out.say("{}", line);
    } catch (const Error& error) {
      context.out.say("not up to date: {}", error.message());
    }
  }
}

int ps(Context& context) {
  refresh(context);
  return list(context, context.options.flag("all"));
}
int runs(Context& context) {
  refresh(context);
  return list(context, true);
}

// The run that is named, else the newest that has not ended, else the newest.
remote::RunRow find_run(Context& context) {
  remote::RunStore store(context.paths.state);
  if (const auto id = context.options.text("RUN")) return store.get(*id);
  for (const bool all : {false, true}) {
    const auto newest = store.list(all, 1);
    if (!newest.empty()) return newest.front();
  }
  fail_with_hint(ErrorKind::failed, "start one: ain run", "nothing was run from this home yet");
}

int follow(Context& context, bool logs, bool stop) {
  const remote::RunRow row = find_run(context);
  RunView view(context.out, {}, stop);
  Interrupts interrupts(context.out);
  remote::Follow follow = view.follow(interrupts);
  follow.logs = logs;
  try {
    remote::Runner runner(context_of(context, row));
    const int code = stop ? runner.stop(row.id, follow) : runner.follow(row.id, follow);
    return exit_code_of(code);
  } catch (const Error& error) {
    view.broke_off(error, row.id);
    throw;
  }
}

int attach(Context& context) { return follow(context, true, false); }
int wait(Context& context) { return follow(context, false, false); }

int stop(Context& context) {
  const int code = follow(context, false, true);
  // To have been stopped is what was asked for.
  return code == static_cast<int>(ErrorKind::stopped) ? 0 : code;
}

int logs(Context& context) {
  const remote::RunRow row = find_run(context);
  if (row.escrow.empty()) fail(ErrorKind::failed, "run '{}' never reached a provider, so it has no output", row.id);
  const remote::RunContext run = context_of(context, row);
  const bool follow = context.options.flag("follow");
  const auto tail = context.options.integer("tail", 0, kTailMax);
  RunView view(context.out, {});
  Interrupts interrupts(context.out);
  std::deque<Json> last;
  const auto on_message = [&](const remote::SseEvent& message) {
    const Json event = parse_json(message.data, "an event of the provider");
    if (event.value("event", "") != "log") return true;
    if (!tail || follow) {
      view.on_event(event);
    } else {
      last.push_back(event);
      if (static_cast<int64_t>(last.size()) > *tail) last.pop_front();
    }
    return true;
  };
  remote::SseParser parser;
  remote::RequestOptions stream;
  stream.signer = run.signer.get();
  stream.total = std::chrono::milliseconds(0);
  stream.response_bytes_max = 0;
  stream.cancelled = [&] { return interrupts.wish() != remote::Wish::go_on; };
  stream.on_chunk = [&](std::string_view bytes) { return parser.feed(bytes, on_message); };
  remote::HttpClient client(remote::endpoint_of(run, row.endpoint, NodeId::parse(row.node)));
  remote::HttpRequest request("GET", fmt::format("/v1/jobs/{}/events?from=0&log=0&follow={}", row.escrow, follow ? 1 : 0));
  throw_if_error(client.request(std::move(request), stream));
  for (const Json& event : last) view.on_event(event);
  return 0;
}

void declare_list(Declaration& options) {
  options.flag("all", 'a', "also those that have ended").value("limit", 'n', "N", "at most so many (default: 100)");
}
void declare_runs(Declaration& options) { options.value("limit", 'n', "N", "at most so many (default: 100)"); }
void declare_one(Declaration& options) {
  options.positional("RUN", "its id or the beginning of it (default: the newest one)", false);
}
void declare_logs(Declaration& options) {
  declare_one(options);
  options.flag("follow", 'f', "go on as more comes").value("tail", 'n', "N", "only the last N pieces");
}

}  // namespace

extern const Command ps_command, queue_command, runs_command, logs_command, attach_command, wait_command, stop_command,
    cancel_command;
const Command ps_command = {.name = "ps",
                            .group = Group::run,
                            .summary = "List the runs of this home that have not ended",
                            .needs = {},
                            .declare = declare_list,
                            .run = ps,
                            .json_lines = true};
const Command queue_command = {.name = "queue",
                               .group = Group::run,
                               .summary = "List the runs of this home that have not ended",
                               .needs = {},
                               .declare = declare_list,
                               .run = ps,
                               .alias_of = "ps",
                               .json_lines = true};
const Command runs_command = {.name = "runs",
                              .group = Group::run,
                              .summary = "List all runs of this home",
                              .needs = {},
                              .declare = declare_runs,
                              .run = runs,
                              .json_lines = true};
const Command logs_command = {.name = "logs",
                              .group = Group::run,
                              .summary = "Show what a run has written",
                              .needs = {},
                              .declare = declare_logs,
                              .run = logs,
                              .json_lines = true};
const Command attach_command = {.name = "attach",
                                .group = Group::run,
                                .summary = "Watch a run from here on, with its exit code",
                                .needs = {},
                                .declare = declare_one,
                                .run = attach,
                                .json_lines = true};
const Command wait_command = {.name = "wait",
                              .group = Group::run,
                              .summary = "Wait for a run's end, with its exit code",
                              .needs = {},
                              .declare = declare_one,
                              .run = wait,
                              .json_lines = true};
const Command stop_command = {.name = "stop",
                              .group = Group::run,
                              .summary = "Stop a run and settle what it cost",
                              .needs = {},
                              .declare = declare_one,
                              .run = stop,
                              .json_lines = true};
const Command cancel_command = {.name = "cancel",
                                .group = Group::run,
                                .summary = "Stop a run and settle what it cost",
                                .needs = {},
                                .declare = declare_one,
                                .run = stop,
                                .alias_of = "stop",
                                .json_lines = true};

}  // namespace ain::cli
