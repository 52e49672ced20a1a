#include <gtest/gtest.h>
#include <signal.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/sqlite.h"
#include "base/text.h"
#include "base/time.h"
#include "base/toml.h"
#include "tests/base/poor_file_system.h"

namespace ain {
namespace {

TEST(Files, AtomicWritesReplaceOrLeaveAlone) {
  TemporaryFolder folder("ain-files");
  const auto path = folder.path() / "f";
  write_file_atomic(path, "one");
  write_file_atomic(path, "two", 0600);
  EXPECT_EQ(read_file(path), "two");
  struct stat info {};
  stat(path.c_str(), &info);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_THROW(write_new_file(path, "three"), Error);
  EXPECT_EQ(read_file(path), "two");
  EXPECT_THROW(read_file(path, 2), Error);
  EXPECT_FALSE(read_file_if_exists(folder.path() / "absent"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);  // nothing temporary is left
}

// Whatever of the ways to name a file is left.
TEST(Files, ANewNameIsNeverAnothersFileWhateverTheFileSystemCanDo) {
  const TemporaryFolder folder("files");
  const auto from = folder.path() / "from", to = folder.path() / "to", taken = folder.path() / "taken";
  write_new_file(taken, "mine");
  const auto name_it = [&] {
    write_new_file(from, "new");
    rename_new(from, to);
    EXPECT_EQ(read_file(to), "new");
    EXPECT_FALSE(std::filesystem::exists(from));
    write_new_file(from, "other");
    for (const auto& there : {to, taken}) EXPECT_THROW(rename_new(from, there), Error);
    EXPECT_THROW(rename_new(folder.path() / "nothing", folder.path() / "name"), Error);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "name"));
    EXPECT_EQ(read_file(from) + read_file(to) + read_file(taken), "othernewmine");
    std::filesystem::remove(from);
    std::filesystem::remove(to);
  };
  name_it();
  for (const Poor poor : {Poor::exclusive_renames, Poor::links_too}) {
    if (!on_a_poor_file_system(poor, name_it)) GTEST_SKIP() << "this kernel has no seccomp filters";
  }
}

TEST(Files, FullDiskIsItsOwnKindOfFailureAndKeepsTheOldFile) {
  try {
    const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
    write_all(full.get(), "x", "/dev/full");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::exhausted);
  }
}

TEST(Files, LocksExclude) {
  TemporaryFolder folder("ain-lock");
  const auto path = folder.path() / "lock";
  {
    const FileLock held = FileLock::acquire(path);
    EXPECT_FALSE(FileLock::try_acquire(path));
  }
  EXPECT_TRUE(FileLock::try_acquire(path));
}

TEST(Process, ExitCodesInputAndOutput) {
  EXPECT_EQ(run_process({.argv = {"sh", "-c", "exit 42"}}).exit_code, 42);
  EXPECT_EQ(run_process({.argv = {"sh", "-c", "kill -9 $$"}}).exit_code, 137);
  const std::string big(3 << 20, 'x');
  const Completed cat = run_process({.argv = {"cat"}}, big);
  EXPECT_EQ(cat.out, big);
  EXPECT_EQ(run_process({.argv = {"true"}}, big).exit_code, 0);  // does not read: no SIGPIPE, no hang
  EXPECT_THROW(run_process({.argv = {"sh", "-c", "yes | head -c 100000"}}, {}, 1000), Error);
  try {
    run_process({.argv = {"no-such-program-anywhere"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("not installed"), std::string::npos);
  }
}

TEST(Process, InheritsOnlyWhatIsNamed) {
  Pipe pipe = make_pipe();
  const auto listing = [&](std::vector<int> inherit) {
    return run_process({.argv = {"ls", "/proc/self/fd"}, .inherit = std::move(inherit)}).out;
  };
  const std::string number = std::to_string(pipe.write_end.get());
  EXPECT_EQ(listing({}).find("\n" + number + "\n"), std::string::npos);
  EXPECT_NE(listing({pipe.write_end.get()}).find("\n" + number + "\n"), std::string::npos);
  // What a library has opened without close-on-exec, below and above one that is named.
  const Fd below(dup(0)), named(fcntl(0, F_DUPFD, 100)), above(fcntl(0, F_DUPFD, 200));
  const std::string listed = listing({named.get()});
  for (const Fd* fd : {&below, &above})
    EXPECT_EQ(listed.find("\n" + std::to_string(fd->get()) + "\n"), std::string::npos) << fd->get();
  EXPECT_NE(listed.find("\n" + std::to_string(named.get()) + "\n"), std::string::npos);
}

// The same text gives the same statement again, which remembers nothing.
TEST(Sqlite, StatementsAreUsedAgain) {
  TemporaryFolder folder("ain-sqlite");
  const char* const schema[] = {"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT) STRICT"};
  std::optional<Database> db = Database::open(folder.path() / "db", Durability::normal);
  db->migrate(schema);
  const char* const put = "INSERT INTO t (name) VALUES (?)";
  const char* const all = "SELECT id, name FROM t ORDER BY id";
  for (const char* name : {"a", "b"}) db->prepare(put).bind_text(name).run();
  db->prepare(put).run();  // not bound: not the name from before
  for (int round = 0; round < 2; ++round) {
    Statement rows = db->prepare(all);
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.text(1), "a");
    Statement others = db->prepare(all);  // while the first stands in the middle
    ASSERT_TRUE(others.step());
    EXPECT_EQ(others.integer(0), 1);
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.text(1), "b");
    ASSERT_TRUE(rows.step());
    EXPECT_TRUE(rows.is_null(1));
  }
  // Left in the middle, it holds no snapshot open: the log can be written back whole.
  Statement left = db->prepare(all);
  ASSERT_TRUE(left.step());
  left = db->prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  ASSERT_TRUE(left.step());
  EXPECT_EQ(left.integer(0), 0);
  Statement late = db->prepare(all);
  db.reset();
  EXPECT_TRUE(late.step());  // SQLite keeps the connection until the last of its statements goes
}

TEST(Sqlite, MigratesAndRollsBack) {
  TemporaryFolder folder("ain-sqlite");
  const auto path = folder.path() / "db";
  const char* const first[] = {"CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes BLOB) STRICT"};
  const char* const both[] = {first[0], "ALTER TABLE t ADD COLUMN more INTEGER NOT NULL DEFAULT 7"};
  {
    Database db = Database::open(path, Durability::full);
    db.migrate(first);
    Statement insert = db.prepare("INSERT INTO t (name, bytes) VALUES (?, ?)");
    insert.bind_text("a").bind_blob({"\0x", 2}).run();
    {
      SqlTransaction transaction(db);
      insert.bind_text("b").bind_null().run();
    }  // left without commit
    db.migrate(both);
    Statement rows = db.prepare("SELECT name, bytes, more FROM t");
    ASSERT_TRUE(rows.step());
    EXPECT_EQ(rows.text(0), "a");
    EXPECT_EQ(rows.blob(1), std::string("\0x", 2));
    EXPECT_EQ(rows.integer(2), 7);
    EXPECT_FALSE(rows.step());
    EXPECT_THROW(db.exec("INSERT INTO t (name) VALUES (NULL)"), Error);
  }
  Database db = Database::open(path, Durability::full);
  EXPECT_THROW(db.migrate(first), Error);  // written by a newer ain
  write_file_atomic(folder.path() / "junk", std::string(8192, 'j'));
  EXPECT_THROW(Database::open(folder.path() / "junk", Durability::full), Error);
}

TEST(Time, ReadsWhatItWrites) {
  EXPECT_EQ(parse_rfc3339_s("1970-01-02T00:00:01Z"), 86'401);
  for (const char* wrong : {"", "2026-02-31T00:00:00Z", "2026-1-1T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00Zx",
                            " 2026-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339_s(wrong)) << wrong;
  }
}

TEST(Toml, ErrorsNameTheLineAndTheNearestKey) {
  const auto message = [](auto action) {
    try {
      action();
      return std::string("nothing");
    } catch (const Error& error) {
      return error.message() + " | " + error.hint();
    }
  };
  const TomlDocument document = parse_toml("[job.a]\nrun = 'x'\ngpuu = 1\nlr = 1e-3\n", "'ain.toml'");
  EXPECT_EQ(document.value["job"]["a"]["lr"], "0.001");
  EXPECT_EQ(message([&] { document.check_keys("job.a", document.value["job"]["a"], {"run", "gpu", "lr"}); }),
            "cannot read 'ain.toml': line 3: unknown key 'gpuu' | did you mean 'gpu'?");
  EXPECT_NE(message([] { parse_toml("a = \n", "'ain.toml'"); }).find("'ain.toml': line 1"), std::string::npos);
  EXPECT_NE(message([] { parse_toml("x = 1\ny = 2020-01-01\n", "'f'"); }).find("line 2"), std::string::npos);
  EXPECT_NE(message([] { parse_toml("y = 2020-01-01T00:00:00\n", "'f'"); }).find("line 1"), std::string::npos);
  EXPECT_EQ(parse_toml("t = 2020-03-01T00:30:00+01:00\n", "'f'").value["t"], "2020-02-29T23:30:00Z");
  const TomlDocument list = parse_toml("[[a]]\nx = 1\n[[a]]\ny = 2\n", "'f'");
  EXPECT_EQ(list.lines.at("a[0].x"), 2);
  EXPECT_EQ(list.lines.at("a[1]"), 3);
  EXPECT_EQ(list.lines.at("a[1].y"), 4);
  EXPECT_EQ(parse_toml("v = " + toml_quote("a\"b\\c\n\x1b"), "'f'").value["v"], "a\"b\\c\n\x1b");
}

TEST(Toml, DeepKeysAreRefused) {
  const auto chain = [](int parts) {
    std::string key = "a";
    while (--parts > 0) key += ".a";
    return key;
  };
  for (const std::string& deep : {chain(40) + " = 1", "[" + chain(40) + "]", "x = 1 # \"\ny = {" + chain(40) + " = 1}",
                                  "x = '''\n''''' # '\n" + chain(40) + " = 1", "x = \"\\\"\"\n" + chain(500'000) + " = 1"}) {
    EXPECT_THROW(parse_toml(deep, "'f'"), Error) << deep.substr(0, 60);
  }
  EXPECT_THROW(parse_toml("x = " + std::string(100'000, '['), "'f'"), Error);
  // Dots of texts, comments and numbers are none of a key.
  std::string numbers = "[0.5";
  for (int i = 0; i < 40; ++i) numbers += ", 0.5";
  for (const std::string& value : {"'" + chain(40) + "'", "\"\"\"\n" + chain(40) + "\"\"\"\"\"", "1 # " + chain(40), numbers + "]"}) {
    EXPECT_NO_THROW(parse_toml("x = " + value + "\n" + chain(20) + " = 1\n", "'f'")) << value;
  }
}

TEST(Toml, TakesLettersOfAllLanguages) {
  EXPECT_EQ(parse_toml("x = 'Jürgen Ждан ł 한'", "'f'").value["x"], "Jürgen Ждан ł 한");
  EXPECT_THROW(parse_toml("ü = 1", "'f'"), Error);  // bare keys are ASCII
}

TEST(Text, NearestNamesAndSafeText) {
  EXPECT_EQ(did_you_mean("statsu", {"status", "stop", "push"}), "did you mean 'status'?");
  EXPECT_EQ(did_you_mean("bae", {"ada", "bea"}), "did you mean 'bea'?");
  EXPECT_EQ(did_you_mean("zzzz", {"status", "stop"}), "");
  EXPECT_EQ(sanitize("a\x1b[31mb\n\x9f\x7f"), "a^[[31mb\n\xef\xbf\xbd^?");
  EXPECT_EQ(clip("äöü", 3), "ä");
  EXPECT_EQ(clip("äöü", 6), "äöü");
  EXPECT_TRUE(is_utf8("ä€𝄞"));
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82"}) EXPECT_FALSE(is_utf8(bad));
  EXPECT_EQ(parse_bytes("8GB"), 8'000'000'000);
  EXPECT_EQ(parse_bytes("1KiB"), 1024);
  EXPECT_THROW(parse_bytes("-1GB"), Error);
  EXPECT_EQ(parse_duration_ms("5m"), 300'000);
  EXPECT_THROW(parse_duration_ms("5 fortnights"), Error);
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
}

TEST(Paths, AinHomeHoldsEverything) {
  setenv("AIN_HOME", "/tmp/somewhere", 1);
  const Paths paths = Paths::from_environment();
  for (const auto& path : {paths.config, paths.data, paths.state, paths.cache, paths.runtime}) {
    EXPECT_TRUE(path.string().starts_with("/tmp/somewhere")) << path;
  }
  unsetenv("AIN_HOME");
}

}  // namespace
}  // namespace ain
