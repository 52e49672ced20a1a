#include "ledger/backup.h"

#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/sqlite.h"
#include "tests/base/poor_file_system.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

namespace fs = std::filesystem;

class BackupTest : public testing::Test {
 protected:
  BackupTest() { world_.must(world_.payer, Faucet{}); }
  fs::path ledger_folder() const { return world_.folder.path() / "ledger"; }
  fs::path file(const char* name = "backup") const { return world_.folder.path() / name; }
  Backup back_up_to(const fs::path& to) { return back_up(ledger_folder(), world_.rules, to); }
  // The kind of failure of a restore, `bug` when there is none.
  ErrorKind why_not(const fs::path& from, bool force = false) {
    world_.ledger.reset();
    try {
      restore(from, world_.rules, ledger_folder(), force);
      return ErrorKind::bug;
    } catch (const Error& error) {
      return error.kind();
    }
  }

  World world_;
};

TEST_F(BackupTest, OfALedgerThatIsWrittenAtFullSpeedIsWholeAndHolds) {
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  std::atomic<bool> stop = false;
  std::atomic<int64_t> written = 0;
  std::thread writer([&] {
    while (!stop) {
      world_.submit(world_.payer, Transfer{world_.other.account, micro(1), ""});
      ++written;
    }
  });
  int64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    const int64_t before = written;
    while (written == before) std::this_thread::yield();
    const fs::path to = file(("backup" + std::to_string(i)).c_str());
    const Backup backup = back_up_to(to);
    EXPECT_GT(backup.transactions, last);
    last = backup.transactions;
    EXPECT_TRUE(fs::exists(to));
  }
  stop = true;
  writer.join();
  // The writer was not held up for good, and what the last backup has is a beginning of what there is.
  const Digest at_backup = world_.ledger->log(last - 1).front().writes;
  const int64_t now = world_.ledger->size();
  EXPECT_GT(now, last - 1);
  world_.ledger.reset();
  restore(file("backup4"), world_.rules, ledger_folder(), true);
  world_.open();
  EXPECT_EQ(world_.ledger->size(), last);
  EXPECT_EQ(world_.ledger->log(last - 1).front().writes, at_backup);
  world_.expect_sound();
}

TEST_F(BackupTest, NeedsNoHardLinks) {
  const bool poor = on_a_poor_file_system(Poor::links_too, [&] { back_up_to(file()); });
  if (!poor) GTEST_SKIP() << "this kernel has no seccomp filters";
  EXPECT_THROW(on_a_poor_file_system(Poor::links_too, [&] { back_up_to(file()); }), Error);  // it is there
  EXPECT_EQ(why_not(file()), ErrorKind::bug);
  world_.open();
  world_.expect_sound();
}

TEST_F(BackupTest, IsNeverPutOverAFileNorLeftHalf) {
  const fs::path to = file();
  write_new_file(to, "mine");
  EXPECT_THROW(back_up_to(to), Error);
  EXPECT_EQ(read_file(to), "mine");
  fs::remove(to);
  // A store that does not hold gives no backup, and nothing is left beside it.
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  Database db = Database::open(ledger_folder() / "ledger.db", Durability::full);
  db.exec("UPDATE account SET available = available + 1 WHERE available > 0");
  EXPECT_THROW(back_up_to(to), Error);
  EXPECT_FALSE(fs::exists(to));
  for (const auto& entry : fs::directory_iterator(world_.folder.path())) EXPECT_EQ(entry.path(), ledger_folder());
}

TEST_F(BackupTest, ReplacesOnlyWhatItContinues) {
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  const Backup first = back_up_to(file("first"));
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  EXPECT_EQ(why_not(file("first")), ErrorKind::refused);
  world_.open();
  EXPECT_EQ(world_.ledger->size(), first.transactions + 1);
  EXPECT_EQ(why_not(file("first"), true), ErrorKind::bug);
  world_.open();
  EXPECT_EQ(world_.ledger->size(), first.transactions);
  EXPECT_TRUE(fs::exists(ledger_folder().string() + ".before-restore/ledger.db"));
}

TEST_F(BackupTest, WhatWasThereIsKeptEachTime) {
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  back_up_to(file("short"));
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  back_up_to(file("middle"));
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  const int64_t longest = world_.ledger->size();
  world_.ledger.reset();
  const Restored first = restore(file("short"), world_.rules, ledger_folder(), true);
  const Restored second = restore(file("middle"), world_.rules, ledger_folder(), false);
  EXPECT_EQ(Ledger(first.kept, world_.rules).size(), longest);
  EXPECT_EQ(Ledger(second.kept, world_.rules).size(), longest - 2);
  EXPECT_EQ(Ledger(ledger_folder(), world_.rules).size(), longest - 1);
}

// As long as what is there, and another history.
TEST_F(BackupTest, AForkIsNoContinuation) {
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  back_up_to(file("common"));
  world_.must(world_.payer, Transfer{world_.other.account, micro(2), ""});
  back_up_to(file("one"));
  world_.ledger.reset();
  restore(file("common"), world_.rules, ledger_folder(), true);
  world_.open();
  world_.must(world_.payer, Transfer{world_.other.account, micro(3), ""});
  EXPECT_EQ(why_not(file("one")), ErrorKind::refused);
  EXPECT_EQ(why_not(file("one"), true), ErrorKind::bug);
}

TEST_F(BackupTest, ThatIsDamagedNewerOrAnothersIsRefusedWhateverIsForced) {
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  back_up_to(file("good"));
  const std::string good = read_file(file("good"));
  write_new_file(file("cut"), good.substr(0, good.size() / 2));
  write_new_file(file("text"), "no database at all, but long enough to look at");
  for (const char* name : {"newer", "changed"}) {
    write_new_file(file(name), good);
    Database db = Database::open(file(name), Durability::full);
    db.exec(std::string(name) == "newer" ? "PRAGMA user_version = 99" : "DELETE FROM tx");
    db.exec("PRAGMA journal_mode = DELETE");
  }
  EXPECT_EQ(why_not(file("cut"), true), ErrorKind::verification);
  EXPECT_EQ(why_not(file("text"), true), ErrorKind::verification);
  EXPECT_EQ(why_not(file("newer"), true), ErrorKind::failed);
  EXPECT_EQ(why_not(file("changed"), true), ErrorKind::verification);
  Genesis other = world_.rules;
  other.name = "elsewhere";
  EXPECT_THROW(restore(file("good"), other, ledger_folder(), true), Error);
  world_.open();
  EXPECT_EQ(world_.ledger->size(), back_up_to(file("after")).transactions);
}

TEST_F(BackupTest, GoesOnWhereThereWasNothing) {
  world_.must(world_.payer, Transfer{world_.other.account, micro(1), ""});
  const Backup made = back_up_to(file());
  const fs::path elsewhere = world_.folder.path() / "other" / "ledger";
  const Restored restored = restore(file(), world_.rules, elsewhere, false);
  EXPECT_EQ(restored.backup.root, made.root);
  EXPECT_TRUE(restored.kept.empty());
  Ledger ledger(elsewhere, world_.rules);
  ledger.check();
  EXPECT_EQ(ledger.root(), world_.ledger->root());
}

}  // namespace
}  // namespace ain::ledger
