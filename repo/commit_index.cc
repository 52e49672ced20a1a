// Staging and committing, as `git add` and `git commit -m` do.
#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "repo/authors_table.h"
#include "repo/commit_object.h"
#include "repo/git_program.h"
#include "repo/libgit.h"
#include "repo/owners.h"
#include "repo/snapshot.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

struct Ident {
  Person person;
  int64_t time_s = 0;
  int offset_minutes = 0;
};

// The person, at the present moment or the one that `variable` ("GIT_AUTHOR_DATE") names in any of git's
// ways.
Ident ident_of(const Repository& repository, Person person, const char* date_variable, const char* git_name) {
  GitSignature now;
  check(git_signature_now(out(now), person.name.c_str(), person.email.c_str()), "cannot tell the time zone");
  Ident ident{std::move(person), now_ms() / 1000, now->when.offset};
  if (!environment_variable(date_variable)) return ident;
  std::vector<std::string> environment = user_environment(repository);
  const std::string line = run_git({.arguments = {"-c", "user.name=" + ident.person.name, "-c",
                                                  "user.email=" + ident.person.email, "var", git_name},
                                    .environment = environment},
                                   fmt::format("cannot read {}", date_variable));
  GitSignature parsed;
  check(git_signature_from_buffer(out(parsed), std::string(trim(line)).c_str()),
        fmt::format("cannot read {}", date_variable));
  ident.time_s = parsed->when.time;
  ident.offset_minutes = parsed->when.offset;
  return ident;
}

Person committer_person(const Repository& repository) {
  const auto name = environment_variable("GIT_COMMITTER_NAME");
  const auto email = environment_variable("GIT_COMMITTER_EMAIL");
  if (name && email && !trim(*name).empty() && !trim(*email).empty()) {
    return {std::string(trim(*name)), std::string(trim(*email))};
  }
  Person person;
  person.name = std::string(trim(repository.config("user.name").value_or("")));
  person.email = std::string(trim(repository.config("user.email").value_or("")));
  if (name && !trim(*name).empty()) person.name = trim(*name);
  if (email && !trim(*email).empty()) person.email = trim(*email);
  return person.name.empty() || person.email.empty() ? repository.person() : person;
}

// The per-worktree git folder, where the state of a merge lies.
fs::path state_folder(const Repository& repository) { return git_repository_path(repository.raw()); }

std::string clean_message(const std::string& message) {
  GitBuffer buffer;
  if (message.find('\0') != std::string::npos)
    fail(ErrorKind::usage, "a commit message cannot hold a NUL byte");
  check(git_message_prettify(&buffer.raw, message.c_str(), 0, '#'), "cannot read the commit message");
  if (buffer.view().empty()) {
    fail_with_hint(ErrorKind::usage, "ain commit -m 'what and why'", "the commit message is empty");
  }
  return std::string(buffer.view());
}

void check_committable(const Repository& repository) {
  if (repository.work_folder().empty()) fail(ErrorKind::failed, "a bare repository has no work folder");
  GitIndex index;
  check(git_repository_index(out(index), repository.raw()), "cannot read the index");
  check(git_index_read(index.get(), 0), "cannot read the index");
  if (git_index_has_conflicts(index.get()) != 0) {
    fail_with_hint(ErrorKind::failed, "fix them up in the work folder, then 'ain add' them",
                   "committing is not possible because there are unmerged files");
  }
  for (const auto& [file, command] :
       {std::pair{"CHERRY_PICK_HEAD", "cherry-pick"}, std::pair{"REVERT_HEAD", "revert"}}) {
    if (fs::exists(state_folder(repository) / file)) {
      fail_with_hint(ErrorKind::failed, fmt::format("ain {} --continue", command), "a {} is in progress",
                     command);
    }
  }
}

// The user's own hooks run as for `git commit`; a failing one stops the commit.
void run_hook(const Repository& repository, const char* name, const std::vector<std::string>& arguments) {
  const auto configured = repository.config("core.hooksPath");
  fs::path folder = configured ? fs::path(*configured) : repository.git_folder() / "hooks";
  if (folder.is_relative()) folder = repository.work_folder() / folder;
  if (::access((folder / name).c_str(), X_OK) != 0) return;
  std::vector<std::string> argv = {"hook", "run", "--ignore-missing", name};
  if (!arguments.empty()) {
    argv.emplace_back("--");
    argv.insert(argv.end(), arguments.begin(), arguments.end());
  }
  run_git(
      {.arguments = argv, .environment = user_environment(repository), .folder = repository.work_folder()},
      fmt::format("the hook '{}' refused the commit", name));
}

std::string message_after_hook(const Repository& repository, const std::string& message) {
  const fs::path file = state_folder(repository) / "COMMIT_EDITMSG";
  write_file_atomic(file, message);
  run_hook(repository, "commit-msg", {file.string()});
  return clean_message(read_file(file));
}

std::vector<ObjectId> merge_heads(const Repository& repository) {
  std::vector<ObjectId> heads;
  for (const std::string& line :
       split(read_file_if_exists(state_folder(repository) / "MERGE_HEAD").value_or(""), '\n')) {
    if (!line.empty()) heads.push_back(to_id(to_oid(trim(line))));
  }
  return heads;
}

[[noreturn]] void fail_empty(const Repository& repository) {
  bool untracked = false;
  bool changed = false;
  for (const FileStatus& file : status(repository)) (file.staged == '?' ? untracked : changed) = true;
  if (changed) fail_with_hint(ErrorKind::failed, "ain add .", "no changes added to commit");
  if (untracked) {
    fail_with_hint(ErrorKind::failed, "ain add .", "nothing added to commit but untracked files present");
  }
  fail_with_hint(ErrorKind::failed, "change a file, then 'ain add' it",
                 "nothing to commit, work folder clean");
}

// Moves the branch that HEAD names (or HEAD itself) with git's reflog line; refuses when somebody else moved
// it meanwhile.
void advance_head(Repository& repository, const std::optional<ObjectId>& before, const ObjectId& commit,
                  const std::string& message, bool merge) {
  GitReference head;
  check(git_reference_lookup(out(head), repository.raw(), "HEAD"), "cannot read HEAD");
  const bool symbolic = git_reference_type(head.get()) == GIT_REFERENCE_SYMBOLIC;
  const std::string name = symbolic ? git_reference_symbolic_target(head.get()) : "HEAD";
  const std::string reason = fmt::format("commit{}: {}",
                                         !before ? " (initial)"
                                         : merge ? " (merge)"
                                                 : "",
                                         message.substr(0, message.find('\n')));
  const git_oid oid = to_oid(commit);
  const git_oid old = before ? to_oid(*before) : git_oid{};
  GitReference moved;
  const int code =
      before ? git_reference_create_matching(out(moved), repository.raw(), name.c_str(), &oid, 1, &old,
                                             reason.c_str())
             : git_reference_create(out(moved), repository.raw(), name.c_str(), &oid, 0, reason.c_str());
  if (code == GIT_EMODIFIED || code == GIT_EEXISTS) {
    fail_with_hint(ErrorKind::failed, "look at 'ain log', then try again",
                   "'{}' was moved by another program meanwhile", name);
  }
  check(code, fmt::format("cannot move '{}'", name));
}

// One that cannot be read would stop everybody who reckons authors from this commit on. One that was there before is not this commit's fault.
void check_authors_table(const Repository& repository, const std::vector<ObjectId>& parents, const ObjectId& commit) {
  const auto blob = [&](const ObjectId& of) { return repository.blob_at(of, kAuthorsFile); };
  const auto now = blob(commit);
  if (!now || std::any_of(parents.begin(), parents.end(), [&](const ObjectId& parent) { return blob(parent) == now; })) return;
  try {
    AuthorsTable::parse(repository.file_at(commit, kAuthorsFile, kTomlBytesMax).value_or(""));
  } catch (Error& error) {
    if (error.hint().empty()) error.set_hint(fmt::format("mend it, then: ain add {}", kAuthorsFile));
    throw error.add_context("nothing was committed");
  }
}

}  // namespace

void add_paths(Repository& repository, const std::vector<std::string>& paths) {
  if (paths.empty()) fail_with_hint(ErrorKind::usage, "ain add .", "nothing specified, nothing added");
  if (repository.work_folder().empty()) fail(ErrorKind::failed, "a bare repository has no work folder");
  std::vector<std::string> arguments = {"add", "--"};
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  run_git({.arguments = arguments, .environment = user_environment(repository)}, "cannot add");
}

ObjectId commit_index(Repository& repository, const std::string& message, const Signer& signer) {
  check_committable(repository);
  const Person author_person = repository.person();
  std::string text = clean_message(message);
  run_hook(repository, "pre-commit", {});
  // git's own write-tree: it knows intent-to-add entries, sparse and split indexes.
  const std::string tree(
      trim(run_git({.arguments = {"write-tree"}, .environment = user_environment(repository)},
                   "cannot write the tree of the index")));
  const std::optional<ObjectId> head = repository.head_commit();
  const std::vector<ObjectId> merged = merge_heads(repository);
  const bool empty = head ? repository.tree_of(*head) == tree : tree == kEmptyTree;
  if (merged.empty() && empty) fail_empty(repository);
  text = message_after_hook(repository, text);

  CommitSpec spec{.tree = tree};
  if (head) spec.parents.push_back(*head);
  spec.parents.insert(spec.parents.end(), merged.begin(), merged.end());
  const Ident author = ident_of(repository, author_person, "GIT_AUTHOR_DATE", "GIT_AUTHOR_IDENT");
  const Ident committer =
      ident_of(repository, committer_person(repository), "GIT_COMMITTER_DATE", "GIT_COMMITTER_IDENT");
  spec.author = author.person;
  spec.committer = committer.person;
  spec.time_s = author.time_s;
  spec.offset_minutes = author.offset_minutes;
  spec.committed = CommitTime{committer.time_s, committer.offset_minutes};
  spec.message = text;
  const ObjectId commit = write_commit(repository, spec, &signer);
  check_authors_table(repository, spec.parents, commit);
  advance_head(repository, head, commit, text, !merged.empty());
  for (const char* file : {"MERGE_HEAD", "MERGE_MODE", "MERGE_MSG", "AUTO_MERGE", "SQUASH_MSG"}) {
    std::error_code ignored;
    fs::remove(state_folder(repository) / file, ignored);
  }
  return commit;
}

}  // namespace ain::repo
