#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "cli/git.h"
#include "repo/commits.h"
#include "repo/snapshot.h"

namespace ain::cli {
namespace {

namespace fs = std::filesystem;

// git runs hooks; ain's own commit does not. Where one is installed, git does the whole work.
bool has_commit_hooks(const repo::Repository& repository) {
  const auto configured = repository.config("core.hooksPath");
  const fs::path hooks = configured ? repository.work_folder() / *configured : repository.git_folder() / "hooks";
  for (const char* name : {"pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"}) {
    if (access((hooks / name).c_str(), X_OK) == 0) return true;
  }
  return false;
}

[[noreturn]] void commit_by_git(Context& context) {
  const Values& options = context.options;
  std::vector<std::string> arguments = {"commit"};
  for (const std::string& message : options.texts("message")) arguments.insert(arguments.end(), {"-m", message});
  if (const auto file = options.text("file")) arguments.insert(arguments.end(), {"-F", *file});
  for (const char* flag : {"all", "amend", "no-edit", "allow-empty", "quiet"}) {
    if (options.flag(flag)) arguments.push_back(fmt::format("--{}", flag));
  }
  exec_git(context, arguments);
}

// "[main 1a2b3c4] message" and what changed, as git says it.
void print_commit(Context& context, const repo::ObjectId& commit, bool is_root, const std::string& message) {
  repo::Repository& repository = context.repository();
  if (context.out.json()) {
    context.out.document({{"commit", commit},
                          {"tree", repository.tree_of(commit)},
                          {"branch", repository.head_name()},
                          {"account", context.account().id.text()}});
    return;
  }
  if (context.out.quiet()) return;
  const std::string_view subject = trim(std::string_view(message).substr(0, message.find('\n')));
  context.out.line("[{}{} {}] {}", repository.head_name(), is_root ? " (root-commit)" : "", commit.substr(0, 7), subject);
  context.out.write(git_output({"diff-tree", "--root", "--no-commit-id", "--shortstat", "--summary", "-r", "-M", commit}));
}

int run(Context& context) {
  repo::Repository& repository = context.repository();
  const Values& options = context.options;
  const auto messages = options.texts("message");
  const bool by_git = messages.empty() || options.flag("amend") || options.flag("allow-empty") || options.text("file");
  // The account's key must be at hand and allowed before git asks for it.
  repo::allow_signer(repository, context.account().key, context.account().name);
  if (by_git || has_commit_hooks(repository)) commit_by_git(context);
  if (options.flag("all")) git_output({"add", "--update", ":/"});
  const bool is_root = !repository.head_commit();
  const std::string message = join(messages, "\n\n");
  const repo::ObjectId commit = repo::commit_index(repository, message, *context.signer());
  print_commit(context, commit, is_root, message);
  return 0;
}

void declare(Declaration& options) {
  options.list("message", 'm', "TEXT", "what and why; several become paragraphs (without: your editor)")
      .value("file", 'F', "FILE", "take the message from FILE")
      .flag("all", 'a', "with all changes to tracked files")
      .flag("amend", 0, "replace the last commit")
      .flag("no-edit", 0, "with --amend: keep its message")
      .flag("allow-empty", 0, "even if nothing changed");
}

}  // namespace

extern const Command commit_command;
const Command commit_command = {.name = "commit",
                                .group = Group::repository,
                                .summary = "Record what was added, signed by your account",
                                .needs = {.repository = true, .account = true},
                                .declare = declare,
                                .run = run};

}  // namespace ain::cli
