#include "repo/packs.h"

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "repo/authorship.h"
#include "repo/commits.h"
#include "repo/tree_name.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PacksTest : public GitTest {
 protected:
  PacksTest() : source_(make_work()), target_(Repository::init(root() / "target.git", true)) {
    for (int i = 0; i < 3; ++i) add_commit();
  }
  void add_commit() {
    const int i = count_++;
    for (int line = 0; line < 200; ++line) text_ += fmt::format("line {} of {}\n", line, i);
    put("big.txt", text_);
    put(fmt::format("dir{}/f.txt", i), fmt::format("file {}\n", i));
    commit_all(fmt::format("commit {}", i));
  }
  ObjectId head() const { return *source_.head_commit(); }
  fs::path pack() const { return root() / "pack"; }
  // Everything below the target's objects, by name.
  std::set<std::string> stored() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(root() / "target.git/objects"))
      names.insert(entry.path());
    return names;
  }
  Error refused(const ObjectId& commit) {
    const auto before = stored();
    Error error = error_of([&] { take_pack(target_, pack(), {commit}); });
    EXPECT_EQ(stored(), before);
    EXPECT_FALSE(target_.has_commit(commit));
    return error;
  }
  std::string target(const std::string& arguments) const {
    return sh(root() / "target.git", "git " + arguments);
  }
  // A commit whose tree has this one entry, however hostile.
  ObjectId commit_of_tree(const std::string& mode, const std::string& name, const std::string& id) {
    std::string raw = mode + " " + name + '\0';
    for (size_t i = 0; i < id.size(); i += 2)
      raw += static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16));
    write(root() / "tree", raw);
    const std::string tree = git_line("hash-object -t tree -w --literally --stdin < ../tree");
    return git_line("commit-tree -m hostile " + tree);
  }
  std::string blob(const std::string& text) {
    write(root() / "blob", text);
    return git_line("hash-object -w ../blob");
  }
  fs::path empty_folder() const {
    const fs::path folder = root() / "out";
    fs::remove_all(folder);
    fs::create_directory(folder);
    return folder;
  }

  Repository source_;
  Repository target_;
  std::string text_;
  int count_ = 0;
};

TEST_F(PacksTest, CarriesWhatIsMissingOnly) {
  write_pack(source_, {head()}, known_tips(target_), pack());
  take_pack(target_, pack(), {head()});
  EXPECT_TRUE(target_.has_commit(head()));
  target_.set_reference("refs/heads/main", head(), "test");
  target("fsck --strict");
  const auto whole = fs::file_size(pack());
  add_commit();
  write_pack(source_, {head()}, known_tips(target_), pack());
  EXPECT_LT(fs::file_size(pack()), whole / 2);
  take_pack(target_, pack(), {head()});
  EXPECT_EQ(target("rev-list --objects " + head()), git("rev-list --objects " + head()));
  for (const std::string& name : stored()) EXPECT_THAT(name, Not(HasSubstr("tmp_objdir")));
}

TEST_F(PacksTest, EveryNamedCommitMustBeWholeEvenWhenOthersAreThere) {
  write_pack(source_, {head()}, {}, pack());
  take_pack(target_, pack(), {head()});
  const ObjectId other = git_line("commit-tree -m other HEAD^{tree}");
  write_pack(source_, {head()}, {}, pack());
  EXPECT_THROW(take_pack(target_, pack(), {head(), other}), Error);
  EXPECT_FALSE(target_.has_commit(other));
  write_pack(source_, {head(), other}, {head()}, pack());
  take_pack(target_, pack(), {head(), other});
  EXPECT_TRUE(target_.has_commit(other));
}

TEST_F(PacksTest, LeavesUnknownHavesOutAndSendsNothingTwice) {
  const ObjectId unknown(40, 'a');
  write_pack(source_, {head()}, {unknown}, pack());
  take_pack(target_, pack(), {head()});
  target_.set_reference("refs/heads/main", head(), "test");
  write_pack(source_, {head()}, {head()}, pack());
  const auto before = stored();
  take_pack(target_, pack(), {head()});
  EXPECT_EQ(stored(), before);
  EXPECT_THAT(error_of([&] { write_pack(source_, {unknown}, {}, pack()); }).message(), HasSubstr(unknown));
  EXPECT_THROW(write_pack(source_, {"--all"}, {}, pack()), Error);
}

TEST_F(PacksTest, RefusesEveryDamage) {
  write_pack(source_, {head()}, {}, pack());
  const std::string whole = read_file(pack());
  for (size_t at = 0; at < whole.size(); at += whole.size() / 23 + 1) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    write(pack(), damaged);
    refused(head());
  }
  for (const size_t size : {size_t{0}, size_t{11}, size_t{12}, whole.size() / 2, whole.size() - 1}) {
    write(pack(), whole.substr(0, size));
    refused(head());
  }
  write(pack(), "no pack at all");
  EXPECT_THAT(refused(head()).message(), HasSubstr("not a git pack"));
  std::string bomb = whole;
  bomb.replace(8, 4, "\x00\xff\xff\xff", 4);
  write(pack(), bomb);
  EXPECT_THAT(refused(head()).message(), HasSubstr("it cannot hold"));
  bomb.replace(8, 4, "\xff\xff\xff\xff", 4);
  write(pack(), bomb);
  EXPECT_EQ(refused(head()).kind(), ErrorKind::exhausted);
}

TEST_F(PacksTest, RefusesWhatIsNotWhole) {
  const ObjectId parent = git_line("rev-parse HEAD~1");
  write_pack(source_, {head()}, {parent}, pack());  // the target does not have the parent
  refused(head());
  // The pack is sound, but the promised commit is not in it.
  write_pack(source_, {parent}, {}, pack());
  EXPECT_THAT(refused(head()).message(), HasSubstr(head()));
  // A blob goes missing from between.
  const std::string gone = git_line("rev-parse HEAD:dir1/f.txt");
  git("rev-list --objects HEAD | cut -c1-40 | grep -v " + gone + " | git pack-objects -q --stdout > ../pack");
  refused(head());
  // A tree is not a commit.
  write_pack(source_, {head()}, {}, pack());
  const auto before = stored();
  EXPECT_THROW(take_pack(target_, pack(), {git_line("rev-parse HEAD^{tree}")}), Error);
  EXPECT_EQ(stored(), before);
}

TEST_F(PacksTest, RefusesHostileObjects) {
  const std::string file = blob("x\n");
  for (const char* name : {".git", "..", ".GIT", "a/b", "git~1"}) {
    const ObjectId hostile = commit_of_tree("100644", name, file);
    git("rev-list --objects " + hostile + " | cut -c1-40 | git pack-objects -q --stdout > ../pack");
    EXPECT_THAT(refused(hostile).message(), HasSubstr("refused")) << name;
  }
}

TEST_F(PacksTest, ConcurrentTakesDoNotDisturbEachOther) {
  struct Parcel {
    fs::path file;
    ObjectId commit;
  };
  std::vector<Parcel> parcels;
  for (int i = 0; i < 6; ++i) {
    git("checkout -q --orphan branch" + std::to_string(i));
    add_commit();
    parcels.push_back({root() / fmt::format("pack{}", i), head()});
    write_pack(source_, {head()}, {}, parcels.back().file);
  }
  parcels.push_back(parcels[0]);  // and the same one twice
  write(root() / "bad", read_file(parcels[1].file).substr(0, 300));
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (const Parcel& parcel : parcels) {
    threads.emplace_back([&, parcel] {
      Repository own = Repository::open(root() / "target.git");
      EXPECT_NO_THROW(take_pack(own, parcel.file, {parcel.commit}));
      EXPECT_TRUE(own.has_commit(parcel.commit));
      try {
        take_pack(own, root() / "bad", {parcel.commit});
      } catch (const Error&) {
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, static_cast<int>(parcels.size()));
  for (const Parcel& parcel : parcels) target("fsck --strict " + parcel.commit);
  for (const std::string& name : stored()) EXPECT_THAT(name, Not(HasSubstr("tmp_objdir")));
}

TEST_F(PacksTest, KnownTipsAreNewestFirstAndBounded) {
  std::string script;
  for (int i = 0; i < 300; ++i) {
    script += fmt::format(
        "GIT_COMMITTER_DATE='{} +0000' git update-ref refs/x/{} $(GIT_COMMITTER_DATE='{} +0000' git "
        "commit-tree -m {} "
        "HEAD^{{tree}})\n",
        1'800'000'000 + i, i, 1'800'000'000 + i, i);
  }
  sh(work(), script);
  git("tag -a -m t v1 refs/x/299");
  const auto tips = known_tips(source_);
  ASSERT_EQ(tips.size(), kHavesMax);
  EXPECT_EQ(tips[0], git_line("rev-parse refs/x/299"));
  EXPECT_EQ(tips[1], git_line("rev-parse refs/x/298"));
  EXPECT_TRUE(known_tips(target_).empty());
}

TEST_F(PacksTest, ExportsExactlyTheTree) {
  put("run.sh", "#!/bin/sh\n");
  ::chmod((work() / "run.sh").c_str(), 0755);
  put("deep/er/x.txt", "x\n");
  fs::create_symlink("../run.sh", work() / "deep/inside");
  fs::create_symlink("../../outside", work() / "deep/outside");
  fs::create_symlink("/etc/passwd", work() / "absolute");
  put(".gitattributes", "*.txt text eol=crlf export-ignore\n");
  git("config filter.evil.smudge 'touch ../evil'");
  commit_all("tree");
  const fs::path folder = empty_folder();
  export_tree(source_, head(), folder);
  EXPECT_EQ(read_file(folder / "deep/er/x.txt"), "x\n");
  EXPECT_EQ(read_file(folder / "big.txt"), text_);
  struct stat info;
  ASSERT_EQ(::stat((folder / "run.sh").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0755u);
  ASSERT_EQ(::stat((folder / "big.txt").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0644u);
  EXPECT_EQ(fs::read_symlink(folder / "deep/inside"), "../run.sh");
  EXPECT_FALSE(fs::is_symlink(folder / "deep/outside"));
  EXPECT_FALSE(fs::is_symlink(folder / "absolute"));
  fs::remove(work() / "deep/outside");
  fs::remove(work() / "absolute");
  sh(root(), "diff -r --no-dereference --exclude=.git work out");
  EXPECT_THAT(error_of([&] { export_tree(source_, head(), folder); }).message(), HasSubstr("not empty"));
}

TEST_F(PacksTest, ExportRefusesHostileNamesAndDoubles) {
  const std::string file = blob("x\n");
  for (const char* name : {".git", "..", ".", ".GiT", "a/b", "git~1", ".git ", ".git.",
                           ".git::$INDEX_ALLOCATION", ".g\u200cit", "/etc", "../../evil"}) {
    const ObjectId hostile = commit_of_tree("100644", name, file);
    EXPECT_THROW(export_tree(source_, hostile, empty_folder()), Error) << name;
    EXPECT_TRUE(fs::is_empty(root() / "out")) << name;
    // A folder of that name is as bad.
    const std::string inner = git_line("rev-parse HEAD^{tree}");
    EXPECT_THROW(export_tree(source_, commit_of_tree("40000", name, inner), empty_folder()), Error) << name;
    EXPECT_TRUE(fs::is_empty(root() / "out")) << name;
  }
  EXPECT_FALSE(fs::exists(root() / "evil"));
  // A symlink and a folder of one name: the folder must not be written through the link.
  const std::string link = blob("..");
  const std::string inner = git_line("rev-parse HEAD:dir0");
  std::string raw;
  for (const auto& [mode, id] :
       {std::pair{std::string("120000"), link}, std::pair{std::string("40000"), inner}}) {
    raw += mode + " double" + '\0';
    for (size_t i = 0; i < id.size(); i += 2)
      raw += static_cast<char>(std::stoi(id.substr(i, 2), nullptr, 16));
  }
  write(root() / "tree", raw);
  const std::string tree = git_line("hash-object -t tree -w --literally --stdin < ../tree");
  const ObjectId hostile = commit_of_tree("40000", "d", tree);
  EXPECT_THROW(export_tree(source_, hostile, empty_folder()), Error);
  EXPECT_FALSE(fs::exists(root() / "f.txt"));
}

TEST(Links, StayInsideByTheirText) {
  for (const auto& [target, depth] :
       {std::pair{"a", 0}, {"a/b", 0}, {"../a", 1}, {"../../a", 2}, {"./a", 0}, {".", 0}}) {
    EXPECT_TRUE(link_stays_inside(target, depth)) << target;
  }
  for (const auto& [target, depth] : {std::pair{"", 0},
                                      {"/a", 3},
                                      {"..", 0},
                                      {"../a", 0},
                                      {"../../a", 1},
                                      {"a/../b", 5},
                                      {".git/hooks", 0}}) {
    EXPECT_FALSE(link_stays_inside(target, depth)) << target;
  }
}

TEST_F(PacksTest, ATreeBombIsSeenThroughAtOnce) {
  sh(work(),
     "t=$(echo x | git hash-object -w --stdin); t=$(printf '100644 blob %s\\tf\\n' $t | git mktree);"
     "for l in $(seq 12); do t=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\\t%s\\n' $t $i; "
     "done | git mktree); done;"
     "git update-ref refs/heads/bomb $(git commit-tree -m bomb $t);"
     "t=$(git rev-parse HEAD:dir0); for l in $(seq 130); do t=$(printf '040000 tree %s\\td\\n' $t | git "
     "mktree); done;"
     "git update-ref refs/heads/deep $(git commit-tree -m deep $t)");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THAT(
      error_of([&] { export_tree(source_, source_.resolve_commit("bomb"), empty_folder()); }).message(),
      HasSubstr("more than 1000000 files"));
  EXPECT_THAT(
      error_of([&] { export_tree(source_, source_.resolve_commit("deep"), empty_folder()); }).message(),
      HasSubstr("deeper than 128"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_TRUE(fs::is_empty(root() / "out"));
}

class ServiceTest : public PacksTest {
 protected:
  static std::string packet(const std::string& text) {
    return fmt::format("{:04x}{}", text.size() + 4, text);
  }
  std::string serve(const Repository& repository, ServiceCall call, const std::string& body = {}) {
    call.body = root() / "body";
    write(call.body, body);
    std::string out;
    run_service(repository, call, [&](std::string_view bytes) { out += bytes; });
    return out;
  }
  std::string push(const std::string& old_id, const std::string& new_id, const std::string& ref,
                   ServiceCall call = {}) {
    std::string pack_bytes;
    if (new_id != kZero) {
      write_pack(source_, {new_id}, known_tips(target_), pack());
      pack_bytes = read_file(pack());
    }
    call.service = "git-receive-pack";
    return serve(
        target_, call,
        packet(old_id + " " + new_id + " " + ref + '\0' + "report-status delete-refs") + "0000" + pack_bytes);
  }
  const std::string kZero = std::string(40, '0');
};

TEST_F(ServiceTest, AdvertisesAsGitsOwnServerDoes) {
  git("update-ref refs/ain/wip/x HEAD");
  const std::string v0 = serve(source_, {.service = "git-upload-pack", .advertise = true});
  EXPECT_TRUE(v0.starts_with("001e# service=git-upload-pack\n0000"));
  EXPECT_THAT(v0, HasSubstr(head() + " refs/heads/main"));
  EXPECT_THAT(v0, Not(HasSubstr("refs/ain/wip")));
  const std::string v2 =
      serve(source_, {.service = "git-upload-pack", .advertise = true, .protocol = "version=2"});
  EXPECT_TRUE(v2.starts_with("000eversion 2\n"));
  const std::string push_v2 =
      serve(source_, {.service = "git-receive-pack", .advertise = true, .protocol = "version=2"});
  EXPECT_TRUE(push_v2.starts_with("001f# service=git-receive-pack\n0000"));
  EXPECT_EQ(error_of([&] { serve(source_, {.service = "git-shell"}); }).kind(), ErrorKind::refused);
}

TEST_F(ServiceTest, FetchesAlsoZippedAndByCommit) {
  const std::string body =
      packet("want " + git_line("rev-parse HEAD~1") + " ofs-delta\n") + "0000" + packet("done\n");
  const std::string plain = serve(source_, {.service = "git-upload-pack"}, body);
  ASSERT_TRUE(plain.starts_with("0008NAK\nPACK"));
  write(pack(), plain.substr(8));
  take_pack(target_, pack(), {git_line("rev-parse HEAD~1")});

  write(root() / "plain", body);
  sh(root(), "gzip -c plain > zipped");
  const std::string zipped = read_file(root() / "zipped");
  EXPECT_EQ(serve(source_, {.service = "git-upload-pack", .gzip = true}, zipped), plain);
  EXPECT_THAT(error_of([&] { serve(source_, {.service = "git-upload-pack", .gzip = true}, body); }).message(),
              HasSubstr("not gzip"));
  EXPECT_THROW(
      serve(source_, {.service = "git-upload-pack", .gzip = true}, zipped.substr(0, zipped.size() / 2)),
      Error);
  EXPECT_THROW(serve(source_, {.service = "git-upload-pack"}, "garbage"), Error);
  sh(root(), "head -c 100000000 /dev/zero | gzip -1 > bomb");
  const Error bomb = error_of(
      [&] { serve(source_, {.service = "git-upload-pack", .gzip = true}, read_file(root() / "bomb")); });
  EXPECT_EQ(bomb.kind(), ErrorKind::exhausted);
}

TEST_F(ServiceTest, TakesAPushAndWithoutHooksOnlyGrowth) {
  const ObjectId first = head();
  EXPECT_THAT(push(kZero, first, "refs/heads/main"), HasSubstr("unpack ok"));
  EXPECT_EQ(target_.reference("refs/heads/main"), first);
  git("checkout -q --orphan other");
  add_commit();
  EXPECT_THAT(push(first, head(), "refs/heads/main"), HasSubstr("ng refs/heads/main non-fast-forward"));
  EXPECT_THAT(push(first, kZero, "refs/heads/main"), HasSubstr("ng refs/heads/main"));
  EXPECT_EQ(target_.reference("refs/heads/main"), first);
  target("fsck --strict");
}

TEST_F(ServiceTest, HooksJudgeAPushAndSeeItsObjects) {
  fs::create_directory(root() / "hooks");
  write(root() / "hooks/pre-receive",
        "#!/bin/sh\nread old new ref\n[ \"$AIN_PUSHER\" = ain1good ] || { echo no; exit 1; }\ngit cat-file "
        "-e $new\nenv > " +
            (root() / "seen").string() + "\n");
  ::chmod((root() / "hooks/pre-receive").c_str(), 0755);
  // A hook that lies in the repository itself must not run.
  write(root() / "target.git/hooks/post-receive", "#!/bin/sh\ntouch " + (root() / "evil").string() + "\n");
  ::chmod((root() / "target.git/hooks/post-receive").c_str(), 0755);
  ServiceCall call;
  call.hooks_folder = root() / "hooks";
  call.environment = {"AIN_PUSHER=ain1bad"};
  EXPECT_THAT(push(kZero, head(), "refs/heads/main", call), HasSubstr("pre-receive hook declined"));
  EXPECT_FALSE(target_.has_commit(head()));
  call.environment = {"AIN_PUSHER=ain1good"};
  ::setenv("GIT_SECRET_OF_THE_NODE", "1", 1);
  EXPECT_THAT(push(kZero, head(), "refs/heads/main", call), HasSubstr("ok refs/heads/main"));
  ::unsetenv("GIT_SECRET_OF_THE_NODE");
  EXPECT_TRUE(target_.has_commit(head()));
  EXPECT_THAT(read_file(root() / "seen"), Not(HasSubstr("GIT_SECRET")));
  EXPECT_FALSE(fs::exists(root() / "evil"));
  // With hooks, they decide about forced pushes too.
  const ObjectId first = head();
  git("checkout -q --orphan other");
  add_commit();
  EXPECT_THAT(push(first, head(), "refs/heads/main", call), HasSubstr("ok refs/heads/main"));
}

TEST_F(ServiceTest, RefusesHostileObjectsInAPush) {
  const ObjectId hostile = commit_of_tree("100644", ".git", blob("x\n"));
  EXPECT_THAT(push(kZero, hostile, "refs/heads/main"), Not(HasSubstr("unpack ok")));
  EXPECT_FALSE(target_.reference("refs/heads/main"));
}

}  // namespace
}  // namespace ain::repo
