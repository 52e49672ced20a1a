#include "cli/context.h"
#include "repo/snapshot.h"

namespace ain::cli {
namespace {

const char* word_of(char letter) {
  switch (letter) {
    case 'A': return "new file:   ";
    case 'D': return "deleted:    ";
    case 'R': return "renamed:    ";
    case 'T': return "typechange: ";
    case 'U': return "unmerged:   ";
    default: return "modified:   ";
  }
}

bool is_conflict(const repo::FileStatus& file) {
  return file.staged == 'U' || file.unstaged == 'U' || (file.staged == file.unstaged && (file.staged == 'A' || file.staged == 'D'));
}

void print_group(Output& out, const char* title, Style style, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  out.line("\n{}", title);
  for (const std::string& line : lines) out.line("  {}", out.styled(style, out.shown(line)));
}

void print(Context& context, const std::vector<repo::FileStatus>& files) {
  Output& out = context.out;
  repo::Repository& repository = context.repository();
  out.line("On branch {}", out.shown(repository.head_name()));
  if (const auto account = context.account_if_any()) {
    out.line("As '{}' on network '{}'", account->name, context.network_name());
  }
  if (!repository.head_commit()) out.line("No commits yet");
  std::vector<std::string> unmerged, staged, unstaged, untracked;
  for (const repo::FileStatus& file : files) {
    if (file.staged == '?') untracked.push_back(file.path);
    else if (is_conflict(file)) unmerged.push_back(file.path);
    else {
      if (file.staged != ' ') staged.push_back(word_of(file.staged) + file.path);
      if (file.unstaged != ' ') unstaged.push_back(word_of(file.unstaged) + file.path);
    }
  }
  print_group(out, "Unmerged paths:", Style::red, unmerged);
  print_group(out, "Changes to be committed:", Style::green, staged);
  print_group(out, "Changes not staged for commit:", Style::red, unstaged);
  print_group(out, "Untracked files:", Style::red, untracked);
  if (files.empty()) out.line("Nothing to commit, the work folder is clean");
}

int run(Context& context) {
  repo::Repository& repository = context.repository();
  const auto files = repo::status(repository);
  if (!context.out.json()) {
    print(context, files);
    return 0;
  }
  Json list = Json::array();
  for (const repo::FileStatus& file : files) {
    list.push_back({{"path", file.path}, {"staged", std::string(1, file.staged)}, {"unstaged", std::string(1, file.unstaged)}});
  }
  const auto head = repository.head_commit();
  const auto account = context.account_if_any();
  context.out.document({{"branch", repository.head_name()},
                        {"commit", head ? Json(*head) : Json()},
                        {"clean", files.empty()},
                        {"files", std::move(list)},
                        {"account", account ? Json(account->id.text()) : Json()},
                        {"network", context.network_name()}});
  return 0;
}

}  // namespace

extern const Command status_command;
const Command status_command = {.name = "status",
                                .group = Group::repository,
                                .summary = "Show what changed since the last commit",
                                .needs = {.repository = true},
                                .declare = nullptr,
                                .run = run};

}  // namespace ain::cli
