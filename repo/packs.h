// Moving objects between repositories of strangers, through the `git` program, bounded and checked.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "repo/repository.h"

namespace ain::repo {

inline constexpr int64_t kPackBytesMax = int64_t{2} << 30;
inline constexpr size_t kHavesMax = 256;

// Writes to `file` a thin pack with everything `wants` reach and `haves` do not (unknown haves are left out).
void write_pack(const Repository& repository, const std::vector<ObjectId>& wants,
                const std::vector<ObjectId>& haves, const std::filesystem::path& file);
// Takes a pack of a stranger: size cap, fsck of every object, thin packs completed. Throws `failed` /
// `exhausted`; leaves nothing behind on failure. Then checks that all of `commits` are wholly there.
void take_pack(Repository& repository, const std::filesystem::path& file, const std::vector<ObjectId>& commits);

// The commits this repository can name as already there: tips of all refs, newest first, at most kHavesMax.
std::vector<ObjectId> known_tips(const Repository& repository);

// Limits of a tree that is written out for a job.
inline constexpr int64_t kTreeEntriesMax = 1'000'000;
inline constexpr int64_t kTreeBytesMax = int64_t{50} << 30;
inline constexpr int kTreeDepthMax = 128;
// Writes a commit's tree below `folder` (which exists and is empty): no attributes, filters, hooks or
// submodules; hostile names
// ("..", ".git" in any spelling, absolute) are refused; symlinks are kept only when they point inside the
// tree.
void export_tree(const Repository& repository, const ObjectId& commit, const std::filesystem::path& folder);

// One smart-HTTP service call for a bare repository: `git upload-pack|receive-pack --stateless-rpc`.
struct ServiceCall {
  std::string service;                   // "git-upload-pack" or "git-receive-pack"
  bool advertise = false;                // the GET of info/refs
  std::string protocol;                  // Git-Protocol header: "version=2" or empty
  std::filesystem::path body;            // the request's body, in a file
  bool gzip = false;                     // body is gzip-compressed
  std::vector<std::string> environment;  // for hooks: "AIN_PUSHER=ain1…"
  std::filesystem::path hooks_folder;    // core.hooksPath; empty: none run
};
void run_service(const Repository& repository, const ServiceCall& call,
                 const std::function<void(std::string_view)>& on_output);

}  // namespace ain::repo
