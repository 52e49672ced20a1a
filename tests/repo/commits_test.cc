#include "repo/commits.h"

#include <sys/stat.h>

#include "repo/snapshot.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CommitsTest : public GitTest {
 protected:
  CommitsTest() : repository_(make_work()), signer_(key_from_seed(std::string(32, 'a'))) {
    put("a.txt", "one\n");
    git("add -A");
  }
  ObjectId signed_commit(const std::string& message) {
    allow_signer(repository_, signer_->public_key(), "ada@example.org");
    return commit_index(repository_, message, *signer_);
  }
  // Rewrites the raw commit with sed and returns the new object's id.
  ObjectId altered(const ObjectId& commit, const std::string& sed) {
    return git_line("cat-file commit " + commit + " | sed '" + sed +
                    "' | git hash-object -t commit -w --stdin");
  }

  Repository repository_;
  std::unique_ptr<Signer> signer_;
};

TEST_F(CommitsTest, GitVerifiesWhatAinSigned) {
  const ObjectId commit = signed_commit("first\n\nwith a body");
  git("verify-commit HEAD");
  EXPECT_THAT(git("log --show-signature -1 2>&1"),
              HasSubstr("Good \"git\" signature for ada@example.org with ED25519 key " +
                        signer_->public_key().fingerprint()));
  EXPECT_EQ(git_line("fsck --strict --no-dangling 2>&1"), "");
  EXPECT_EQ(git_line("log -1 --format='%an %ae %s|%b'"), "Ada ada@example.org first|with a body");
  EXPECT_EQ(commit_signer(repository_, commit), signer_->public_key());
}

TEST_F(CommitsTest, AinVerifiesWhatGitSigned) {
  const fs::path key_file = root() / "key";
  sh(root(), "ssh-keygen -q -t ed25519 -N '' -f key");
  const PublicKey key = load_public_key(key_file);
  std::string command;
  for (const std::string& argument : git_signing_arguments(repository_, key_file))
    command += " '" + argument + "'";
  git(command + " commit -q -m first");
  put("b.txt", "two\n");
  git("add -A && git" + command + " commit -q -m 'second: äöü' && git checkout -q -b side HEAD~1");
  put("c.txt", "three\n");
  git("add -A && git" + command + " commit -q -m side && git" + command + " merge -q -m merge main");
  for (const char* revision : {"HEAD", "main", "main~1", "side~1"}) {
    EXPECT_EQ(commit_signer(repository_, repository_.resolve_commit(revision)), key) << revision;
  }
  allow_signer(repository_, key, "ada@example.org");
  git(command + " verify-commit HEAD");
}

TEST_F(CommitsTest, RefusesWhatWasTamperedWith) {
  const ObjectId commit = signed_commit("first");
  EXPECT_TRUE(commit_signer(repository_, altered(commit, "s/nothing/nothing/")));
  for (const char* sed :
       {"s/^first/fist/", "s/^author Ada/author Eve/", "s/^committer Ada/committer Eve/", "$ s/$/ /",
        "s/^tree .*/tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904/", "/^ /s/A/B/", "/^gpgsig/s/SSH/PGP/"}) {
    EXPECT_FALSE(commit_signer(repository_, altered(commit, sed))) << sed;
  }
}

TEST_F(CommitsTest, ASignatureCannotBeMovedOrDoubled) {
  const ObjectId commit = signed_commit("first");
  const std::string raw = git("cat-file commit " + commit);
  const size_t begin = raw.find("gpgsig ");
  const size_t end = raw.find("\n\n", begin) + 1;
  const std::string header = raw.substr(begin, end - begin);
  write(root() / "double", raw.substr(0, end) + header + raw.substr(end));
  write(root() / "below", raw.substr(0, begin) + "\n" + header + raw.substr(end + 1));
  for (const char* file : {"double", "below"}) {
    const ObjectId forged =
        git_line("hash-object -t commit -w --literally --stdin < ../" + std::string(file));
    EXPECT_FALSE(commit_signer(repository_, forged)) << file;
  }
}

TEST_F(CommitsTest, UnsignedAndForeignSignaturesHaveNoSigner) {
  git("commit -q -m plain");
  EXPECT_FALSE(commit_signer(repository_, *repository_.head_commit()));
  // A signature for another purpose ("file") is worth nothing on a commit.
  sh(root(), "ssh-keygen -q -t ed25519 -N '' -f key");
  const std::string forged =
      sh(work(),
         "git cat-file commit HEAD > ../raw; ssh-keygen -q -Y sign -n file -f ../key ../raw 2>/dev/null;"
         "{ sed '/^$/,$d' ../raw; sed 's/^/ /; 1s/^ /gpgsig /' ../raw.sig; sed -n '/^$/,$p' ../raw; }"
         " | git hash-object -t commit -w --stdin");
  EXPECT_FALSE(commit_signer(repository_, std::string(trim(forged))));
}

TEST_F(CommitsTest, AllowedSignersHoldsEachKeyOnceAndNoPatterns) {
  const auto other = key_from_seed(std::string(32, 'b'));
  allow_signer(repository_, signer_->public_key(), "ada@example.org");
  allow_signer(repository_, signer_->public_key(), "ada@example.org");
  allow_signer(repository_, other->public_key(), account_of(other->public_key()).text());
  EXPECT_EQ(split(std::string(trim(read_file(work() / ".git/ain/allowed_signers"))), '\n').size(), 2u);
  EXPECT_EQ(git_line("config gpg.format"), "ssh");
  for (const char* hostile : {"*", "a b", "!a@b", "a,b", "a@b\nc@d", "\"a", ""}) {
    EXPECT_THROW(allow_signer(repository_, signer_->public_key(), hostile), Error) << hostile;
  }
}

TEST_F(CommitsTest, CommitsOnAnUnbornADetachedAndAMergingHead) {
  const ObjectId first = signed_commit("first");
  EXPECT_EQ(git_line("rev-parse main"), first);
  EXPECT_THAT(git("reflog -1"), HasSubstr("commit (initial): first"));

  git("checkout -q --detach");
  put("b.txt", "two\n");
  git("add -A");
  const ObjectId second = signed_commit("second");
  EXPECT_EQ(git_line("rev-parse HEAD"), second);
  EXPECT_EQ(git_line("rev-parse main"), first);
  EXPECT_THAT(git("reflog -1"), HasSubstr("commit: second"));

  git("checkout -q main");
  put("c.txt", "three\n");
  git("add -A");
  const ObjectId third = signed_commit("third");
  git("merge -q --no-commit --no-ff " + second);
  const ObjectId merge = signed_commit("merge");
  EXPECT_THAT(split(git_line("rev-parse " + merge + "^1 " + merge + "^2"), '\n'), ElementsAre(third, second));
  EXPECT_FALSE(fs::exists(work() / ".git/MERGE_HEAD"));
  EXPECT_EQ(git_line("status --porcelain"), "");
  git("verify-commit HEAD");
}

TEST_F(CommitsTest, RefusesEmptyUnmergedAndNamelessCommits) {
  signed_commit("first");
  EXPECT_THAT(error_of([&] { signed_commit("again"); }).message(), HasSubstr("nothing to commit"));
  put("new.txt", "x\n");
  EXPECT_THAT(error_of([&] { signed_commit("again"); }).message(), HasSubstr("untracked files present"));
  put("a.txt", "changed\n");
  EXPECT_THAT(error_of([&] { signed_commit("again"); }).message(), HasSubstr("no changes added to commit"));
  git("add -A");
  EXPECT_EQ(error_of([&] { signed_commit("  \n "); }).kind(), ErrorKind::usage);
  signed_commit("second");

  git("checkout -q -b side HEAD~1");
  put("a.txt", "side\n");
  git("commit -q -am side");
  git("merge -q main >/dev/null", 1);
  EXPECT_THAT(error_of([&] { signed_commit("merge"); }).message(), HasSubstr("unmerged files"));
}

TEST_F(CommitsTest, RunsTheUsersHooksAndHonoursTheirDates) {
  put(".git/hooks/pre-commit", "#!/bin/sh\n! grep -q bad a.txt || { echo 'bad file' >&2; exit 1; }\n");
  put(".git/hooks/commit-msg", "#!/bin/sh\nprintf '\\nReviewed-by: hook\\n' >> \"$1\"\n");
  git("add -A; chmod +x .git/hooks/pre-commit .git/hooks/commit-msg");
  ::setenv("GIT_AUTHOR_DATE", "2020-01-02T03:04:05+0200", 1);
  signed_commit("first");
  ::unsetenv("GIT_AUTHOR_DATE");
  EXPECT_EQ(git_line("log -1 --format='%aI|%s|%b'"), "2020-01-02T03:04:05+02:00|first|Reviewed-by: hook");
  EXPECT_NE(git_line("log -1 --format=%cI").substr(0, 4), "2020");
  put("a.txt", "bad\n");
  git("add -A");
  EXPECT_THAT(error_of([&] { signed_commit("second"); }).message(), HasSubstr("bad file"));
  EXPECT_EQ(git_line("log --format=%s"), "first");
}

TEST_F(CommitsTest, AddsPathsAsGitDoes) {
  put("b/c.txt", "x\n");
  put("ignored.log", "x\n");
  put(".gitignore", "*.log\n");
  add_paths(repository_, {"b", "a.txt"});
  EXPECT_EQ(git("status --porcelain"), "A  a.txt\nA  b/c.txt\n?? .gitignore\n");
  EXPECT_THAT(error_of([&] { add_paths(repository_, {"nothing.txt"}); }).message(),
              HasSubstr("did not match any files"));
  EXPECT_THROW(add_paths(repository_, {"ignored.log"}), Error);
  EXPECT_EQ(error_of([&] { add_paths(repository_, {}); }).kind(), ErrorKind::usage);
  EXPECT_THROW(add_paths(repository_, {"--help"}), Error);
  add_paths(repository_, {"."});
  EXPECT_EQ(git("status --porcelain"), "A  .gitignore\nA  a.txt\nA  b/c.txt\n");
}

}  // namespace
}  // namespace ain::repo
