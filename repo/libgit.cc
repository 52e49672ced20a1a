#include "repo/libgit.h"

#include <cerrno>
#include <cstring>

namespace ain::repo {

void start_libgit2() {
  static const bool started = [] {
    if (git_libgit2_init() < 0) fail(ErrorKind::failed, "cannot start libgit2: {}", libgit_error());
    git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);  // Repository::discover asks itself, as git does
    // Extensions that only say where configuration lies or that objects may be absent; reading is not
    // affected.
    const char* extensions[] = {"worktreeconfig", "partialclone", "preciousobjects"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, std::size(extensions));
    return true;
  }();
  static_cast<void>(started);
}

std::string libgit_error() {
  const git_error* error = git_error_last();
  return error != nullptr && error->message != nullptr ? error->message : "unknown error";
}

void fail_damaged_index() {
  fail_with_hint(ErrorKind::failed, "make it anew from the last commit, your files stay: rm .git/index && git reset",
                 "git's index, '.git/index', is damaged");
}

void check(int code, std::string_view what) {
  if (code >= 0) return;
  const int saved_errno = errno;
  const git_error* error = git_error_last();
  const std::string reason = libgit_error();
  if (saved_errno == ENOSPC && error != nullptr && error->klass == GIT_ERROR_OS) {
    fail(ErrorKind::exhausted, "{}: {}", what, reason);
  }
  const bool damaged =
      error != nullptr && (error->klass == GIT_ERROR_ODB || error->klass == GIT_ERROR_ZLIB ||
                           error->klass == GIT_ERROR_OBJECT || error->klass == GIT_ERROR_TREE);
  // Not an index that is only unmerged or locked, which have codes of their own.
  if (code == GIT_ERROR && error != nullptr && error->klass == GIT_ERROR_INDEX) fail_damaged_index();
  fail_with_hint(ErrorKind::failed, damaged ? "run 'git fsck' to see what is damaged" : "", "{}: {}", what,
                 reason);
}

git_oid to_oid(std::string_view id) {
  git_oid oid;
  const bool hex =
      id.size() == GIT_OID_HEXSZ && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (!hex) fail(ErrorKind::failed, "'{}' is not an object id", id);
  git_oid_fromstrn(&oid, id.data(), id.size());
  return oid;
}

ObjectId to_id(const git_oid& oid) {
  char text[GIT_OID_HEXSZ];
  git_oid_fmt(text, &oid);
  return std::string(text, sizeof text);
}

GitOdb object_store(const Repository& repository) {
  GitOdb odb;
  check(git_repository_odb(out(odb), repository.raw()), "cannot open the object store");
  return odb;
}

std::string read_object(git_odb* odb, const git_oid& oid, git_object_t type, size_t bytes_max) {
  const std::string what = fmt::format("cannot read object '{}'", to_id(oid));
  size_t size = 0;
  git_object_t found = GIT_OBJECT_INVALID;
  check(git_odb_read_header(&size, &found, odb, &oid), what);
  if (found != type) {
    fail(ErrorKind::failed, "{}: it is a {}, not a {}", what, git_object_type2string(found),
         git_object_type2string(type));
  }
  if (size > bytes_max)
    fail(ErrorKind::failed, "{}: it has {} bytes, the limit is {}", what, size, bytes_max);
  GitOdbObject object;
  check(git_odb_read(out(object), odb, &oid), what);
  return {static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get())};
}

}  // namespace ain::repo
