// git's helper for ain:// URLs: finds the node that hosts the repository and lets git's own HTTPS transport talk to it, pinned to the
// node's key, with a token of the current account.
#pragma once

#include <string>
#include <vector>

namespace ain::cli {

// `git-remote-ain REMOTE URL`, as git starts it. Returns the exit code when it could not hand over.
int run_git_remote(const std::vector<std::string>& arguments);

}  // namespace ain::cli
