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

struct Checked {
  Backup backup;
  std::optional<Digest> earlier_root;  // of its log when it had `earlier` transactions; nothing: it has fewer
};

// Throws unless the store in `folder` is a ledger of that genesis that holds.
Checked check_store(const fs::path& folder, const Genesis& genesis, const fs::path& named, int64_t earlier) {
  Database db = open_store_readonly(folder);
  check_version(db, named);
  if (get_meta(db, "genesis") != canonical(to_json(genesis))) {
    fail_with_hint(ErrorKind::verification, "name its network: --network NAME", "'{}' is no ledger of the network '{}'", named.string(),
                   network_id(genesis));
  }
  const Verification verified = verify_folder(folder, genesis, earlier);
  const VerifyReport& report = verified.report;
  if (!report.problems.empty()) {
    fail_with_hint(ErrorKind::verification, "see all that is wrong: ain ledger verify", "the ledger in '{}' does not hold: {}", named.string(),
                   report.problems.front());
  }
  return {{report.transactions, report.height, report.root}, verified.earlier_log_root};
}

// The log of the store that is there; nothing when it cannot be read.
std::optional<LogTree> log_of(const fs::path& folder) {
  try {
    Database db = open_store_readonly(folder);
    return query_log(db);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void check_may_replace(const fs::path& folder, const std::optional<LogTree>& there, const Checked& fresh) {
  if (!holds_ledger(folder)) return;
  std::string why;
  if (!there) why = "cannot be read";
  else if (there->size() > fresh.backup.transactions) why = fmt::format("has {} transactions, the backup {}", there->size(), fresh.backup.transactions);
  else if (fresh.earlier_root != there->root()) why = "is not how the backup's began";
  if (why.empty()) return;
  fail_with_hint(ErrorKind::refused, "to lose what the backup lacks, all the same: --force", "the ledger in '{}' {}", folder.string(), why);
}

// A name that nothing has, as what was kept earlier is kept.
fs::path free_name(const fs::path& folder) {
  fs::path name = folder.string() + ".before-restore";
  for (int number = 2; fs::exists(name); ++number) name = fmt::format("{}.before-restore.{}", folder.string(), number);
  return name;
}

// In one step, so that there is never none, and no node starts an empty one. What was there has the name of `fresh` then.
void exchange(const fs::path& fresh, const fs::path& folder) {
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) != 0) {
    fail_errno(fmt::format("cannot put a ledger at '{}'", folder.string()));
  }
}

}  // namespace

Backup back_up(const fs::path& folder, const Genesis& genesis, const fs::path& file) {
  if (fs::exists(file)) fail_with_hint(ErrorKind::failed, "choose another name, or remove it", "'{}' exists already", file.string());
  const TemporaryFolder beside("." + file.filename().string(), folder_of(file));
  const fs::path copy = beside.path() / kStoreFile;
  copy_store(folder, copy);
  const Backup backup = check_store(beside.path(), genesis, folder, 0).backup;
  rename_new(copy, file);  // never over a file that came meanwhile
  sync(folder_of(file), O_RDONLY | O_DIRECTORY);
  return backup;
}

Restored restore(const fs::path& file, const Genesis& genesis, const fs::path& folder, bool force) {
  if (!fs::is_regular_file(file)) fail(ErrorKind::usage, "there is no file '{}'", file.string());
  make_private_folder(folder_of(folder));
  const TemporaryFolder beside("restore", folder_of(folder));
  const fs::path fresh = beside.path() / "ledger";
  make_private_folder(fresh);
  fs::copy_file(file, fresh / kStoreFile);
  fs::permissions(fresh / kStoreFile, fs::perms::owner_read | fs::perms::owner_write);
  sync(fresh / kStoreFile, O_RDONLY);
  const auto there = log_of(folder);
  const Checked checked = check_store(fresh, genesis, file, there ? there->size() : 0);
  if (!force) check_may_replace(folder, there, checked);
  sync(fresh, O_RDONLY | O_DIRECTORY);
  Restored restored{checked.backup, {}};
  if (!fs::exists(folder)) {
    fs::rename(fresh, folder);
  } else {
    // Under its later name before the exchange: nothing that fails afterwards can take what was there along.
    restored.kept = free_name(folder);
    fs::rename(fresh, restored.kept);
    exchange(restored.kept, folder);
  }
  sync(folder_of(folder), O_RDONLY | O_DIRECTORY);
  return restored;
}

}  // namespace ain::ledger
