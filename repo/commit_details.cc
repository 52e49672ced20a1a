#include "repo/commit_details.h"

#include "base/error.h"
#include "base/text.h"
#include "repo/git_program.h"

namespace ain::repo {
namespace {

constexpr std::string_view kFormat = "%H%x00%h%x00%P%x00%aN%x00%aE%x00%ad%x00%at%x00%cN%x00%cE%x00%cd%x00%ct%x00%B%x00";
constexpr size_t kFields = 12;

std::string first_line(std::string_view message) {
  while (!message.empty()) {
    const size_t end = message.find('\n');
    const std::string_view line = message.substr(0, end);
    if (!trim(line).empty()) return std::string(line);
    if (end == message.npos) break;
    message.remove_prefix(end + 1);
  }
  return {};
}

Signature signature(const std::vector<std::string>& fields, size_t at) {
  return {fields[at], fields[at + 1], fields[at + 2], parse_integer(fields[at + 3], INT64_MIN, INT64_MAX).value_or(0)};
}

}  // namespace

std::vector<CommitDetails> commit_details(const Repository& repository, const std::vector<ObjectId>& commits,
                                          const std::string& date_mode) {
  if (commits.empty()) return {};
  GitCall call;
  call.arguments = {"-c",      "log.showSignature=false", "log",
                    "--stdin", "--no-walk=unsorted",      "--no-color",
                    "--no-notes", "--date=" + date_mode, fmt::format("--format={}", kFormat)};
  call.environment = environment_for(repository);
  // Objects are read as they are, here as in the walk.
  call.environment.emplace_back("GIT_NO_REPLACE_OBJECTS=1");
  call.environment.emplace_back("GIT_GRAFT_FILE=/dev/null");
  const std::string input = join(commits, "\n") + "\n";
  call.input = input;
  const std::vector<std::string> fields = split(run_git(call, "cannot read who wrote commits"), '\0');
  std::vector<CommitDetails> result;
  for (size_t i = 0; i + kFields <= fields.size(); i += kFields) {
    CommitDetails details{std::string(trim(fields[i])), fields[i + 1], fields[i + 2].empty()};
    details.author = signature(fields, i + 3);
    details.committer = signature(fields, i + 7);
    details.summary = first_line(fields[i + 11]);
    if (details.summary.empty()) details.summary = "(" + details.commit + ")";
    result.push_back(std::move(details));
  }
  if (result.size() != commits.size()) fail(ErrorKind::failed, "git tells {} of {} commits", result.size(), commits.size());
  return result;
}

}  // namespace ain::repo
