#include "repo/blame.h"

#include "base/attribution.h"
#include "repo/commits.h"
#include "repo/walk/units.h"
#include "tests/repo/blame_oracle.h"

namespace ain::repo {
namespace {

using ::testing::HasSubstr;

class RandomHistories : public BlameTest, public ::testing::WithParamInterface<unsigned> {};

TEST_P(RandomHistories, EveryLineHasTheOriginThatGitBlameFinds) {
  make_work();
  write(root() / "stream", RandomHistory(GetParam()).stream(70));
  git("fast-import --quiet --force < ../stream");
  expect_as_git();
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomHistories, ::testing::Range(1u, 9u));

TEST_F(BlameTest, MergesOfManyParents) {
  make_work();
  put("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
  commit_all("start");
  for (const char* side : {"2", "5", "8"}) {
    git(fmt::format("checkout -q -b side{0} main && sed -i 's/^{0}$/side {0}/' a && echo {0} > only{0}", side));
    commit_all(fmt::format("side {}", side));
  }
  git("checkout -q main && git commit -q --allow-empty -m empty");
  sh(work(), "sed -i 's/^2$/side 2/; s/^5$/side 5/; s/^8$/own/' a; echo 2 > only2; echo other > only5");
  git("add -A && git update-ref HEAD $(git commit-tree $(git write-tree) -p main -p side8 -p side5 -p side2 -m octopus)");
  expect_as_git();
}

TEST_F(BlameTest, CommitsThatChangeNothing) {
  make_work();
  put("a", "1\n");
  commit_all("one");
  commit_all("nothing");
  git("checkout -q -b side && git commit -q --allow-empty -m side && git checkout -q main && git commit -q --allow-empty -m main");
  git("merge -q --no-ff -m merge side");
  put("empty", "");
  commit_all("an empty file");
  expect_as_git();
  git("rm -q a empty");
  git("commit -q -m 'nothing is left'");
  EXPECT_THAT(error_of([&] { blame(*Repository::discover(work()), git_line("rev-parse HEAD"), "a", {}); }).message(),
              HasSubstr("no file 'a'"));
}

TEST_F(BlameTest, TypesThatChange) {
  make_work();
  put("a", "b\nc\n");
  put("b", "target");
  fs::create_symlink("target", work() / "link");
  put("folder/x", "1\n2\n3\n");
  commit_all("all kinds");
  sh(work(), "rm a link && ln -s 'b' a && printf 'target' > link && rm -r folder && printf '1\\n2\\n3\\n' > folder");
  commit_all("file to link, link to file, folder to file");
  expect_as_git();
  sh(work(), "rm a folder && mkdir a folder && printf 'b\\nc\\n' > a/b && printf '1\\n2\\n3\\n4\\n' > folder/x && git mv link moved");
  commit_all("file to folder");
  expect_as_git();
  sh(work(), "mv moved moved2 && ln -s somewhere link && chmod +x b");
  commit_all("modes");
  sh(work(), "git mv link link2");
  commit_all("a link moves");
  expect_as_git();
}

TEST_F(BlameTest, Submodules) {
  make_work();
  put("a", "1\n");
  put("sub", "a file first\n");
  commit_all("one");
  const std::string oid = git_line("rev-parse HEAD");
  git("rm -q sub && git update-index --add --cacheinfo 160000," + oid + ",sub && git commit -q -m submodule");
  put("a", "1\n2\n");
  git("commit -q -m two a");
  expect_as_git();
  EXPECT_THAT(error_of([&] { blame(*Repository::discover(work()), git_line("rev-parse HEAD"), "sub", {}); }).message(),
              HasSubstr("no file 'sub'"));
  git("rm -q --cached sub");
  put("sub", "a file first\n");
  commit_all("a file again");
  expect_as_git();
}

TEST_F(BlameTest, BytesThatAreNoText) {
  make_work();
  put("binary", std::string("a\0b\nc\n\n\xff\xfe\n", 11));
  put("crlf", "one\r\ntwo\r\nthree\r\n");
  put("caf\xe9.txt", "x\n");
  put("a file", "x\n");
  put("nobreak", "a\nb");
  commit_all("first");
  put("binary", std::string("a\0b\nd\n\n\xff\xfe\n", 11));
  put("crlf", "one\ntwo\r\nthree\r\r\n");
  put("nobreak", "a\nb\nc");
  git("mv caf$'\\xe9'.txt n$'\\xe4'me");
  commit_all("second");
  put("nobreak", "a\nb\nc\n");
  commit_all("third");
  expect_as_git();
}

TEST_F(BlameTest, AFormFeedIsALetter) {
  make_work();
  put("a", "int a;\n\f\nint b;\n\n\f\n/* c */\nint c;\n\v\nint d;\n");
  put("b", "one\n\ntwo\n\ftwo\n");
  commit_all("first");
  put("a", "int a;\n\nint b;\n\f\n/* c */\nint c;\n\f\nint d;\n");
  put("b", "one\n\f\ntwo\ntwo\n");
  commit_all("second");
  expect_as_git();
  // What is cut out slides up or down by its indentation, where a line with a feed is no empty one.
  const std::string block = "extern void f(void);\n\n/* Exit value */\nextern int g;\n";
  put("c", "first\n" + block + "\f\n/* Pointer */\n");
  commit_all("third");
  put("c", "first\nextern void f(void);\n\f\n/* Pointer */\n");
  commit_all("fourth");
  expect_as_git();
}

TEST_F(BlameTest, AFileTooLargeIsRefusedAndDisturbsNothing) {
  const Repository repository = make_work();
  put("a", "1\n");
  sh(work(), "truncate -s 100M big");
  git("-c core.compression=1 add -A && git commit -q -m first");
  put("a", "1\n2\n");
  git("mv big bigger");
  commit_all("second");
  const ObjectId head = *repository.head_commit();
  EXPECT_EQ(lines_of(blame(repository, head, "a", {})), git_lines(work(), "HEAD", "a", {}));
  const Error error = error_of([&] { blame(repository, head, "bigger", {}); });
  EXPECT_EQ(error.kind(), ErrorKind::failed);
  EXPECT_THAT(error.message(), HasSubstr("'bigger' is larger than"));
}

TEST_F(BlameTest, ObjectsAreReadAsTheyAre) {
  make_work();
  for (const char* text : {"1\n", "1\n2\n", "1\n2\n3\n"}) {
    put("a", text);
    commit_all("more");
  }
  git("replace --graft HEAD~1");
  expect_as_git();
  sh(work(), "git replace -d $(git replace -l) && git rev-parse HEAD~1 > .git/info/grafts");
  const Repository repository = *Repository::discover(work());
  const Blame found = blame(repository, *repository.head_commit(), "a", {});
  EXPECT_EQ(found.groups.size(), 3u);
}

TEST_F(BlameTest, AShallowClonesBorderOwnsWhatItHas) {
  make_work();
  for (const char* text : {"1\n", "1\n2\n", "1\n2\n3\n", "1\n2\n3\n4\n"}) {
    put("a", text);
    commit_all("more");
  }
  sh(root(), "git clone -q --depth 2 file://" + work().string() + " shallow");
  const Repository repository = *Repository::discover(root() / "shallow");
  expect_as_git(repository, root() / "shallow");
  EXPECT_FALSE(fs::exists(repository.ain_folder() / "authorship.db"));
  sh(root() / "shallow", "git fetch -q --unshallow");
  expect_as_git(*Repository::discover(root() / "shallow"), root() / "shallow");
}

TEST_F(BlameTest, RenamesWithoutAnObviousSource) {
  make_work();
  const std::string text = "alpha\nbeta\ngamma\ndelta\nepsilon\nzeta\neta\ntheta\n";
  // Same blobs in many places, and more near ones than git's table of candidates holds.
  for (const char* path : {"z/x", "a-b/x", "a/x", "a/y", "m/n/x"}) put(path, text);
  for (int i = 0; i < 7; ++i) put(fmt::format("near/{}", i), text + fmt::format("own {}\n", i % 2));
  put("far", "nothing\nin\ncommon\n");
  commit_all("first");
  git("rm -q -r z a a-b m near");
  put("b/x", text);
  put("b/other", text + "more\n");
  commit_all("second");
  expect_as_git();
}

TEST_F(BlameTest, TheWorkFolderGoesOnFromHead) {
  const Repository repository = make_work();
  put("a", "1\n2\n3\n");
  commit_all("first");
  put("a", "1\nnew\n3\n");
  const Blame found = blame_work_folder(repository, "a", {});
  const ObjectId head = *repository.head_commit();
  EXPECT_EQ(lines_of(found), (Lines{{head, 1, "a"}, {kUncommitted, 2, "a"}, {head, 3, "a"}}));
  EXPECT_EQ(found.text, "1\nnew\n3\n");
  EXPECT_EQ(version_before_work(repository, "a", true), (FileVersion{head, "a"}));
  EXPECT_THAT(error_of([&] { blame_work_folder(repository, "none", {}); }).message(), HasSubstr("no such path 'none' in HEAD"));
  put("none", "untracked\n");
  EXPECT_THAT(error_of([&] { blame_work_folder(repository, "none", {}); }).message(), HasSubstr("no such path 'none' in HEAD"));
}

TEST_F(BlameTest, TheWorkFolderInAMergeAndAfterARename) {
  const Repository repository = make_work();
  put("a", "1\n2\n3\n");
  commit_all("first");
  git("checkout -q -b side");
  put("a", "1\n2\nside\n");
  commit_all("side");
  git("checkout -q main");
  put("a", "main\n2\n3\n");
  commit_all("main");
  git("merge -q --no-commit --no-ff side");
  for (const BlameOptions& options : kAllOptions) {
    EXPECT_EQ(lines_of(blame_work_folder(repository, "a", options)), git_lines(work(), "", "a", options));
  }
  git("commit -q -m merge && git mv a b");
  put("b", "main\n2\nside\nmore\n");
  for (const BlameOptions& options : kAllOptions) {
    EXPECT_EQ(lines_of(blame_work_folder(repository, "b", options)), git_lines(work(), "", "b", options));
  }
}

TEST_F(BlameTest, WhatIsAddedWithCrlfIsReadAsGitWouldCommitIt) {
  const Repository repository = make_work();
  put(".gitattributes", "* text=auto\n");
  put("a", "1\n2\n");
  commit_all("first");
  put("a", "1\r\n2\r\n3\r\n");
  EXPECT_EQ(lines_of(blame_work_folder(repository, "a", {})), git_lines(work(), "", "a", {}));
}

TEST_F(BlameTest, ThePreviousVersionIsTheFirstParents) {
  const Repository repository = make_work();
  put("a", "1\n2\n3\n4\n");
  commit_all("first");
  const ObjectId first = *repository.head_commit();
  git("mv a b");
  put("b", "1\n2\n3\n4\n5\n");
  commit_all("second");
  const ObjectId second = *repository.head_commit();
  using Found = std::vector<std::optional<FileVersion>>;
  EXPECT_EQ(previous_versions(repository, {{second, "b"}, {first, "a"}}, true), (Found{FileVersion{first, "a"}, std::nullopt}));
  EXPECT_EQ(previous_versions(repository, {{second, "b"}}, false), (Found{std::nullopt}));
}

TEST_F(BlameTest, TokensOfALineBelongToWhoWroteThem) {
  const Repository repository = make_work();
  put("a.py", "def area(r):\n    return 3 * r\n");
  commit_all("first");
  const ObjectId first = *repository.head_commit();
  put("a.py", "def area(r):\n    return 3.14 * r * r\n");
  commit_all("second");
  const ObjectId second = *repository.head_commit();
  const TokenBlame found = blame_tokens(repository, std::nullopt, second, "a.py", true);
  std::string all;
  for (const TokenRun& run : found.runs) {
    EXPECT_THAT(run.commit, ::testing::AnyOf(first, second));
    const std::string line = split(found.text, '\n').at(run.line - 1);
    all += line.substr(run.begin, run.end - run.begin) + "|";
  }
  EXPECT_THAT(all, ::testing::StartsWith("def area(r):|"));
  EXPECT_EQ(found.runs.at(1).commit, first);
  EXPECT_EQ(found.runs.at(2).commit, second);
}

// Not its signer alone: whom the table of authors counts.
TEST_F(BlameTest, TokensBelongToWhoIsPaidForThem) {
  Repository repository = make_work();
  const auto ada = key_from_seed(std::string(32, 'a'));
  put("a.py", "def area(r):\n    return r\n\ndef two():\n    return 2\n");
  git("add -A");
  const ObjectId commit = write_commit(repository, {.tree = git_line("write-tree"), .parents = {}, .author = {"Ada", "ada@x"}, .committer = {"Ada", "ada@x"},
                                                    .time_s = 1'767'225'600, .message = "both\n\nCo-authored-range: Cai <cai@x> a.py:4-5\n"}, ada.get());
  const TokenBlame found = blame_tokens(repository, std::nullopt, commit, "a.py", true);
  ASSERT_EQ(found.owners.size(), 2U);
  for (const TokenRun& run : found.runs) {
    const Owner& owner = found.owners.at(run.owner);
    EXPECT_EQ(owner.payee, run.line < 4 ? account_of(ada->public_key()).text() : unclaimed_payee("cai@x")) << run.line;
  }
}

}  // namespace
}  // namespace ain::repo
