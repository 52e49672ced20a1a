#include "repo/identity.h"

#include <functional>

#include "base/encoding.h"
#include "base/json.h"
#include "base/sshsig.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::HasSubstr;

class IdentityTest : public GitTest {
 protected:
  IdentityTest() : repository_(make_work()) {
    for (int i = 0; i < 4; ++i)
      signers_.push_back(key_from_seed(std::string(32, static_cast<char>('a' + i))));
  }
  const Signer& signer(size_t i) const { return *signers_[i]; }
  Delegate delegate(size_t i) const { return {fmt::format("delegate {}", i), signer(i).public_key()}; }
  std::string account(size_t i) const { return account_of(signer(i).public_key()).text(); }
  Identity found() { return create_identity(repository_, "digits", delegate(0), signer(0)); }
  // Revision 1: delegates 0, 1 and 2, two of whom must sign.
  Identity three() {
    Identity next = found();
    next.delegates = {delegate(0), delegate(1), delegate(2)};
    next.threshold = 2;
    return revise_identity(repository_, next, {&signer(0)});
  }
  ObjectId tip() const { return git_line("rev-parse refs/ain/identity"); }
  std::string document(const std::string& revision) const {
    return git("show " + revision + ":identity.json");
  }

  // A commit with any content at all; `signatures` by file name.
  ObjectId forge(const std::string& text, const std::vector<std::pair<std::string, std::string>>& signatures,
                 const std::string& parents, const std::string& extra = "") {
    write(root() / "document", text);
    std::string script = "d=$(git hash-object -w ../document)\n";
    std::string listing;
    for (size_t i = 0; i < signatures.size(); ++i) {
      write(root() / fmt::format("signature{}", i), signatures[i].second);
      script += fmt::format("s{}=$(git hash-object -w ../signature{})\n", i, i);
      listing += fmt::format("printf '100644 blob %s\\t{}\\n' $s{};", signatures[i].first, i);
    }
    script += "t=$({ " + listing + " true; } | git mktree)\n";
    script += "t=$(printf '100644 blob %s\\tidentity.json\\n040000 tree %s\\tsignatures\\n" + extra +
              "' $d $t | git mktree)\n";
    script += "git commit-tree -m forged " + parents + " $t";
    return std::string(trim(sh(work(), script)));
  }
  std::string sign(size_t i, const std::string& text, const std::string& name_space = "ain-identity") const {
    return sshsig_sign(name_space, text, signer(i));
  }
  // The document that would rightly follow the tip, changed at will.
  std::string next_document(const std::function<void(Json&)>& change = {}) {
    const std::string last = document("refs/ain/identity");
    Json json = Json::parse(last);
    json["revision"] = json["revision"].get<int>() + 1;
    json["id"] = read_identity(repository_)->id.text();
    json["previous"] = to_hex(sha256(last));
    if (change) change(json);
    return canonical(json);
  }
  void expect_refused(const ObjectId& forged, const std::string& why) {
    const Error error = error_of([&] { read_identity_at(repository_, forged); });
    EXPECT_EQ(error.kind(), ErrorKind::bad_signature) << error.message();
    EXPECT_THAT(error.message(), HasSubstr(why));
  }

  Repository repository_;
  std::vector<std::unique_ptr<Signer>> signers_;
};

TEST_F(IdentityTest, IsTheHashOfItsFirstDocument) {
  EXPECT_FALSE(read_identity(repository_));
  const Identity identity = found();
  EXPECT_EQ(identity.id.bytes, sha256(document("refs/ain/identity")));
  EXPECT_EQ(read_identity(repository_)->id, identity.id);
  EXPECT_TRUE(identity.is_delegate(account_of(signer(0).public_key())));
  EXPECT_FALSE(identity.is_delegate(account_of(signer(1).public_key())));
  EXPECT_EQ(parse_repository_url(repository_url(identity.id)), identity.id);
  EXPECT_FALSE(parse_repository_url("https://example.org"));
  EXPECT_FALSE(parse_repository_url("ain://repo1qqqq"));
  EXPECT_THAT(error_of([&] { found(); }).message(), HasSubstr("already"));
  EXPECT_EQ(git_line("fsck --strict --no-dangling 2>&1 | grep -v notice || true"), "");
  // ssh-keygen agrees with the signature.
  write(root() / "signers", "x namespaces=\"ain-identity\" " + signer(0).public_key().openssh() + "\n");
  sh(work(), "git show refs/ain/identity:signatures/" + account(0) +
                 " > ../sig; git show refs/ain/identity:identity.json |"
                 " ssh-keygen -q -Y verify -n ain-identity -I x -f ../signers -s ../sig");
}

TEST_F(IdentityTest, TwoOfOneNameDiffer) {
  const Identity first = found();
  git("update-ref -d refs/ain/identity");
  EXPECT_NE(found().id, first.id);
}

TEST_F(IdentityTest, IsRevisedByTheThresholdOfTheRevisionBefore) {
  const Identity current = three();
  EXPECT_EQ(current.revision, 1);
  Identity next = current;
  next.delegates = {delegate(1), delegate(3)};
  next.threshold = 1;
  const Error missing = error_of([&] { revise_identity(repository_, next, {&signer(1)}); });
  EXPECT_THAT(missing.message(), HasSubstr("1 more of these are needed: delegate 0, delegate 2"));
  EXPECT_THAT(error_of([&] {
                revise_identity(repository_, next, {&signer(1), &signer(1)});
              }).message(),
              HasSubstr("1 of 2"));
  EXPECT_THAT(error_of([&] {
                revise_identity(repository_, next, {&signer(1), &signer(3)});
              }).message(),
              HasSubstr("is no delegate"));
  const Identity revised = revise_identity(repository_, next, {&signer(1), &signer(2)});
  EXPECT_EQ(revised.revision, 2);
  EXPECT_EQ(read_identity(repository_)->delegates, next.delegates);
  EXPECT_EQ(read_identity(repository_)->id, current.id);
  EXPECT_THAT(error_of([&] { revise_identity(repository_, current, {&signer(1)}); }).message(),
              HasSubstr("revision 2 by now"));
}

TEST_F(IdentityTest, RefusesSenselessDocuments) {
  EXPECT_EQ(error_of([&] { create_identity(repository_, "a b", delegate(0), signer(0)); }).kind(),
            ErrorKind::usage);
  EXPECT_EQ(error_of([&] { create_identity(repository_, "", delegate(0), signer(0)); }).kind(),
            ErrorKind::usage);
  EXPECT_THROW(create_identity(repository_, "x", delegate(1), signer(0)), Error);
  const Identity current = found();
  const auto refused = [&](const std::function<void(Identity&)>& change) {
    Identity next = current;
    change(next);
    EXPECT_EQ(error_of([&] { revise_identity(repository_, next, {&signer(0)}); }).kind(), ErrorKind::usage);
  };
  refused([](Identity& next) { next.delegates.clear(); });
  refused([](Identity& next) { next.threshold = 0; });
  refused([](Identity& next) { next.threshold = 2; });
  refused([&](Identity& next) { next.delegates.push_back(delegate(0)); });
  refused([](Identity& next) { next.delegates[0].name = "\033[31m"; });
  refused([&](Identity& next) { next.delegates.assign(kDelegatesMax + 1, delegate(0)); });
  EXPECT_EQ(read_identity(repository_)->revision, 0);
}

TEST_F(IdentityTest, AnAttackerCannotContinueTheChain) {
  three();
  const std::string parent = "-p " + tip();
  const std::string rightful = next_document();
  const std::pair by0{account(0), sign(0, rightful)}, by1{account(1), sign(1, rightful)};
  EXPECT_NO_THROW(read_identity_at(repository_, forge(rightful, {by0, by1}, parent)));

  expect_refused(forge(rightful, {by0}, parent), "1 of 2 signatures");  // one was dropped
  expect_refused(forge(rightful, {}, parent), "0 of 2 signatures");
  expect_refused(forge(rightful, {by0, {account(3), sign(3, rightful)}}, parent), "is no delegate");
  expect_refused(forge(rightful, {by0, {account(1), sign(0, rightful)}}, parent), "by another key");
  expect_refused(forge(rightful, {by0, {account(1), sign(1, rightful, "git")}}, parent), "is not valid");
  expect_refused(forge(rightful, {by0, by1, {account(2), sign(2, rightful + " ")}}, parent), "is not valid");
  expect_refused(forge(rightful + "\n", {by0, by1}, parent), "revision 2");

  const auto signed_by_both = [&](const std::string& text, const std::string& parents) {
    return forge(text, {{account(0), sign(0, text)}, {account(1), sign(1, text)}}, parents);
  };
  // A delegate replaced by one who then signs for himself.
  const std::string replaced =
      next_document([&](Json& json) { json["delegates"][1]["key"] = delegate(3).key.openssh(); });
  expect_refused(forge(replaced, {{account(0), sign(0, replaced)}, {account(3), sign(3, replaced)}}, parent),
                 "is no delegate");
  // Skipped, repeated and foreign revisions.
  expect_refused(signed_by_both(next_document([](Json& json) { json["revision"] = 3; }), parent),
                 "calls itself revision 3");
  expect_refused(signed_by_both(document("refs/ain/identity"), parent), "calls itself revision 1");
  const std::string foreign = RepositoryId{sha256("other")}.text();
  expect_refused(signed_by_both(next_document([&](Json& json) { json["id"] = foreign; }), parent),
                 "another repository");
  expect_refused(
      signed_by_both(next_document([](Json& json) { json["salt"] = std::string(32, '0'); }), parent), "salt");
  expect_refused(
      signed_by_both(next_document([](Json& json) { json["previous"] = std::string(64, '0'); }), parent),
      "does not follow");
  expect_refused(signed_by_both(next_document([](Json& json) { json["extra"] = 1; }), parent), "extra");
  expect_refused(signed_by_both(next_document([](Json& json) { json["threshold"] = 9; }), parent),
                 "threshold");
  // Without its beginning, with a second parent, with a foreign file beside it.
  expect_refused(signed_by_both(rightful, ""), "revision 0");
  expect_refused(signed_by_both(rightful, parent + " -p " + tip() + "^"), "merge");
  expect_refused(forge(rightful, {by0, by1}, parent, "100644 blob '$d'\\tzebra\\n"), "other things");
  const std::string stolen_start =
      "-p " + forge(document(tip() + "^"), {{account(3), sign(3, document(tip() + "^"))}}, "");
  expect_refused(signed_by_both(rightful, stolen_start), "revision 0");
}

TEST_F(IdentityTest, ASignatureOfOneBranchIsWorthNothingOnAnother) {
  // Two rivals for revision 2; revision 3's signatures over one of them do not carry to the other.
  Identity next = three();
  next.name = "renamed";
  revise_identity(repository_, next, {&signer(0), &signer(1)});
  const ObjectId ours = tip();
  const std::string third = next_document();
  const std::vector<std::pair<std::string, std::string>> signatures = {{account(0), sign(0, third)},
                                                                       {account(1), sign(1, third)}};
  EXPECT_NO_THROW(read_identity_at(repository_, forge(third, signatures, "-p " + ours)));
  git("update-ref refs/ain/identity " + ours + "^");
  next.name = "rival";
  revise_identity(repository_, next, {&signer(0), &signer(1)});
  expect_refused(forge(third, signatures, "-p " + tip()), "does not follow");
}

TEST_F(IdentityTest, AHostTakesOnlyContinuations) {
  three();
  const ObjectId second = tip();
  const ObjectId first = git_line("rev-parse " + second + "^");
  EXPECT_NO_THROW(check_identity_update(repository_, std::nullopt, second));
  EXPECT_NO_THROW(check_identity_update(repository_, first, second));
  EXPECT_NO_THROW(check_identity_update(repository_, second, second));
  EXPECT_EQ(error_of([&] { check_identity_update(repository_, second, first); }).kind(), ErrorKind::refused);
  git("update-ref -d refs/ain/identity");
  found();
  EXPECT_EQ(error_of([&] { check_identity_update(repository_, second, tip()); }).kind(), ErrorKind::refused);
}

}  // namespace
}  // namespace ain::repo
