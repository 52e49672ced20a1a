// The pre-receive hook's judgement over one push.
#include <algorithm>
#include <cstdlib>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "remote/node/host_role.h"
#include "repo/identity.h"

namespace ain::remote {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNoObject = "0000000000000000000000000000000000000000";
constexpr size_t kRefNameMax = 256;

struct Update {
  std::string old_id, new_id, name;
  bool deletes() const { return new_id == kNoObject; }
};

bool is_object_id(std::string_view text) {
  return text.size() == kNoObject.size() && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::vector<Update> parse_updates(std::string_view text) {
  std::vector<Update> updates;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    const size_t id = kNoObject.size();
    if (line.size() < 2 * id + 3 || line[id] != ' ' || line[2 * id + 1] != ' ') fail(ErrorKind::refused, "git's list of updates is malformed");
    Update update{line.substr(0, id), line.substr(id + 1, id), line.substr(2 * id + 2)};
    if (!is_object_id(update.old_id) || !is_object_id(update.new_id)) fail(ErrorKind::refused, "git's list of updates is malformed");
    updates.push_back(std::move(update));
    if (updates.size() > kPushRefsMax) fail(ErrorKind::refused, "one push may touch {} references", kPushRefsMax);
  }
  return updates;
}

void check_name(const std::string& name) {
  if (name.size() > kRefNameMax) fail(ErrorKind::refused, "a reference's name may have {} bytes", kRefNameMax);
  if (!is_utf8(name) || sanitize(name) != name) fail(ErrorKind::refused, "'{}' is no name for a reference", sanitize(name));
  const bool allowed = name == repo::kIdentityRef || name.starts_with("refs/heads/") || name.starts_with("refs/tags/") ||
                       name.starts_with("refs/ain/runs/");
  if (!allowed) {
    fail_with_hint(ErrorKind::refused, "this node takes refs/heads/*, refs/tags/*, refs/ain/identity and refs/ain/runs/*",
                   "'{}' cannot be pushed", name);
  }
}

// A bare repository that sees what the push brings, whose objects git keeps in quarantine until it is taken.
class Scratch {
 public:
  explicit Scratch(const fs::path& git_folder)
      : folder_("ain-push"), repository_(repo::Repository::init(folder_.path(), true)) {
    std::string alternates = fs::absolute(git_folder / "objects").string() + '\n';
    if (const auto quarantine = environment_variable("GIT_OBJECT_DIRECTORY")) {
      alternates += fs::absolute(*quarantine).string() + '\n';
    }
    fs::create_directories(folder_.path() / "objects" / "info");
    write_file_atomic(folder_.path() / "objects" / "info" / "alternates", alternates);
    repository_ = repo::Repository::open(folder_.path());
  }

  const repo::Repository& repository() const { return repository_; }
  bool is_ancestor(const std::string& older, const std::string& newer) const {
    ProcessSpec spec{.argv = {"git", "-C", folder_.path().string(), "merge-base", "--is-ancestor", older, newer}};
    // Without git's own variables, which point at the repository of the push.
    std::vector<std::string> environment = current_environment();
    std::erase_if(environment, [](const std::string& variable) { return variable.starts_with("GIT_"); });
    environment.emplace_back("GIT_CONFIG_NOSYSTEM=1");
    environment.emplace_back("GIT_CONFIG_GLOBAL=/dev/null");
    environment.emplace_back("GIT_NO_REPLACE_OBJECTS=1");
    spec.environment = std::move(environment);
    return run_process(std::move(spec)).exit_code == 0;
  }

 private:
  TemporaryFolder folder_;
  repo::Repository repository_;
};

repo::Identity identity_at(const Scratch& scratch, const RepositoryId& id, const std::string& tip) {
  const auto identity = repo::read_identity_at(scratch.repository(), tip);
  if (!identity) fail(ErrorKind::refused, "the pushed identity cannot be read");
  if (identity->id != id) {
    fail(ErrorKind::bad_signature, "the pushed identity is that of '{}', not of '{}'", identity->id.text(), id.text());
  }
  return *identity;
}

}  // namespace

void check_push(const fs::path& git_folder, const RepositoryId& id, const AccountId& pusher, std::string_view updates_text) {
  const std::vector<Update> updates = parse_updates(updates_text);
  for (const Update& update : updates) check_name(update.name);
  const Scratch scratch(git_folder);
  const auto identity_update =
      std::find_if(updates.begin(), updates.end(), [](const Update& update) { return update.name == repo::kIdentityRef; });
  const bool changes_identity = identity_update != updates.end();
  if (changes_identity && identity_update->deletes()) fail(ErrorKind::refused, "a repository's identity cannot be deleted");

  const auto standing = repo::Repository::open(git_folder).reference(repo::kIdentityRef);
  if (!standing && !changes_identity) {
    fail_with_hint(ErrorKind::refused, "push with `ain push`, or also push refs/ain/identity",
                   "the first push to '{}' must carry its identity", id.text());
  }
  // Who may push is what the node knew before; the founder's word counts for the first push alone.
  const repo::Identity judge = identity_at(scratch, id, standing ? *standing : identity_update->new_id);
  if (!judge.is_delegate(pusher)) {
    fail_with_hint(ErrorKind::bad_signature, "a delegate can let you: ain identity add NAME YOUR-KEY, then push",
                   "'{}' is no delegate of '{}'", pusher.text(), id.text());
  }
  if (standing && changes_identity) {
    identity_at(scratch, id, identity_update->new_id);
    if (!scratch.is_ancestor(*standing, identity_update->new_id)) {
      fail_with_hint(ErrorKind::refused, "fetch it first: git fetch origin refs/ain/identity:refs/ain/identity",
                     "the pushed identity does not follow on the one that is there");
    }
  }
}

}  // namespace ain::remote
