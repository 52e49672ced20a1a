// Private to repo/: running the `git` program, with the user's settings in the user's own repository, and
// with none but ours where bytes of strangers are handled.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/handle.h"
#include "repo/repository.h"

namespace ain::repo {

// The most that git may allocate at once for bytes of strangers: a delta of a few bytes can claim any size.
inline constexpr const char* kAllocationLimit = "GIT_ALLOC_LIMIT=1g";

using GitSettings = std::vector<std::pair<std::string, std::string>>;

// The user's environment, bound to this repository.
std::vector<std::string> user_environment(const Repository& repository);
// Nothing of ours leaks in: no GIT_*, no system or user configuration, no prompt, no replace refs,
// protocol.file refused.
std::vector<std::string> clean_environment(const GitSettings& settings = {});
// user_environment() or, for a hardened repository, clean_environment() bound to it.
std::vector<std::string> environment_for(const Repository& repository);

struct GitCall {
  std::vector<std::string> arguments = {};    // without "git"
  std::vector<std::string> environment = {};  // whole
  std::string_view input = {};                // stdin, when stdin_fd is -1
  int stdin_fd = -1;
  int stdout_fd = -1;                 // -1: collected
  std::filesystem::path folder = {};  // empty: inherit
};

struct GitResult {
  int exit_code = 0;
  std::string out;
  std::string err;  // sanitised, "fatal: " and "error: " cut off its first line
};

GitResult try_git(const GitCall& call);
// Throws `failed` "what: git's words" (`exhausted` when the disk is full); returns stdout.
std::string run_git(const GitCall& call, std::string_view what);
// Passes stdout on as it comes; ends the program when `on_output` throws.
void stream_git(const GitCall& call, std::string_view what,
                const std::function<void(std::string_view)>& on_output);

// A file without a name, holding `bytes`, read from its start.
Fd memory_file(std::string_view bytes);

}  // namespace ain::repo
