#include "remote/publications.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/attribution.h"
#include "base/encoding.h"
#include "base/files.h"
#include "remote/ledger_client.h"
#include "remote/node/ledger_role.h"
#include "repo/copies/claim.h"
#include "repo/copies/winnow.h"
#include "tests/ledger/repository_world.h"

namespace ain::remote {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string leaf_of(const std::string& path, uint64_t first) {
  repo::Leaf leaf{path, 0, {}, {{0, 10, unclaimed_payee("ada")}}};
  for (uint64_t i = 0; i < 100; ++i) leaf.tokens.push_back(first + i * 0x9e3779b97f4a7c15);
  return repo::pack_leaf(leaf);
}
std::vector<uint64_t> fingerprints_of(const std::string& leaf) {
  std::vector<uint64_t> hashes;
  for (const repo::Fingerprint& one : repo::winnow(repo::unpack_leaf(leaf)->tokens)) hashes.push_back(one.hash);
  return hashes;
}

TEST(Publications, AreReadAsTheyAreWritten) {
  const PublishedQuery query{.fingerprints = {0, 1, UINT64_MAX, 0x0102030405060708}, .held = {sha256("a"), sha256("b")}, .until_ms = 7};
  const PublishedQuery again = published_query_from_json(to_json(query));
  EXPECT_EQ(again.fingerprints, query.fingerprints);
  EXPECT_EQ(again.held, query.held);
  EXPECT_EQ(again.until_ms, 7);
  EXPECT_TRUE(published_query_from_json(to_json(PublishedQuery())).fingerprints.empty());
}

TEST(Publications, QuestionsAreBounded) {
  const Json good = to_json(PublishedQuery{.fingerprints = {1}, .held = {sha256("a")}, .until_ms = 7});
  const auto is_refused = [&](const char* name, Json value) {
    Json changed = good;
    changed[name] = std::move(value);
    try {
      published_query_from_json(changed);
      return false;
    } catch (const Error&) {
      return true;
    }
  };
  EXPECT_TRUE(is_refused("fingerprints", base64url_encode("1234567")));
  EXPECT_TRUE(is_refused("fingerprints", base64url_encode(std::string(8 * repo::kAskedFingerprintsMax + 8, 'x'))));
  EXPECT_FALSE(is_refused("fingerprints", base64url_encode(std::string(8 * repo::kAskedFingerprintsMax, 'x'))));
  EXPECT_TRUE(is_refused("fingerprints", "*"));
  EXPECT_TRUE(is_refused("held", base64url_encode(std::string(31, 'x'))));
  EXPECT_TRUE(is_refused("held", base64url_encode(std::string(32 * repo::kHeldLeavesMax + 32, 'x'))));
  EXPECT_TRUE(is_refused("until_ms", -1));
  EXPECT_TRUE(is_refused("else", 1));
  // The largest question is one that a node takes.
  const PublishedQuery large{.fingerprints = std::vector<uint64_t>(repo::kAskedFingerprintsMax), .held = std::vector<Digest>(repo::kHeldLeavesMax), .until_ms = 1};
  EXPECT_LT(to_json(large).dump().size(), kBodyInMemoryMax);
}

TEST(Publications, AnswersAreChecked) {
  const std::string leaf = leaf_of("a.py", 1);
  const repo::Publication one{RepositoryId{}.text(), AccountId{}.text(), std::string(40, 'c'), 5, 6, sha256(leaf), leaf};
  const repo::Publication again = publication_from_json(to_json(one));
  EXPECT_EQ(again.leaf, leaf);
  EXPECT_EQ(again.since_ms, 5);
  Json other = to_json(one);
  other["digest"] = to_hex(sha256("else"));
  EXPECT_THROW(publication_from_json(other), Error);
  other["leaf"] = "";  // as of one that the asker holds
  EXPECT_EQ(publication_from_json(other).leaf, "");
  other["repository"] = "repo1x";
  EXPECT_THROW(publication_from_json(other), Error);
}

class PublishedIndexTest : public ledger::RepositoryWorld {
 protected:
  PublishedIndexTest() { found(); }
  ledger::FingerprintRegister claim(char commit, const std::vector<std::string>& leaves) {
    const repo::ClaimTree tree(leaves);
    return {id_, std::string(40, commit), tree.claim().specification, tree.claim().root, static_cast<int64_t>(tree.claim().count)};
  }
  ledger::FingerprintPublish publish(char commit, const std::vector<std::string>& leaves, uint64_t index) {
    const repo::ClaimTree tree(leaves);
    return {id_, std::string(40, commit), tree.leaves()[index], static_cast<int64_t>(index), tree.path(index)};
  }
  void must_batch(const ledger::Actor& actor, const std::vector<ledger::Body>& bodies) {
    const std::string envelope = ledger::sign_batch(world_.ledger->network(), actor.account, world_.next_nonce(actor.account), world_.time_ms + 1000,
                                                    ledger::Batch{bodies}, *actor.signer);
    ASSERT_EQ(world_.answer(envelope), "none");
  }
  ledger::Anchor anchor() const { return {id_, 1, std::string(40, 'c'), std::string(40, 'd')}; }
  std::vector<int64_t> since(PublishedIndex& index, const std::string& leaf, int64_t until_ms = INT64_MAX) {
    std::vector<int64_t> times;
    for (const repo::Publication& one : index.holding(fingerprints_of(leaf), {}, until_ms)) times.push_back(one.since_ms);
    return times;
  }

  TemporaryFolder folder_{"published"};
  const std::filesystem::path file_ = folder_.path() / "published.db";
  const std::string one_ = leaf_of("a.py", 1), two_ = leaf_of("b.py", 2), three_ = leaf_of("c.py", 3);
};

TEST_F(PublishedIndexTest, ReadsOnInTheLog) {
  PublishedIndex index(*world_.ledger, file_);
  EXPECT_EQ(index.newest_ms(INT64_MAX), 0);
  const int64_t registered = world_.time_ms;
  world_.must(ledger::Actor('D'), claim('a', {one_, two_, three_}));
  EXPECT_THAT(since(index, one_), IsEmpty());
  const int64_t first = world_.time_ms += 10;
  world_.must(world_.stranger, publish('a', {one_, two_, three_}, 0));  // by anybody
  EXPECT_EQ(index.newest_ms(INT64_MAX), first);
  const int64_t second = world_.time_ms += 10;
  must_batch(ledger::Actor('D'), {publish('a', {one_, two_, three_}, 1), anchor(),
                                  publish('a', {one_, two_, three_}, 2)});
  for (const std::string& leaf : {one_, two_, three_}) EXPECT_THAT(since(index, leaf), ElementsAre(registered));
  EXPECT_EQ(index.newest_ms(second - 1), first);
  EXPECT_EQ(index.newest_ms(first - 1), 0);
  EXPECT_THAT(since(index, two_, second - 1).size() + since(index, one_, second - 1).size() + since(index, three_, second - 1).size(), 1u);
  // Made anew it is the same, also where the old file is damaged.
  PublishedIndex again(*world_.ledger, folder_.path() / "again.db");
  EXPECT_THAT(since(again, three_), ElementsAre(registered));
  write_file_atomic(folder_.path() / "damaged.db", std::string(8192, 'x'));
  PublishedIndex mended(*world_.ledger, folder_.path() / "damaged.db");
  EXPECT_THAT(since(mended, two_), ElementsAre(registered));
}

TEST_F(PublishedIndexTest, IsMadeAgainOfAnotherLog) {
  world_.must(ledger::Actor('D'), claim('a', {one_, two_}));
  world_.must(ledger::Actor('D'), publish('a', {one_, two_}, 0));
  EXPECT_EQ(since(*std::make_unique<PublishedIndex>(*world_.ledger, file_), one_).size(), 1u);
  ledger::World restored;  // of an older backup, from where it went another way
  PublishedIndex shorter(*restored.ledger, file_);
  EXPECT_THAT(since(shorter, one_), IsEmpty());
  EXPECT_EQ(since(*std::make_unique<PublishedIndex>(*world_.ledger, file_), one_).size(), 1u);
  for (int i = 0; i < 9; ++i) restored.must(restored.treasury, ledger::Transfer{restored.stranger.account, Amount::micro(1), ""});
  PublishedIndex longer(*restored.ledger, file_);
  EXPECT_THAT(since(longer, one_), IsEmpty());
}

TEST_F(PublishedIndexTest, ManyTransactionsAreReadPageByPage) {
  PublishedIndex index(*world_.ledger, file_);
  std::vector<std::string> leaves;
  for (uint64_t i = 0; i < 450; ++i) leaves.push_back(leaf_of("f" + std::to_string(i), 1000 + i));
  world_.must(ledger::Actor('D'), claim('a', leaves));
  for (uint64_t i = 0; i < 450; i += 3) {
    world_.must(world_.stranger, publish('a', leaves, i));
    must_batch(ledger::Actor('D'), {publish('a', leaves, i + 1), publish('a', leaves, i + 2)});
  }
  for (const std::string& leaf : leaves) ASSERT_EQ(since(index, leaf).size(), 1u);
}

TEST_F(PublishedIndexTest, IsAskedOverHttpAsInTheSameProcess) {
  PublishedIndex index(*world_.ledger, file_);
  world_.must(ledger::Actor('D'), claim('a', {one_}));
  world_.must(ledger::Actor('D'), publish('a', {one_}, 0));
  const auto own = own_ledger(*world_.ledger, &index);
  LedgerRole role(*world_.ledger, {.published = &index});
  const PublishedQuery query{.fingerprints = fingerprints_of(one_), .held = {}, .until_ms = INT64_MAX};
  const Json answer = parse_json(role.handle(HttpRequest("POST", "/v1/ledger/published", to_json(query).dump()))->body, "answer");
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(to_json(own->published(query).at(0)), answer[0]);
  EXPECT_EQ(parse_json(role.handle(HttpRequest("GET", "/v1/ledger/published"))->body, "answer").at("newest_ms"), own->published_newest_ms(INT64_MAX));
  EXPECT_EQ(parse_json(role.handle(HttpRequest("GET", "/v1/ledger/published?until=1"))->body, "answer").at("newest_ms"), 0);
  EXPECT_THROW(role.handle(HttpRequest("POST", "/v1/ledger/published", "{}")), Error);
}

// More fingerprints than fit one question.
TEST_F(PublishedIndexTest, ALargeTreeIsAskedForInParts) {
  PublishedIndex index(*world_.ledger, file_);
  world_.must(ledger::Actor('D'), claim('a', {one_, two_}));
  for (uint64_t i : {0, 1}) world_.must(ledger::Actor('D'), publish('a', {one_, two_}, i));
  const auto own = own_ledger(*world_.ledger, &index);
  std::vector<uint64_t> fingerprints = fingerprints_of(one_);
  fingerprints.resize(2 * repo::kAskedFingerprintsMax + 5);
  const std::vector<uint64_t> last = fingerprints_of(two_);
  fingerprints.insert(fingerprints.end(), last.begin(), last.end());
  fingerprints.insert(fingerprints.end(), last.begin(), last.end());
  const exec::OnLedger seen = seen_on(*own);
  const std::vector<repo::Publication> found = seen.published.holding(fingerprints, {});
  std::vector<std::string> leaves;
  for (const repo::Publication& one : found) leaves.push_back(one.leaf);
  EXPECT_THAT(leaves, testing::UnorderedElementsAre(one_, two_));
}

}  // namespace
}  // namespace ain::remote
