#include "ledger/log.h"

#include "base/encoding.h"
#include "base/merkle.h"
#include "base/text.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

// The test vectors of Certificate Transparency (RFC 6962): eight leaves and the roots of their prefixes.
const std::vector<std::string> kLeaves{
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
const std::vector<std::string> kRoots{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(Log, CertificateTransparencyVectors) {
  LogTree log;
  std::vector<Digest> leaves;
  EXPECT_EQ(to_hex(log.root()), kRoots[0]);
  for (size_t i = 0; i < kLeaves.size(); ++i) {
    leaves.push_back(merkle_leaf(*from_hex(kLeaves[i])));
    log.append(leaves.back());
    EXPECT_EQ(to_hex(log.root()), kRoots[i + 1]);
    EXPECT_EQ(to_hex(merkle_root(leaves)), kRoots[i + 1]);
  }
}

TEST(Log, IncrementalEqualsWholeAndSurvivesStoring) {
  LogTree log;
  std::vector<Digest> leaves;
  for (int i = 0; i < 300; ++i) {
    leaves.push_back(sha256(std::to_string(i)));
    log.append(leaves.back());
    ASSERT_EQ(log.root(), merkle_root(leaves));
    auto stored = LogTree::from_bytes(log.bytes());
    ASSERT_TRUE(stored);
    ASSERT_EQ(stored->root(), log.root());
    log = *stored;
  }
  std::string bytes = log.bytes();
  EXPECT_FALSE(LogTree::from_bytes(""));
  EXPECT_FALSE(LogTree::from_bytes(bytes.substr(1)));
  EXPECT_FALSE(LogTree::from_bytes(bytes + "x"));
  EXPECT_FALSE(LogTree::from_bytes(std::string(8 + 64 * 32, '\xff')));
}

TEST(Log, LeafBindsResult) {
  const Digest leaf = log_leaf("e.n.v", 3, 5, sha256("rows"));
  EXPECT_EQ(leaf, merkle_leaf(R"(e.n.v{"code":0,"height":3,"time":5,"writes":")" + to_hex(sha256("rows")) + R"("})"));
  EXPECT_NE(leaf, log_leaf("e.n.w", 3, 5, sha256("rows")));
  EXPECT_NE(leaf, log_leaf("e.n.v", 4, 5, sha256("rows")));
  EXPECT_NE(leaf, log_leaf("e.n.v", 3, 6, sha256("rows")));
  EXPECT_NE(leaf, log_leaf("e.n.v", 3, 5, sha256("others")));
}

TEST(Log, Checkpoint) {
  const Actor sequencer('S');
  LogTree log;
  log.append(sha256("leaf"));
  const StateAt state{7, sha256("state")};
  const std::string leaf_text = base64_encode(as_view(sha256("leaf"))), state_text = base64_encode(as_view(sha256("state")));
  const std::string body = "test-00\n1\n" + leaf_text + "\nstate 7 " + state_text + "\n";
  EXPECT_EQ(make_checkpoint("test-00", log, state, nullptr), body);
  const std::string text = make_checkpoint("test-00", log, state, sequencer.signer.get());
  EXPECT_TRUE(text.starts_with(body + "\n\u2014 test-00 1XSAQ"));
  EXPECT_EQ(to_hex(sha256(text)), "0a68642354b628747badd49c80e8ce8ee2184b57ff0b407426d588a9080cb194");
  auto opened = open_checkpoint(text, "test-00", sequencer.key());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->size, 1);
  EXPECT_EQ(opened->root, log.root());
  EXPECT_EQ(opened->state, state);
  EXPECT_TRUE(open_checkpoint(text + "\u2014 witness AAAA\n", "test-00", sequencer.key()));  // another's signature beside it
  EXPECT_FALSE(open_checkpoint(text, "test-01", sequencer.key()));
  EXPECT_FALSE(open_checkpoint(text, "test-00", Actor('A').key()));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(open_checkpoint(flipped, "test-00", sequencer.key())) << i;
  }
}

// Signed, but not as make_checkpoint() writes it.
TEST(Log, CheckpointsNeedTheirStateLine) {
  const Actor sequencer('S');
  const std::string root = base64_encode(as_view(sha256("x")));
  const auto opens = [&](const std::string& body) {
    // The key id is that of any checkpoint of this origin.
    const std::string line = make_checkpoint("o", LogTree(), {}, sequencer.signer.get());
    std::string id = *base64_decode(line.substr(line.rfind(' ') + 1, line.size() - line.rfind(' ') - 2));
    id.resize(4);
    const std::string signature = base64_encode(id + std::string(as_view(sequencer.signer->sign(body))));
    return open_checkpoint(body + "\n\u2014 o " + signature + "\n", "o", sequencer.key()).has_value();
  };
  EXPECT_TRUE(opens("o\n1\n" + root + "\nstate 1 " + root + "\n"));
  EXPECT_TRUE(opens("o\n1\n" + root + "\nstate 1 " + root + "\nanother extension\n"));
  EXPECT_FALSE(opens("o\n1\n" + root + "\nstate 1 " + root + "\n" + std::string(kCheckpointBodyBytesMax, 'x') + "\n"));
  for (const char* none : {"\x1b[2J", "\xff"}) EXPECT_FALSE(opens("o\n1\n" + root + "\nstate 1 " + root + "\n" + none + "\n"));  // no text
  EXPECT_FALSE(opens("o\n1\n" + root + "\n"));
  EXPECT_FALSE(opens("o\n1\n" + root + "\nstate -1 " + root + "\n"));
  EXPECT_FALSE(opens("o\n1\n" + root + "\nstate 1 AAAA\n"));
  EXPECT_FALSE(opens("o\n1\n" + root + "\nroot 1 " + root + "\n"));
  EXPECT_FALSE(opens("o\nx\n" + root + "\nstate 1 " + root + "\n"));
}

TEST(Cosignature, OnlySoManyLinesAreLookedAt) {
  const auto sequencer = key_from_seed(std::string(32, 's'));
  std::string text = make_checkpoint("origin", LogTree(), {}, sequencer.get());
  for (size_t i = 0; i < kWitnessesMax; ++i) text += cosign(text, *key_from_seed(std::string(32, static_cast<char>('a' + i))), 7).line;
  EXPECT_EQ(open_cosignatures(text).size(), kWitnessesMax);
  EXPECT_TRUE(open_checkpoint(text, "origin", sequencer->public_key()));
  const NodeId one = node_of(key_from_seed(std::string(32, 'c'))->public_key());
  const auto found = open_cosignatures(text, [&](const NodeId& witness) { return witness == one; });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].witness, one);
  text += cosign(text, *key_from_seed(std::string(32, 'z')), 7).line;
  EXPECT_TRUE(open_cosignatures(text).empty());
  EXPECT_FALSE(open_checkpoint(text, "origin", sequencer->public_key()));
}

TEST(Cosignature, IsThatOfTheStandard) {
  const auto sequencer = key_from_seed(std::string(32, 's')), witness = key_from_seed(std::string(32, 'w'));
  const std::string body = checkpoint_body("origin", LogTree(), {});
  const std::string text = sign_checkpoint(body, "origin", sequencer.get());
  const Cosignature word = cosign(text, *witness, 1'679'315'147);
  const std::string name = node_of(witness->public_key()).text();
  ASSERT_TRUE(word.line.starts_with("\u2014 " + name + " ")) << word.line;
  // c2sp.org/tlog-cosignature: key id, time in eight bytes, signature.
  const std::string bytes = *base64_decode(trim(word.line.substr(word.line.rfind(' '))));
  ASSERT_EQ(bytes.size(), 76u);
  EXPECT_EQ(bytes.substr(0, 4), as_view(sha256(name + "\n\x04" + std::string(as_view(witness->public_key().bytes)))).substr(0, 4));
  EXPECT_EQ(to_hex(bytes.substr(4, 8)), "00000000641850cb");
  EXPECT_TRUE(ain::verify(witness->public_key(), "cosignature/v1\ntime 1679315147\n" + body, *to_array<64>(bytes.substr(12))));
}

TEST(Cosignature, OnlyThoseThatHoldCount) {
  const auto sequencer = key_from_seed(std::string(32, 's')), witness = key_from_seed(std::string(32, 'w'));
  const auto other = key_from_seed(std::string(32, 'o'));
  const std::string text = make_checkpoint("origin", LogTree(), {}, sequencer.get());
  const std::string word = cosign(text, *witness, 7).line, more = cosign(text, *other, 8).line;
  const auto found = open_cosignatures(text + more + word + word);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].witness, node_of(other->public_key()));
  EXPECT_EQ(found[0].line, more);
  EXPECT_EQ(found[1].time_s, 7);
  EXPECT_TRUE(open_cosignatures(text).empty());
  LogTree grown;
  grown.append(log_leaf("x", 1, 1, {}));
  EXPECT_TRUE(open_cosignatures(make_checkpoint("origin", grown, {}, sequencer.get()) + word).empty());
  for (size_t at = 4; at < word.size() - 1; at += 7) {
    std::string broken = word;
    broken[at] = broken[at] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(open_cosignatures(text + broken).empty()) << at;
  }
  // The sequencer's own signature holds beside them.
  EXPECT_TRUE(open_checkpoint(text + more + word, "origin", sequencer->public_key()));
  EXPECT_EQ(signed_alone(text + more + word, "origin", sequencer->public_key()), text);
}

}  // namespace
}  // namespace ain::ledger
