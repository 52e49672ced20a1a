// Private to repo/: reading loose objects. libgit2 1.5 spins for ever on one that is cut off, which is what a
// full disk or a power cut leaves behind; this reader reports it.
#pragma once

#include <filesystem>
#include <vector>

#include "repo/libgit.h"

namespace ain::repo {

inline constexpr size_t kInflateFactorMax = 1032;  // no byte of a zlib stream becomes more

// The store itself and, recursively, those that its info/alternates names.
std::vector<std::filesystem::path> object_folders(const std::filesystem::path& objects);

// Takes the reading of loose objects in `folders` away from libgit2's own backends of this store.
void replace_loose_reading(git_odb* odb, std::vector<std::filesystem::path> folders);

}  // namespace ain::repo
