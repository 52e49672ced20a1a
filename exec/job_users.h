// A Linux user for each job, where the node runs as root: no job can touch another's processes or files, nor anything of the host's.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace ain::exec {

// Above every range that distributions, containers or systemd give out.
inline constexpr uid_t kJobUserFirst = 2'000'000'000;
inline constexpr uid_t kJobUserCount = 65'536;

// The registry: a file a user in kJobUsersFolder, holding the job's folder. Every node of the machine shares it, /run forgets it at boot.
inline constexpr const char* kJobUsersFolder = "/run/ain/users";

// The user of the job in `folder`, taken when it has none. Throws `refused` when all are in use.
uid_t take_job_user(const std::filesystem::path& folder);
std::optional<uid_t> find_job_user(const std::filesystem::path& folder);
void release_job_user(const std::filesystem::path& folder);

// Gives the tree to `user`, through no symlink.
void give_tree(const std::filesystem::path& tree, uid_t user);

}  // namespace ain::exec
