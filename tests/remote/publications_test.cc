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
std::vector<uint64_t> fingerprints_of(const std::string& leaf) { return repo::fingerprint_hashes(repo::unpack_leaf(leaf)->tokens); }

TEST(Publications, QuestionsAreReadAsTheyAreWritten) {
  const HoldersQuery query{.fingerprints = {0, 1, UINT64_MAX, 0x0102030405060708}, .until = 7};
  const HoldersQuery again = holders_query_from_json(to_json(query));
  EXPECT_EQ(again.fingerprints, query.fingerprints);
  EXPECT_EQ(again.until, 7);
  const std::vector<Digest> digests = {sha256("a"), sha256("b")};
  EXPECT_EQ(digests_from_json(digests_json(digests)), digests);
}

template <typename Read>
bool is_refused(Json value, const char* name, Json other, Read read) {
  value[name] = std::move(other);
  try {
    read(value);
    return false;
  } catch (const Error&) {
    return true;
  }
}

TEST(Publications, QuestionsAreBounded) {
  const Json good = to_json(HoldersQuery{.fingerprints = {1}, .until = 7});
  const auto refused = [&](const char* name, Json value) { return is_refused(good, name, std::move(value), holders_query_from_json); };
  EXPECT_TRUE(refused("fingerprints", base64url_encode("1234567")));
  EXPECT_TRUE(refused("fingerprints", base64url_encode(std::string(8 * repo::kAskedFingerprintsMax + 8, 'x'))));
  EXPECT_FALSE(refused("fingerprints", base64url_encode(std::string(8 * repo::kAskedFingerprintsMax, 'x'))));
  EXPECT_TRUE(refused("fingerprints", "*"));
  EXPECT_TRUE(refused("until", -1));
  EXPECT_TRUE(refused("else", 1));
  const auto too_many = digests_json(std::vector<Digest>(repo::kAskedLeavesMax + 1));
  EXPECT_THROW(digests_from_json(too_many), Error);
  // The largest question is one that a node takes, and so are the answers one that a client reads.
  EXPECT_LT(to_json(HoldersQuery{std::vector<uint64_t>(repo::kAskedFingerprintsMax), 1}).dump().size(), kBodyInMemoryMax);
  EXPECT_LT(leaves_json(std::vector<std::string>(repo::kAskedLeavesMax, std::string(repo::kLeafBytesMax, 'x'))).dump().size(), kJsonBytesMax);
}

TEST(Publications, AnswersAreChecked) {
  const HoldersQuery query{.fingerprints = {5, 6, 7}, .until = 9};
  const repo::Publication one{RepositoryId{}.text(), AccountId{}.text(), std::string(40, 'c'), 5, 9, sha256("leaf")};
  repo::Publication two = one;
  two.since_ms = 6;
  const Json good = to_json(std::optional(repo::Holders{{one, two}, {{0, 1}, {}, {1}}}));
  const auto read = [&](const Json& value) { return holders_from_json(value, query); };
  EXPECT_EQ(read(good)->publications, (std::vector{one, two}));
  EXPECT_EQ(read(good)->of, (std::vector<std::vector<uint32_t>>{{0, 1}, {}, {1}}));
  EXPECT_FALSE(read(to_json(std::optional<repo::Holders>())));
  const auto refused = [&](const char* name, Json value) { return is_refused(good, name, std::move(value), read); };
  EXPECT_TRUE(refused("holders", base64url_encode(std::string("\0\0\0\3\0\0\0\0", 8))));
  EXPECT_TRUE(refused("holders", base64url_encode(std::string("\0\0\0\0\0\0\0\2", 8))));
  EXPECT_TRUE(refused("holders", base64url_encode("1234")));
  Json late = good.at("publications");
  late[0]["published"] = 10;
  EXPECT_TRUE(refused("publications", late));
  late[0]["published"] = 9;
  late[0]["repository"] = "repo1x";
  EXPECT_TRUE(refused("publications", late));

  const std::vector<Digest> digests = {sha256("a"), sha256("b")};
  EXPECT_EQ(leaves_from_json(leaves_json({"a", "b"}), digests), (std::vector<std::string>{"a", "b"}));
  EXPECT_THROW(leaves_from_json(leaves_json({"a", "c"}), digests), Error);
  EXPECT_THROW(leaves_from_json(leaves_json({"a"}), digests), Error);
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
  std::vector<int64_t> since(PublishedIndex& index, const std::string& leaf, int64_t until = ledger::kTimeMaxMs) {
    std::vector<int64_t> times;
    const repo::Holders found = index.holders(fingerprints_of(leaf), until).value();
    for (const repo::Publication& one : found.publications) times.push_back(one.since_ms);
    return times;
  }

  TemporaryFolder folder_{"published"};
  const std::filesystem::path file_ = folder_.path() / "published.db";
  const std::string one_ = leaf_of("a.py", 1), two_ = leaf_of("b.py", 2), three_ = leaf_of("c.py", 3);
};

TEST_F(PublishedIndexTest, ReadsOnInTheLog) {
  PublishedIndex index(*world_.ledger, file_);
  EXPECT_EQ(index.newest(ledger::kTimeMaxMs), 0);
  const int64_t registered = world_.time_ms;
  world_.must(ledger::Actor('D'), claim('a', {one_, two_, three_}));
  EXPECT_THAT(since(index, one_), IsEmpty());
  world_.time_ms += 10;
  world_.must(world_.stranger, publish('a', {one_, two_, three_}, 0));  // by anybody
  const int64_t first = world_.ledger->size();
  EXPECT_EQ(index.newest(ledger::kTimeMaxMs), first);
  must_batch(ledger::Actor('D'), {publish('a', {one_, two_, three_}, 1), anchor(), publish('a', {one_, two_, three_}, 2)});
  for (const std::string& leaf : {one_, two_, three_}) EXPECT_THAT(since(index, leaf), ElementsAre(registered));
  EXPECT_EQ(index.newest(ledger::kTimeMaxMs), first + 1);
  EXPECT_EQ(index.newest(first), first);
  EXPECT_EQ(index.newest(first - 1), 0);
  EXPECT_EQ(since(index, one_, first).size() + since(index, two_, first).size() + since(index, three_, first).size(), 1u);
  EXPECT_THAT(index.places(id_, std::string(40, 'a')), ElementsAre(0, 1, 2));
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
  const auto ask = [&](const HttpRequest& request) { return parse_json(role.handle(request)->body, "answer"); };
  const HoldersQuery query{.fingerprints = fingerprints_of(one_), .until = ledger::kTimeMaxMs};
  const auto answer = holders_from_json(ask(HttpRequest("POST", "/v1/ledger/published", to_json(query).dump())), query);
  EXPECT_EQ(answer->publications, own->holders(query)->publications);
  EXPECT_EQ(answer->of, own->holders(query)->of);
  const std::vector<Digest> digests = {answer->publications.at(0).digest};
  EXPECT_EQ(leaves_from_json(ask(HttpRequest("POST", "/v1/ledger/leaves", digests_json(digests).dump())), digests), std::vector{one_});
  EXPECT_EQ(own->leaves(digests), std::vector{one_});
  EXPECT_THROW(own->leaves(std::vector{sha256("none")}), Error);
  EXPECT_EQ(ask(HttpRequest("GET", "/v1/ledger/published")).at("newest"), own->published_newest(ledger::kTimeMaxMs));
  EXPECT_EQ(ask(HttpRequest("GET", "/v1/ledger/published?until=1")).at("newest"), 0);
  EXPECT_EQ(ask(HttpRequest("GET", fmt::format("/v1/ledger/repositories/{}/published/{}", id_.text(), std::string(40, 'a')))), Json::array({0}));
  EXPECT_THROW(role.handle(HttpRequest("POST", "/v1/ledger/published", "{}")), Error);
  EXPECT_THROW(role.handle(HttpRequest("POST", "/v1/ledger/leaves", "{}")), Error);
}

// More fingerprints than fit one question: the answer is that of one.
TEST_F(PublishedIndexTest, ALargeTreeIsAskedForInParts) {
  PublishedIndex index(*world_.ledger, file_);
  world_.must(ledger::Actor('D'), claim('a', {one_, two_}));
  for (uint64_t i : {0, 1}) world_.must(ledger::Actor('D'), publish('a', {one_, two_}, i));
  const auto own = own_ledger(*world_.ledger, &index);
  std::vector<uint64_t> fingerprints = fingerprints_of(two_);
  const size_t in_two = fingerprints.size();
  fingerprints.resize(2 * repo::kAskedFingerprintsMax + 5);
  for (const uint64_t hash : fingerprints_of(one_)) fingerprints.push_back(hash);
  for (const uint64_t hash : fingerprints_of(two_)) fingerprints.push_back(hash);
  const repo::Holders found = seen_on(*own).published.holders(fingerprints);
  ASSERT_EQ(found.publications.size(), 2u);
  ASSERT_EQ(found.of.size(), fingerprints.size());
  const auto number_of = [&](const std::string& leaf) { return found.publications[0].digest == sha256(leaf) ? 0u : 1u; };
  EXPECT_EQ(found.of.front(), std::vector{number_of(two_)});
  EXPECT_EQ(found.of.back(), std::vector{number_of(two_)});
  EXPECT_EQ(found.of[found.of.size() - in_two - 1], std::vector{number_of(one_)});
  EXPECT_TRUE(found.of[in_two + 3].empty());
}

}  // namespace
}  // namespace ain::remote
