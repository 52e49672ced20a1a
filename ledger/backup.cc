#include "ledger/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/files.h"
#include "ledger/query.h"
#include "ledger/store.h"

namespace ain::ledger {
namespace {

namespace fs = std::filesystem;

void sync(const fs::path& path, int flags) {
  const Fd fd(open(path.c_str(), flags | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) fail_errno(fmt::format("cannot write '{}'", path.string()));
}

fs::path folder_of(const fs::path& path) { return fs::absolute(path).parent_path(); }

// The whole state at one moment: a reader's snapshot, which a writer does not disturb as it would a copy page by page.
void copy_store(const fs::path& folder, const fs::path& file) {
  Database source = open_store_readonly(folder);
  source.prepare("VACUUM INTO ?").bind_text(file.string()).run();
  sync(file, O_RDONLY);
}

// Throws unless the store in `folder` is a ledger of that genesis that holds.
Backup check_store(const fs::path& folder, const Genesis& genesis, const fs::path& named) {
  Database db = open_store_readonly(folder);
  check_version(db, named);
  if (get_meta(db, "genesis") != canonical(to_json(genesis))) {
    fail_with_hint(ErrorKind::verification, "name its network: --network NAME", "'{}' is no ledger of the network '{}'", named.string(),
                   network_id(genesis));
  }
  const Verification verified = verify_folder(folder, genesis, 0);
  const VerifyReport& report = verified.report;
  if (!report.problems.empty()) {
    fail_with_hint(ErrorKind::verification, "see all that is wrong: ain ledger verify", "the ledger in '{}' does not hold: {}", named.string(),
                   report.problems.front());
  }
  return {report.transactions, report.height, report.root};
}

// How many transactions the store has; nothing when it cannot be told.
std::optional<int64_t> size_of(const fs::path& folder) {
  try {
    Database db = open_store_readonly(folder);
    return query_tip(db).size;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void check_may_replace(const fs::path& folder, const Backup& backup) {
  if (!holds_ledger(folder)) return;
  const auto there = size_of(folder);
  if (there && *there <= backup.transactions) return;
  const std::string why = there ? fmt::format("has {} transactions, the backup {}", *there, backup.transactions) : "cannot be read";
  fail_with_hint(ErrorKind::refused, "to lose what the backup lacks, all the same: --force", "the ledger in '{}' {}", folder.string(), why);
}

// In one step, so that there is never none, and no node starts an empty one.
void exchange(const fs::path& fresh, const fs::path& folder) {
  const bool there = fs::exists(folder);
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(), there ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0) {
    fail_errno(fmt::format("cannot put a ledger at '{}'", folder.string()));
  }
  sync(folder_of(folder), O_RDONLY | O_DIRECTORY);
}

}  // namespace

Backup back_up(const fs::path& folder, const Genesis& genesis, const fs::path& file) {
  if (fs::exists(file)) fail_with_hint(ErrorKind::failed, "choose another name, or remove it", "'{}' exists already", file.string());
  const TemporaryFolder beside("." + file.filename().string(), folder_of(file));
  const fs::path copy = beside.path() / kStoreFile;
  copy_store(folder, copy);
  const Backup backup = check_store(beside.path(), genesis, folder);
  // Never over a file that came meanwhile.
  if (link(copy.c_str(), file.c_str()) != 0) fail_errno(fmt::format("cannot write '{}'", file.string()));
  sync(folder_of(file), O_RDONLY | O_DIRECTORY);
  return backup;
}

Backup restore(const fs::path& file, const Genesis& genesis, const fs::path& folder, bool force) {
  if (!fs::is_regular_file(file)) fail(ErrorKind::usage, "there is no file '{}'", file.string());
  make_private_folder(folder_of(folder));
  const TemporaryFolder beside("restore", folder_of(folder));
  const fs::path fresh = beside.path() / "ledger";
  make_private_folder(fresh);
  fs::copy_file(file, fresh / kStoreFile);
  fs::permissions(fresh / kStoreFile, fs::perms::owner_read | fs::perms::owner_write);
  sync(fresh / kStoreFile, O_RDONLY);
  const Backup backup = check_store(fresh, genesis, file);
  if (!force) check_may_replace(folder, backup);
  sync(fresh, O_RDONLY | O_DIRECTORY);
  const fs::path kept = folder.string() + ".before-restore";
  fs::remove_all(kept);
  exchange(fresh, folder);
  if (fs::exists(fresh)) fs::rename(fresh, kept);
  return backup;
}

}  // namespace ain::ledger
