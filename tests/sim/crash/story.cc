#include "tests/sim/crash/story.h"

#include "ledger/store.h"
#include "ledger/tiles.h"
#include "tests/ledger/world.h"

namespace ain::ledger::crash {
namespace {

constexpr int64_t kWalFrameBytes = 4096 + 24;
constexpr int64_t kWalFramesMax = 1000;   // that wait, so that the story sees them written back
constexpr int64_t kFramesBefore = 110;    // so many before that the life begins
constexpr int64_t kEntriesBefore = 9;     // and so many before a tile is complete

class Writer {
 public:
  std::vector<Block> blocks;

  int64_t wal_frames() const {
    const auto file = world_.folder.path() / "ledger" / (std::string(kStoreFile) + "-wal");
    return static_cast<int64_t>(std::filesystem::file_size(file)) / kWalFrameBytes;
  }
  void submit(std::vector<std::string> envelopes) {
    blocks.push_back({world_.time_ms, envelopes});
    world_.ledger->submit(envelopes, world_.time_ms);
    world_.time_ms += 1000;
  }
  template <typename T>
  void submit(const Actor& actor, const T& what) { submit({world_.sign(actor, what)}); }

  // Everybody gets something.
  void birth() {
    submit(world_.treasury, Transfer{world_.payer.account, micro(50'000'000), "first"});
    submit({world_.sign(world_.other, Faucet{}), world_.sign(world_.stranger, Faucet{}), world_.sign(world_.author, Faucet{})});
    submit(world_.treasury, std::vector<Body>{Transfer{world_.provider.account, micro(1'000'000), ""},
                                              Transfer{world_.author.account, micro(2), ""}});
  }
  // Up to where a tile of the log and SQLite's write-ahead log are nearly full.
  void youth() {
    AccountId to;  // nobody has its key
    for (; wal_frames() < kWalFramesMax - kFramesBefore; ++to.bytes[0]) submit(world_.treasury, Transfer{to, micro(1000), ""});
    std::vector<std::string> many;
    add_payments(many, kTileWidth - kEntriesBefore - world_.ledger->size());
    submit(many);
  }
  void life() {
    const Attribution work = world_.attribution({{world_.author.account.text(), 2}, {unclaimed_payee("nobody@example.org"), 1}});
    submit({world_.sign(world_.payer, Transfer{world_.other.account, micro(7), ""}), world_.sign(world_.author, AttributionRegister{work}),
            blocks[0].envelopes[0] + "x", world_.sign(world_.other, Transfer{world_.other.account, micro(1), ""})});
    const Digest escrow = open(work);
    submit(world_.provider, LeaseAccept{escrow, work.digest()});
    submit({world_.sign(world_.payer, world_.registration(world_.payer, Actor('k'), {false, micro(500'000)})),
            world_.sign(world_.provider, BondDeposit{micro(5'000)}),
            world_.sign(world_.stranger, Transfer{world_.payer.account, micro(3), ""})});
    submit(world_.provider, std::vector<Body>{Offer{node_number('N'), "unix:/run/ain", 100, 8, 1 << 30, {}, kHourMs, kHourMs},
                                              BondUnbond{micro(10)}});
    submit(world_.provider, Settle{escrow, world_.voucher(escrow, 10'000'000, true), ""});
    crowd();
    const Digest second = open(work);
    submit(world_.payer, Release{second, "why not"});
  }

  World world_{World::governed()};

 private:
  Digest open(const Attribution& work) {
    submit(world_.payer, world_.terms(work));
    return world_.ledger->history({.account = world_.payer.account, .from_index = world_.ledger->size() - 1}).at(0).txid;
  }
  // Many, and some who have never been there, in one block: so many that it is hashed on a thread of its own.
  void crowd() {
    std::vector<std::string> many;
    for (char seed = 'a'; seed < 'm'; ++seed) many.push_back(world_.sign(Actor(seed), Faucet{}));
    add_payments(many, 60);
    submit(many);
  }
  void add_payments(std::vector<std::string>& envelopes, int64_t count) {
    const int64_t last = world_.next_nonce(world_.payer.account) - 1;
    for (int64_t i = 1; i <= count; ++i) {
      envelopes.push_back(sign_transaction(world_.ledger->network(), world_.payer.account, last + i, world_.time_ms + kHourMs,
                                           Transfer{world_.other.account, micro(1), ""}, *world_.payer.signer));
    }
  }
};

}  // namespace

std::unique_ptr<Ledger> open_ledger(const Story& story, const std::filesystem::path& folder) {
  return std::make_unique<Ledger>(folder, story.genesis, story.sequencer);
}

Story make_story() {
  checkpoint_pages = kWalFramesMax;
  Writer writer;
  writer.birth();
  const size_t birth = writer.blocks.size();
  writer.youth();
  const size_t life = writer.blocks.size();
  writer.life();
  Story story{World::governed(), Actor('S').signer, writer.blocks, life, life + (writer.blocks.size() - life) * 2 / 3, {}};
  AIN_ASSERT(birth < life);

  TemporaryFolder folder("sim-crash-story");
  const auto ledger = open_ledger(story, folder.path());
  const auto mark = [&](std::vector<Applied> answers) { story.marks.push_back({std::move(answers), ledger->root(), ledger->checkpoint()}); };
  mark({});
  for (const Block& block : story.blocks) mark(ledger->submit(block.envelopes, block.time_ms));
  // Each block is one of the ledger's, and nothing that the story is about is missing from it.
  AIN_ASSERT(ledger->height() == std::ssize(story.blocks) && ledger->tile(0, 0, kTileWidth) && ledger->verify().problems.empty());
  return story;
}

}  // namespace ain::ledger::crash
