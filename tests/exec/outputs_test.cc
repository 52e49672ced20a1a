#include "exec/outputs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <sys/socket.h>

#include <fstream>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

namespace ain::exec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Outputs : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(tree_ / "out");
    write(folder_.path() / "secret", "SECRET");
  }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  OutputSet collect(const std::vector<std::string>& outputs) { return collect_outputs(tree_, outputs, store_); }
  static std::vector<std::string> paths_of(const OutputSet& set) {
    std::vector<std::string> paths;
    for (const auto& file : set.files) paths.push_back(file.path);
    return paths;
  }

  TemporaryFolder folder_{"ain-outputs-test"};
  fs::path tree_ = folder_.path() / "tree", store_ = folder_.path() / "store";
};

TEST_F(Outputs, FilesAndFoldersGoIntoTheStoreByHash) {
  write(tree_ / "out" / "b" / "deep.txt", "deep");
  write(tree_ / "out" / "a.txt", "text");
  write(tree_ / "model.bin", std::string(3 << 20, 'x'));
  write(tree_ / "other", "not asked for");
  chmod((tree_ / "model.bin").c_str(), 0755);
  OutputSet set = collect({"out/", "model.bin", "out/a.txt"});
  EXPECT_THAT(paths_of(set), ElementsAre("model.bin", "out/a.txt", "out/b/deep.txt"));
  EXPECT_TRUE(set.skipped.empty());
  EXPECT_TRUE(set.files[0].executable);
  EXPECT_FALSE(set.files[1].executable);
  for (const auto& file : set.files) {
    std::string content = read_file(store_ / file.hash);
    EXPECT_EQ(to_hex(sha256(content)), file.hash);
    EXPECT_EQ(static_cast<int64_t>(content.size()), file.size);
    EXPECT_EQ(content, read_file(tree_ / file.path));
  }
}

TEST_F(Outputs, WhatIsMissingIsSaid) {
  OutputSet set = collect({"nothing", "none/"});
  EXPECT_TRUE(set.files.empty());
  EXPECT_THAT(set.skipped, ElementsAre("none: not there", "nothing: not there"));
}

TEST_F(Outputs, WhatIsNoOrdinaryFileIsRefused) {
  fs::create_symlink(folder_.path() / "secret", tree_ / "out" / "absolute");
  fs::create_symlink("../../secret", tree_ / "out" / "relative");
  fs::create_symlink("..", tree_ / "out" / "folder");
  fs::create_symlink("good", tree_ / "out" / "inside");
  write(tree_ / "out" / "good", "good");
  ASSERT_EQ(mkfifo((tree_ / "out" / "fifo").c_str(), 0644), 0);
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s", (tree_ / "out" / "socket").c_str());
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(server);
  size_t refused = 6;
  if (mknod((tree_ / "out" / "device").c_str(), S_IFCHR | 0666, makedev(1, 5)) == 0) ++refused;
  OutputSet set = collect({"out/", "out/folder/secret", "out/folder"});
  EXPECT_THAT(paths_of(set), ElementsAre("out/good"));
  EXPECT_GE(set.skipped.size(), refused);
  for (const auto& entry : fs::directory_iterator(store_)) EXPECT_EQ(read_file(entry.path()), "good");
}

TEST_F(Outputs, AFolderThatIsASymlinkLeadsNowhere) {
  fs::remove(tree_ / "out");
  fs::create_directory_symlink(folder_.path(), tree_ / "out");
  OutputSet set = collect({"out/", "out/secret"});
  EXPECT_TRUE(set.files.empty());
  EXPECT_EQ(set.skipped.size(), 2u);
}

TEST_F(Outputs, PathsOutsideAreNotEvenAskedFor) {
  for (const char* path : {"../secret", "/etc/passwd", "out/../../secret", "", ".", "out//x"})
    EXPECT_THROW(collect({path}), Error) << path;
}

TEST_F(Outputs, ASparseGiantIsNotCopied) {
  int fd = open((tree_ / "out" / "giant").c_str(), O_CREAT | O_WRONLY, 0644);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(ftruncate(fd, int64_t{1} << 40), 0);
  close(fd);
  write(tree_ / "out" / "small", "small");
  OutputSet set = collect({"out/"});
  EXPECT_THAT(paths_of(set), ElementsAre("out/small"));
  EXPECT_THAT(set.skipped, ElementsAre(HasSubstr("out/giant: more than")));
}

TEST_F(Outputs, AnotherMountIsNotEntered) {
  fs::create_directories(tree_ / "out" / "mount");
  if (mount("none", (tree_ / "out" / "mount").c_str(), "tmpfs", 0, nullptr) != 0)
    GTEST_SKIP() << "only root can mount here";
  write(tree_ / "out" / "mount" / "file", "x");
  OutputSet set = collect({"out/"});
  umount2((tree_ / "out" / "mount").c_str(), MNT_DETACH);
  EXPECT_TRUE(set.files.empty());
  EXPECT_EQ(set.skipped.size(), 1u);
}

TEST_F(Outputs, HostileNamesAndDepthsAreSkipped) {
  write(tree_ / "out" / "\x1b[31mred", "x");
  write(tree_ / "out" / "not\xff utf8", "x");
  fs::path deep = tree_ / "out";
  for (int i = 0; i < kOutputDepthMax + 5; ++i) deep /= "d";
  write(deep / "file", "x");
  OutputSet set = collect({"out/"});
  EXPECT_TRUE(set.files.empty());
  EXPECT_EQ(set.skipped.size(), 3u);
  for (const auto& line : set.skipped) EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST_F(Outputs, AFileGoesThroughJson) {
  OutputFile file{"out/a b.txt", to_hex(sha256("x")), 7, true};
  OutputFile again = output_from_json(to_json(file));
  EXPECT_EQ(again.path, file.path);
  EXPECT_EQ(again.hash, file.hash);
  EXPECT_EQ(again.size, file.size);
  EXPECT_EQ(again.executable, file.executable);
  for (const char* path : {"../x", "/x", "a/../x", "a\nb", "", "a/"}) {
    Json value = to_json(file);
    value["path"] = path;
    EXPECT_THROW(output_from_json(value), Error) << path;
  }
  Json value = to_json(file);
  value["hash"] = "../../etc/passwd";
  EXPECT_THROW(output_from_json(value), Error);
  value = to_json(file);
  value["size"] = -1;
  EXPECT_THROW(output_from_json(value), Error);
}

TEST_F(Outputs, ArePlacedBelowTheFolderAndNowhereElse) {
  fs::path target = folder_.path() / "target", content = folder_.path() / "content";
  fs::create_directories(target);
  auto place = [&](const std::string& path, bool executable) {
    write(content, "new");
    place_output(target, {path, to_hex(sha256("new")), 3, executable}, content);
  };
  place("out/a/b", true);
  EXPECT_EQ(read_file(target / "out/a/b"), "new");
  EXPECT_NE(fs::status(target / "out/a/b").permissions() & fs::perms::owner_exec, fs::perms::none);
  write(target / "old", "old");
  place("old", false);
  EXPECT_EQ(read_file(target / "old"), "new");
  // A symlink in the way is replaced, not followed; a folder that is one is refused.
  fs::create_symlink(folder_.path() / "secret", target / "link");
  place("link", false);
  EXPECT_FALSE(fs::is_symlink(target / "link"));
  EXPECT_EQ(read_file(folder_.path() / "secret"), "SECRET");
  fs::create_directory_symlink(folder_.path(), target / "up");
  EXPECT_THROW(place("up/secret", false), Error);
  EXPECT_EQ(read_file(folder_.path() / "secret"), "SECRET");
  EXPECT_THROW(place("../secret", false), Error);
}

}  // namespace
}  // namespace ain::exec
