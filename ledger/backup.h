// A ledger in one file: a copy of its store at one moment, whole and checked, that another machine can go on from.
#pragma once

#include <filesystem>
#include <functional>

#include "ledger/ledger.h"

namespace ain::ledger {

struct Backup {
  int64_t transactions = 0;
  int64_t height = 0;
  Digest root{};
};

// Copies the store in `folder`, while a node writes to it or not, to `file`: written beside it, replayed from genesis, synced, and only then
// given its name. Throws `failed` when `file` exists, `verification` naming the first problem when the copy does not hold.
Backup back_up(const std::filesystem::path& folder, const Genesis& genesis, const std::filesystem::path& file);

struct Restored {
  Backup backup;
  std::filesystem::path kept;  // what was there; empty: nothing
};

// Puts the ledger of `file` in the place of the one in `folder`, which must be nobody's at the time; all of it, or nothing. What was there is
// kept as `folder` with ".before-restore" behind its name, or ".before-restore.2", …. Throws `verification` for a file that is damaged or of
// another network, `failed` for one of a newer version, and `refused` when what is there does not go on in the backup, or cannot be read,
// unless `force`.
Restored restore(const std::filesystem::path& file, const Genesis& genesis, const std::filesystem::path& folder, bool force);

}  // namespace ain::ledger
