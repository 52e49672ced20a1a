// Private to repo/: libgit2's handles and errors in ain's terms. Nobody outside this folder includes it.
#pragma once

#include <git2.h>
#include <git2/sys/repository.h>

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/handle.h"
#include "repo/repository.h"

namespace ain::repo {

using GitCommit = Handle<git_commit, git_commit_free>;
using GitTree = Handle<git_tree, git_tree_free>;
using GitTreeEntry = Handle<git_tree_entry, git_tree_entry_free>;
using GitTreeBuilder = Handle<git_treebuilder, git_treebuilder_free>;
using GitBlob = Handle<git_blob, git_blob_free>;
using GitObject = Handle<git_object, git_object_free>;
using GitReference = Handle<git_reference, git_reference_free>;
using GitReferences = Handle<git_reference_iterator, git_reference_iterator_free>;
using GitIndex = Handle<git_index, git_index_free>;
using GitConflicts = Handle<git_index_conflict_iterator, git_index_conflict_iterator_free>;
using GitConfig = Handle<git_config, git_config_free>;
using GitOdb = Handle<git_odb, git_odb_free>;
using GitOdbObject = Handle<git_odb_object, git_odb_object_free>;
using GitStatusList = Handle<git_status_list, git_status_list_free>;
using GitDiff = Handle<git_diff, git_diff_free>;
using GitSignature = Handle<git_signature, git_signature_free>;

// A git_buf that disposes itself.
struct GitBuffer {
  git_buf raw{};
  GitBuffer() = default;
  GitBuffer(const GitBuffer&) = delete;
  GitBuffer& operator=(const GitBuffer&) = delete;
  ~GitBuffer() { git_buf_dispose(&raw); }
  std::string_view view() const { return {raw.ptr ? raw.ptr : "", raw.size}; }
};

// Initialises libgit2, once a process and only when it is needed: it costs milliseconds.
void start_libgit2();

// libgit2's text for the last failure of this thread.
std::string libgit_error();
// Throws `failed` "what: reason" for a negative code (`exhausted` for a full disk); a damaged object gets the
// hint `git fsck`.
void check(int code, std::string_view what);
[[noreturn]] void fail_damaged_index();

git_oid to_oid(std::string_view id);  // throws `failed` for anything but 40 hex digits
ObjectId to_id(const git_oid& oid);

GitOdb object_store(const Repository& repository);
// An object's content, checked against its type; throws `failed` naming the object when it is missing,
// damaged, of another type or larger than `bytes_max`.
std::string read_object(git_odb* odb, const git_oid& oid, git_object_t type, size_t bytes_max);

}  // namespace ain::repo
