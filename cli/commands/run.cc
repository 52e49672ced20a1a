#include "cli/run_request.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "cli/context.h"
#include "cli/funds.h"
#include "cli/offers_view.h"
#include "cli/repository_setup.h"
#include "cli/run_view.h"

namespace ain::cli {
namespace {

// What people call the accounts that may be paid.
std::map<std::string, std::string> account_names(Context& context, const repo::Identity& identity) {
  std::map<std::string, std::string> names;
  for (const repo::Delegate& delegate : identity.delegates) names[account_of(delegate.key).text()] = delegate.name;
  for (const Account& account : context.accounts().list()) names[account.id.text()] = account.name;
  return names;
}

// A job has no stdin yet. An empty pipe, /dev/null and a terminal are what scripts and people have anyway; what somebody wrote into a
// pipe or a file is meant for the job.
bool has_input() {
  struct stat info {};
  if (fstat(STDIN_FILENO, &info) != 0) return false;
  if (S_ISREG(info.st_mode)) return lseek(STDIN_FILENO, 0, SEEK_CUR) < info.st_size;
  int waiting = 0;
  return (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)) && ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting > 0;
}

void warn_of_input(Output& out) {
  if (!has_input()) return;
  out.talk_always("warning: a job has no stdin yet, so what comes in here is not passed on; put it in a file of the repository, or say </dev/null");
}

int follow_to_end(remote::Runner& runner, const remote::RunRequest& request, const remote::RunPlan& plan, Context& context,
                  const remote::Follow& follow, std::string& id) {
  id = runner.start(context.repository(), request, plan, follow);
  if (!request.detach) return exit_code_of(runner.follow(id, follow));
  if (context.out.json()) {
    context.out.document({{"event", "detached"}, {"run", id}, {"time", now_ms()}});
  } else {
    context.out.line("{}", id);
    context.out.say("it goes on by itself; watch it: ain attach {0}; wait for its end: ain wait {0}", id);
  }
  return 0;
}

int run(Context& context) {
  const remote::RunRequest request = request_of(context.options);
  const repo::Identity identity = need_identity(context);
  RunView view(context.out, account_names(context, identity));
  Interrupts interrupts(context.out);
  const remote::Follow follow = view.follow(interrupts);
  std::string id;
  try {
    remote::Runner runner(context.run_context());
    for (const std::string& line : runner.reconcile()) context.out.talk(line);
    ensure_funds(context);
    warn_of_input(context.out);
    const remote::RunPlan plan = runner.plan(context.repository(), request, follow);
    view.quoted(plan);
    if (interrupts.wish() != remote::Wish::go_on) fail(ErrorKind::stopped, "stopped before any money moved");
    return follow_to_end(runner, request, plan, context, follow, id);
  } catch (const Error& error) {
    view.broke_off(error, id);
    throw;
  }
}

int quote(Context& context) {
  const remote::RunRequest request = request_of(context.options);
  const repo::Identity identity = need_identity(context);
  RunView view(context.out, account_names(context, identity));
  remote::Runner runner(context.run_context());
  const remote::Follow silent = {.on_event = [](const Json&) {}, .wish = [] { return remote::Wish::go_on; }};
  const remote::RunPlan plan = runner.plan(context.repository(), request, silent);
  if (context.out.json()) {
    Json document = plan.summary();
    document["candidates"] = Json::array();
    for (const remote::Candidate& candidate : plan.candidates) document["candidates"].push_back(to_json(candidate));
    context.out.document(document);
    return 0;
  }
  print_candidates(context.out, plan.candidates, true);
  view.quoted(plan);
  return 0;
}

}  // namespace

extern const Command run_command, quote_command;
const Command run_command = {.name = "run",
                             .group = Group::run,
                             .summary = "Run a commit on somebody's hardware, and pay for it",
                             .needs = {.repository = true, .account = true, .network = true},
                             .declare = declare_request,
                             .run = run,
                             .json_lines = true};
const Command quote_command = {.name = "quote",
                               .group = Group::run,
                               .summary = "Ask what a run would cost, and start nothing",
                               .needs = {.repository = true, .account = true, .network = true},
                               .declare = declare_request,
                               .run = quote};

}  // namespace ain::cli
