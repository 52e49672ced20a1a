#include "ledger/receipt.h"

#include "base/encoding.h"
#include "base/merkle.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

class Receipts : public testing::Test {
 protected:
  Receipts() {
    for (int i = 0; i < 5; ++i) txids_.push_back(world_.must(world_.treasury, Transfer{world_.other.account, micro(i + 1), ""}).txid);
  }
  std::string receipt(size_t number = 2) const { return *world_.ledger->receipt(txids_[number]); }
  // What keeps it from holding; empty: it holds.
  std::string told(const std::string& text, const Genesis& genesis = World::genesis()) const {
    try {
      open_receipt(text, genesis);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_signature);
      return error.message();
    }
  }

  World world_;
  std::vector<Digest> txids_;
};

TEST_F(Receipts, SayWhatHappened) {
  const Receipt opened = open_receipt(receipt(), World::genesis());
  EXPECT_EQ(opened.transaction.txid, txids_[2]);
  EXPECT_EQ(std::get<Transfer>(opened.transaction.bodies.at(0)).amount, micro(3));
  EXPECT_EQ(opened.index, 2);
  EXPECT_EQ(opened.height, 3);
  EXPECT_EQ(opened.time_ms, world_.time_ms);
  EXPECT_EQ(opened.checkpoint.size, 5);
  EXPECT_EQ(opened.checkpoint.state.root, world_.ledger->root());
  for (size_t i = 0; i < txids_.size(); ++i) EXPECT_EQ(told(receipt(i)), "");
  EXPECT_FALSE(world_.ledger->receipt(sha256("none")));
}

TEST_F(Receipts, OfTheOnlyEntryHasNoPath) {
  World world;
  const Digest txid = world.must(world.treasury, Transfer{world.other.account, micro(1), ""}).txid;
  EXPECT_EQ(open_receipt(*world.ledger->receipt(txid), World::genesis()).checkpoint.size, 1);
}

TEST_F(Receipts, OneOtherByteAndItDoesNotHold) {
  const std::string good = receipt();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    EXPECT_NE(told(bad), "") << "byte " << i << " of:\n" << good;
  }
  for (size_t size = 0; size < good.size(); size += 7) EXPECT_NE(told(good.substr(0, size)), "");
}

TEST_F(Receipts, AreOfOneNetworkAndOnePlace) {
  Genesis other = World::genesis();
  other.created_ms += 1;
  EXPECT_NE(told(receipt(), other), "");
  std::string moved = receipt();
  moved.replace(moved.find("index 2"), 7, "index 3");
  EXPECT_NE(told(moved).find("path"), std::string::npos);
}

// The log's keeper may not sign off a transaction that nobody signed: the entry is judged too.
TEST_F(Receipts, TheEntryMustBeATransaction) {
  const Genesis genesis = World::genesis();
  const Actor sequencer('S');
  const auto of = [&](const std::string& entry) {
    LogTree log;
    log.append(merkle_leaf(entry));
    return write_receipt(entry, 0, {}, make_checkpoint(network_id(genesis), log, {1, {}}, sequencer.signer.get()));
  };
  const std::string envelope = sign_transaction(network_id(genesis), world_.payer.account, 1, kStartMs, Faucet{}, *world_.payer.signer);
  EXPECT_EQ(told(of(log_bytes(envelope, 1, 5, {}))), "");
  EXPECT_NE(told(of("anything")), "");
  EXPECT_NE(told(of(log_bytes(envelope.substr(0, envelope.size() - 4) + "AAAA", 1, 5, {}))), "");
  EXPECT_NE(told(of(envelope + R"({"code":8,"height":1,"time":5,"writes":")" + to_hex(Digest{}) + "\"}")).find("refused"), std::string::npos);
  EXPECT_NE(told(of(envelope + R"({"code":0, "height":1,"time":5,"writes":")" + to_hex(Digest{}) + "\"}")).find("canonical"), std::string::npos);
  const std::string foreign = sign_transaction("lab-00", world_.payer.account, 1, kStartMs, Faucet{}, *world_.payer.signer);
  EXPECT_NE(told(of(log_bytes(foreign, 1, 5, {}))).find("another network"), std::string::npos);
}

}  // namespace
}  // namespace ain::ledger
