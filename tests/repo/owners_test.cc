#include "repo/owners.h"

#include "base/attribution.h"
#include "repo/commits.h"
#include "repo/mailmap.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kDay = 86'400;
constexpr int64_t kNewYear = 1'767'225'600;  // 2026-01-01T00:00:00Z

class OwnersTest : public GitTest {
 protected:
  OwnersTest() : repository_(make_work()), ada_(key_from_seed(std::string(32, 'a'))), bea_(key_from_seed(std::string(32, 'b'))),
        eve_(key_from_seed(std::string(32, 'e'))) {}

  struct Made {
    std::string message = "change";
    Person author = {"Ada", "ada@example.org"};
    int64_t time_s = kNewYear;
  };
  // A commit of the working folder on `parents`, signed where there is a signer.
  ObjectId commit(const Signer* signer, const std::vector<ObjectId>& parents, const Made& made) {
    git("add -A");
    return write_commit(repository_,
                        {.tree = git_line("write-tree"), .parents = parents, .author = made.author,
                         .committer = made.author, .time_s = made.time_s, .message = made.message},
                        signer);
  }
  ObjectId commit(const Signer* signer, const std::vector<ObjectId>& parents = {}) { return commit(signer, parents, {}); }

  static Identity identity_of(const std::vector<const Signer*>& delegates) {
    Identity identity;
    for (const Signer* delegate : delegates) {
      identity.delegates.push_back({fmt::format("delegate{}", identity.delegates.size()), delegate->public_key()});
    }
    return identity;
  }

  static std::string account(const Signer& signer) { return ain::account_of(signer.public_key()).text(); }
  std::string known(const std::string& payee) const {
    if (payee == account(*ada_)) return "ada";
    if (payee == account(*bea_)) return "bea";
    if (payee == account(*eve_)) return "eve";
    return is_unclaimed(payee) ? "nobody" : payee;
  }
  // "ada 3, bea 1": in the order of the file, neighbours together.
  std::string split(Owners& owners, const ObjectId& origin, const std::string& path = "a", uint32_t position = 0,
                    uint32_t count = 4) const {
    std::vector<std::pair<std::string, uint32_t>> parts;
    owners.split(origin, path, position, count, [&](size_t owner, uint32_t atoms) {
      const std::string name = known(owners.owner(owner).payee);
      if (!parts.empty() && parts.back().first == name) parts.back().second += atoms;
      else parts.emplace_back(name, atoms);
    });
    std::vector<std::string> texts;
    for (const auto& [name, atoms] : parts) texts.push_back(fmt::format("{} {}", name, atoms));
    return join(texts, ", ");
  }
  std::string split_alone(const std::optional<Identity>& identity, const ObjectId& tip, const ObjectId& origin) const {
    Owners owners(repository_, identity, tip);
    return split(owners, origin);
  }
  // A table that gives Eve everything.
  std::string table_of(const Signer& signer, const std::string& email) const {
    return fmt::format("[[author]]\nemail = \"{}\"\naccount = \"{}\"\n", email, account(signer));
  }

  Repository repository_;
  std::unique_ptr<Signer> ada_;
  std::unique_ptr<Signer> bea_;
  std::unique_ptr<Signer> eve_;
};

TEST_F(OwnersTest, ASignedCommitIsTheKeysWhateverNameItBears) {
  put("a", "one two three four\n");
  const ObjectId mine = commit(eve_.get(), {}, {.author = {"Ada", "ada@example.org"}});
  Owners owners(repository_, identity_of({ada_.get()}), mine);
  EXPECT_EQ(split(owners, mine), "eve 4");
  ASSERT_EQ(owners.owner_count(), 1u);
  EXPECT_TRUE(owners.owner(0).claimed);
  EXPECT_EQ(owners.owner(0).by, Owner::By::signature);
  EXPECT_EQ(owners.owner(0).email, "ada@example.org");
  EXPECT_THAT(owners.remarks(), IsEmpty());
}

TEST_F(OwnersTest, UnsignedHistoryIsWhoseTheTableSays) {
  put("a", "one two three four\n");
  const ObjectId by_email = commit(nullptr, {}, {.author = {"Somebody", "BEA@Example.org"}});
  const ObjectId by_both = commit(nullptr, {by_email}, {.author = {"Robot", "bea@example.org"}});
  const ObjectId by_name = commit(nullptr, {by_both}, {.author = {"robot ", "x@example.org"}});
  const ObjectId unknown = commit(nullptr, {by_name}, {.author = {"Zoe", "Zoe@Example.org"}});
  put("authors.toml", table_of(*bea_, "Bea@example.org") +
                          fmt::format("[[author]]\nname = \"Robot\"\nemail = \"bea@example.org\"\naccount = \"{}\"\n"
                                      "[[author]]\nname = \"Robot\"\naccount = \"{}\"\n", account(*eve_), account(*ada_)));
  const ObjectId tip = commit(ada_.get(), {unknown});
  Owners owners(repository_, identity_of({ada_.get()}), tip);
  EXPECT_EQ(split(owners, by_email), "bea 4");
  EXPECT_EQ(split(owners, by_both), "eve 4");
  EXPECT_EQ(split(owners, by_name), "ada 4");
  EXPECT_EQ(split(owners, unknown), "nobody 4");
  const Owner& zoe = owners.owner(owners.owner_count() - 1);
  EXPECT_EQ(zoe.payee, unclaimed_payee("zoe@example.org"));
  EXPECT_EQ(zoe.by, Owner::By::nobody);
  EXPECT_FALSE(zoe.claimed);
  EXPECT_EQ(owners.owner(0).by, Owner::By::table);
  EXPECT_EQ(split(owners, tip), "ada 4");
  EXPECT_EQ(owners.owner_count(), 4u) << "one payee, one owner";
  EXPECT_EQ(owners.owner(2).by, Owner::By::signature) << "the strongest way";
}

TEST_F(OwnersTest, OnlyADelegatesTableCounts) {
  const Identity identity = identity_of({ada_.get()});
  put("a", "one two three four\n");
  const ObjectId old = commit(nullptr);
  put("authors.toml", table_of(*bea_, "ada@example.org"));
  const ObjectId trusted = commit(ada_.get(), {old});
  put("authors.toml", table_of(*eve_, "ada@example.org"));
  const ObjectId unsigned_one = commit(nullptr, {trusted});
  const ObjectId by_stranger = commit(eve_.get(), {trusted});
  const ObjectId merge = commit(nullptr, {by_stranger, unsigned_one});
  const ObjectId forged =
      git_line("cat-file commit " + commit(ada_.get(), {trusted}) + " | sed 's/^change/changed/' | git hash-object -t commit -w --stdin");
  for (const ObjectId& tip : {trusted, unsigned_one, by_stranger, merge, forged}) {
    EXPECT_EQ(split_alone(identity, tip, old), "bea 4") << tip;
    EXPECT_EQ(trusted_commit(repository_, identity, tip), trusted);
  }
  Owners owners(repository_, identity, unsigned_one);
  EXPECT_THAT(owners.remarks(), ElementsAre(HasSubstr("a delegate signed is " + trusted.substr(0, 10))));
  EXPECT_EQ(split_alone(identity, commit(ada_.get(), {merge}), old), "eve 4") << "a delegate merged it";
}

TEST_F(OwnersTest, WithoutADelegatesWordThereIsNoTable) {
  put("a", "one two three four\n");
  put("authors.toml", table_of(*eve_, "ada@example.org"));
  const ObjectId tip = commit(eve_.get(), {commit(nullptr)});
  const ObjectId old = git_line("rev-parse " + tip + "^");
  EXPECT_EQ(split_alone(std::nullopt, tip, old), "nobody 4");
  EXPECT_EQ(split_alone(identity_of({ada_.get()}), tip, old), "nobody 4");
  EXPECT_THAT(Owners(repository_, std::nullopt, tip).remarks(), ElementsAre(HasSubstr("no identity")));
  EXPECT_THAT(Owners(repository_, identity_of({ada_.get()}), tip).remarks(), ElementsAre(HasSubstr("no delegate has signed")));
}

TEST_F(OwnersTest, AWrongSignatureIsNone) {
  put("a", "one two three four\n");
  const ObjectId good = commit(ada_.get());
  const ObjectId wrong =
      git_line("cat-file commit " + good + " | sed 's/^change/changed/' | git hash-object -t commit -w --stdin");
  Owners owners(repository_, std::nullopt, good);
  EXPECT_EQ(split(owners, good), "ada 4");
  EXPECT_EQ(split(owners, wrong), "nobody 4");
  EXPECT_THAT(owners.remarks(), ElementsAre(HasSubstr("signatures that are wrong")));
}

TEST_F(OwnersTest, ABrokenTableOfADelegateIsAnErrorAStrangersIsNot) {
  const Identity identity = identity_of({ada_.get()});
  const ObjectId first = commit(ada_.get());
  put("authors.toml", "# names\n[[author]]\nmail = \"a@b\"\n");
  const Error broken = error_of([&] { Owners(repository_, identity, commit(ada_.get(), {first})); });
  EXPECT_EQ(broken.kind(), ErrorKind::failed);
  EXPECT_THAT(broken.message(), HasSubstr("cannot read 'authors.toml': line 3: unknown key 'mail'"));
  EXPECT_THAT(broken.hint(), HasSubstr("did you mean 'email'?; mend it, then: ain commit -a"));
  EXPECT_NO_THROW(Owners(repository_, identity, commit(eve_.get(), {first})));
  put("authors.toml", std::string((1 << 20) + 1, '#'));
  EXPECT_NO_THROW(Owners(repository_, identity, commit(eve_.get(), {first})));
  EXPECT_THAT(error_of([&] { Owners(repository_, identity, commit(ada_.get(), {first})); }).hint(), HasSubstr("ain commit"));
}

TEST_F(OwnersTest, AFurtherKeySignsForItsAccountInItsTime) {
  put("a", "one two three four\n");
  const ObjectId before = commit(bea_.get(), {}, {.author = {"B", "b@example.org"}, .time_s = kNewYear - 1});
  const ObjectId first = commit(bea_.get(), {before}, {.author = {"B", "b@example.org"}, .time_s = kNewYear});
  const ObjectId last = commit(bea_.get(), {first}, {.author = {"B", "b@example.org"}, .time_s = kNewYear + kDay - 1});
  const ObjectId after = commit(bea_.get(), {last}, {.author = {"B", "b@example.org"}, .time_s = kNewYear + kDay});
  put("authors.toml", fmt::format("[[key]]\naccount = \"{}\"\nkey = \"{}\"\nfrom = 2026-01-01T00:00:00Z\n"
                                  "until = 2026-01-02T02:00:00+02:00\n{}",
                                  account(*ada_), trim(bea_->public_key().openssh("laptop")), table_of(*eve_, "b@example.org")));
  Owners owners(repository_, identity_of({ada_.get()}), commit(ada_.get(), {after}));
  EXPECT_EQ(split(owners, before), "eve 4");
  EXPECT_EQ(split(owners, first), "ada 4");
  EXPECT_EQ(split(owners, last), "ada 4");
  EXPECT_EQ(split(owners, after), "eve 4");
  EXPECT_THAT(owners.remarks(), ElementsAre(HasSubstr("outside of its time")));
}

// Bea's key was stolen at the new year.
class RevokedKeyTest : public OwnersTest {
 protected:
  ObjectId by_bea(const std::vector<ObjectId>& parents, int64_t time_s) {
    return commit(bea_.get(), parents, {.author = {"Bea", "bea@example.org"}, .time_s = time_s});
  }
  ObjectId by(const Signer& signer, const std::vector<ObjectId>& parents, int64_t time_s) {
    return commit(&signer, parents, {.time_s = time_s});
  }
  // The delegate's commit that revokes, some time later.
  ObjectId revoke(const Signer& signer, const std::vector<ObjectId>& parents) {
    put("authors.toml", fmt::format("[[key]]\nkey = \"{}\"\nrevoked = true\nfrom = 2026-01-01T00:00:00Z\n",
                                    trim(bea_->public_key().openssh())));
    return by(signer, parents, kNewYear + 10 * kDay);
  }
};

TEST_F(RevokedKeyTest, OnlyWhatADelegateHadSignedOnTopOfCounts) {
  put("a", "one two three four\n");
  const ObjectId merged = by_bea({}, kNewYear - 3 * kDay);
  const ObjectId wrong_clock = by_bea({merged}, kNewYear + 5 * kDay);
  const ObjectId witness = by(*ada_, {wrong_clock}, kNewYear - 1);
  const ObjectId late = by_bea({witness}, kNewYear - 1);
  const ObjectId back_dated = by_bea({merged}, kNewYear - 2 * kDay);
  const ObjectId accepted_too_late = by(*ada_, {late, back_dated}, kNewYear);
  const ObjectId by_nobody = by(*eve_, {back_dated}, kNewYear - kDay);
  const ObjectId tip = revoke(*ada_, {accepted_too_late, by_nobody});
  Owners owners(repository_, identity_of({ada_.get()}), tip);
  EXPECT_EQ(split(owners, merged), "bea 4");
  EXPECT_EQ(split(owners, wrong_clock), "bea 4") << "its own time does not matter";
  EXPECT_EQ(split(owners, late), "nobody 4");
  EXPECT_EQ(split(owners, back_dated), "nobody 4");
  EXPECT_EQ(split(owners, by_nobody), "eve 4");
  EXPECT_THAT(owners.remarks(), ElementsAre(HasSubstr("and 1 more")));
}

TEST_F(RevokedKeyTest, ARevokedDelegateVouchesForNothing) {
  put("a", "one two three four\n");
  const ObjectId old = by_bea({}, kNewYear - 3 * kDay);
  const ObjectId forged_witness = by_bea({old}, kNewYear - 2 * kDay);
  const ObjectId tip = revoke(*ada_, {forged_witness});
  EXPECT_EQ(split_alone(identity_of({ada_.get(), bea_.get()}), tip, old), "nobody 4");
  EXPECT_EQ(split_alone(identity_of({ada_.get()}), tip, forged_witness), "nobody 4");
}

TEST_F(RevokedKeyTest, AThiefCannotTakeTheRevocationBack) {
  put("a", "one two three four\n");
  const ObjectId base = by(*ada_, {}, kNewYear - 9 * kDay);
  const ObjectId revoked = revoke(*ada_, {base});
  put("authors.toml", "");
  const ObjectId stolen = by_bea({revoked}, kNewYear - kDay);
  EXPECT_EQ(split_alone(identity_of({ada_.get()}), stolen, stolen), "nobody 4");
}

TEST_F(RevokedKeyTest, TheTableMayGiveTheRestByEmail) {
  put("a", "one two three four\n");
  const ObjectId old = by_bea({}, kNewYear - 3 * kDay);
  revoke(*ada_, {old});
  put("authors.toml", read_file(work() / "authors.toml") + table_of(*ada_, "bea@example.org"));
  EXPECT_EQ(split_alone(identity_of({ada_.get()}), by(*ada_, {old}, kNewYear + kDay), old), "ada 4");
}

TEST_F(OwnersTest, CoAuthorsOfASignedCommitShareEqually) {
  put("a", "one two three four\n");
  put("authors.toml", table_of(*bea_, "bea@example.org"));
  const std::string trailers = "title\n\nbody\n\nCo-Authored-By: Bea <BEA@example.org>\nco-authored-by: Who <who@example.org>\n"
                               "Co-authored-by: Bea again <bea@example.org>\nCo-authored-by: delegate1 <x@example.org>\n";
  const ObjectId shared = commit(ada_.get(), {}, {.message = trailers});
  Owners owners(repository_, identity_of({ada_.get(), eve_.get()}), shared);
  EXPECT_EQ(split(owners, shared, "a", 0, 8), "ada 1, bea 1, nobody 1, eve 1, ada 1, bea 1, nobody 1, eve 1");
  EXPECT_EQ(split(owners, shared, "a", 6, 2), "nobody 1, eve 1") << "a token keeps its owner, whatever is cut off before it";
  EXPECT_EQ(owners.owner(1).by, Owner::By::co_author);
  EXPECT_EQ(owners.owner(1).name, "Bea");
  EXPECT_THAT(owners.remarks(), IsEmpty());
}

TEST_F(OwnersTest, TrailersCountOnlyWhereTheSignatureDoesAndInTheLastParagraph) {
  put("a", "one two three four\n");
  const Identity identity = identity_of({ada_.get(), eve_.get()});
  const std::string trailer = "Co-authored-by: delegate1 <e@example.org>\n";
  const ObjectId plain = commit(nullptr, {}, {.message = "title\n\n" + trailer});
  const ObjectId title = commit(ada_.get(), {}, {.message = trailer});
  const ObjectId quoted = commit(ada_.get(), {}, {.message = "title\n\n" + trailer + "\nthat was quoted\n"});
  Owners owners(repository_, identity, commit(ada_.get()));
  EXPECT_EQ(split(owners, plain), "nobody 4");
  EXPECT_EQ(split(owners, title), "ada 4");
  EXPECT_EQ(split(owners, quoted), "ada 4");
  EXPECT_THAT(owners.remarks(), ElementsAre(HasSubstr("co-authors in commits whose signature does not count")));
}

TEST_F(OwnersTest, RangesGiveLinesToACoAuthor) {
  put("a", "a b\n\nc d e\nf\ng h\n");
  put("b", "one two three four\n");
  const std::string trailers = "title\n\nCo-authored-range: delegate1 <b@x> a:2-3,5-9\n"
                               "Co-authored-range: delegate2 <e@x> a:3-4\nCo-authored-range: delegate2 <e@x> a:4-4\n";
  const ObjectId ranged = commit(ada_.get(), {}, {.message = trailers});
  Owners owners(repository_, identity_of({ada_.get(), bea_.get(), eve_.get()}), ranged);
  EXPECT_EQ(split(owners, ranged, "a", 0, 8), "ada 2, bea 3, eve 1, bea 2");
  EXPECT_EQ(split(owners, ranged, "a", 3, 1), "bea 1");
  EXPECT_EQ(split(owners, ranged, "a", 4, 3), "bea 1, eve 1, bea 1");
  EXPECT_EQ(split(owners, ranged, "a", 100, 3), "ada 3");
  EXPECT_EQ(split(owners, ranged, "b"), "ada 4");
  EXPECT_THAT(owners.remarks(), ElementsAre(HasSubstr("malformed, overlap or are too many"))) << "the second overlaps the first";
}

TEST_F(OwnersTest, RangesAndSharesGoTogether) {
  put("a", "a b\nc d\ne f\n");
  const ObjectId both = commit(ada_.get(), {}, {.message = "title\n\nCo-authored-by: delegate1 <b@x>\n"
                                                           "Co-authored-range: delegate2 <e@x> a:2-2\n"});
  Owners owners(repository_, identity_of({ada_.get(), bea_.get(), eve_.get()}), both);
  EXPECT_EQ(split(owners, both, "a", 0, 6), "ada 1, bea 1, eve 2, ada 1, bea 1");
}

TEST_F(OwnersTest, MailmapChangesWhatIsShownAndNothingElse) {
  put("a", "one two three four\n");
  put(".mailmap", "Real Name <real@example.org> <Old@example.org>\n");
  const ObjectId old = commit(nullptr, {}, {.author = {"nick", "old@example.org"}});
  Owners owners(repository_, std::nullopt, old);
  EXPECT_EQ(split(owners, old), "nobody 4");
  EXPECT_EQ(owners.owner(0).payee, unclaimed_payee("old@example.org"));
  EXPECT_EQ(owners.owner(0).name, "Real Name");
  EXPECT_EQ(owners.owner(0).email, "old@example.org");  // what authors.toml has to name
  put(".mailmap", std::string((1 << 20) + 1, '#'));
  Owners large(repository_, std::nullopt, commit(nullptr));
  EXPECT_THAT(large.remarks(), ElementsAre(HasSubstr("'.mailmap' does not count")));
}

TEST_F(OwnersTest, MailmapIsReadAsGitReadsIt) {
  const std::string map = "# comment\nReal <a@x>\n<new@x> <b@x>\nBoth <both@x> <c@x>\nOne <one@x> Nick <d@x>\nOther <other@x> <d@x>\n"
                          "junk\nUnclosed <z@x\n <e2@x>   <E@x>  # trailing\nLater <a@x>\n";
  put(".mailmap", map);
  const Mailmap mailmap(map);
  for (const char* who : {"A <A@X>", "B <b@x>", "C <c@x>", "nick <d@x>", "Nobody <d@x>", "E <e@x>", "Z <z@x>", "F <f@x>"}) {
    const std::string text(who);
    const size_t open = text.find('<');
    const Person shown = mailmap.shown({text.substr(0, open - 1), text.substr(open + 1, text.size() - open - 2)});
    EXPECT_EQ(fmt::format("{} <{}>", shown.name, shown.email), git_line("check-mailmap '" + text + "'"));
  }
}

TEST_F(OwnersTest, NamesAreTheNewestCommitsAndPrintable) {
  put("a", "one two three four\n");
  const ObjectId newer = commit(ada_.get(), {}, {.author = {"New\x1b[31m", "new@example.org"}, .time_s = kNewYear + 1});
  const ObjectId older = commit(ada_.get(), {}, {.author = {std::string(1000, 'x'), "old@example.org"}});
  Owners owners(repository_, std::nullopt, newer);
  split(owners, newer);
  split(owners, older);
  EXPECT_EQ(owners.owner(0).email, "new@example.org");
  EXPECT_EQ(owners.owner(0).name, sanitize("New\x1b[31m"));
}

TEST_F(OwnersTest, AShallowCloneFindsTheTableWhereItReaches) {
  put("a", "one two three four\n");
  const ObjectId old = commit(ada_.get());
  const ObjectId border = commit(nullptr, {old});
  git("update-ref refs/heads/main " + commit(nullptr, {border}));
  sh(root(), "git clone -q --depth 2 file://$PWD/work shallow");
  const Repository shallow = *Repository::discover(root() / "shallow");
  EXPECT_EQ(trusted_commit(shallow, identity_of({ada_.get()}), *shallow.head_commit()), std::nullopt);
}

}  // namespace
}  // namespace ain::repo
