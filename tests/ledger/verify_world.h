// A ledger in which every table has rows, and ways to damage its file.
#pragma once

#include <filesystem>

#include "base/encoding.h"
#include "base/sqlite.h"
#include "ledger/store.h"
#include "tests/ledger/world.h"

namespace ain::ledger {

class VerifyWorld : public testing::Test {
 protected:
  VerifyWorld() : world_(World::governed()) {
    const Attribution few = world_.attribution({{world_.author.account.text(), 2}, {unclaimed_payee("nobody@example.org"), 1}});
    const std::vector<Payee> pooled{{unclaimed_payee("first@example.org"), 1}, {unclaimed_payee("second@example.org"), 1}};
    Attribution many = world_.attribution({{world_.author.account.text(), 2}});
    many.pool = PayeePool{pool_root(pooled), 2, 2};
    settle(few, 10'000'000);
    settle(many, 10'000'000);
    world_.must(world_.stranger, PoolDraw{many.digest(), pooled[1], 1, {pool_leaf(pooled[0])}});
    world_.fund(world_.provider, 10'000);
    world_.must(world_.provider, BondDeposit{micro(5'000)});
    world_.must(world_.provider, BondUnbond{micro(1'000)});
    Offer offer{node_number('N'), "unix:/run/ain", 100, 8, 1 << 30, {}, kHourMs, kHourMs};
    world_.must(world_.provider, offer);
    offer.node = node_number('M');
    world_.must(world_.provider, std::vector<Body>{offer, OfferWithdraw{offer.node}});
    world_.must(world_.payer, world_.registration(world_.payer, Actor('k'), {false, micro(500'000)}));
    // A block of two.
    world_.ledger->submit({world_.sign(world_.other, Faucet{}), world_.sign(world_.stranger, Faucet{})}, world_.time_ms);
    world_.must(world_.payer, Release{world_.open_escrow(few, false), "why not"});
    const Digest late = world_.open_escrow(few, false);
    world_.time_ms += kHourMs;
    world_.must(world_.stranger, Reap{late});
    world_.open_escrow(few, true);
    Parameters changed = world_.rules.parameters;
    changed.fee_ppm = 10;
    world_.must(world_.stranger, world_.approved(kParametersType, ParametersChange{changed, 1, {}}, "GH"));
    for (const HistoryEntry& entry : world_.ledger->history({})) txids_.push_back(to_hex(entry.txid));
    EXPECT_GT(world_.ledger->supply().pooled, Amount());
    EXPECT_TRUE(verify().empty());
  }

  void settle(const Attribution& attribution, int64_t run_us) {
    const Digest id = world_.open_escrow(attribution, true);
    world_.time_ms += 10;
    world_.must(world_.provider, Settle{id, world_.voucher(id, run_us), ""});
  }
  std::filesystem::path file() const { return world_.folder.path() / "ledger" / kStoreFile; }
  Database database() const { return Database::open(file(), Durability::normal); }
  std::vector<std::string> verify() { return world_.ledger->verify().problems; }
  // With the ledger closed.
  void restore(const std::string& bytes) const {
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(file().string() + suffix);
    write_file_atomic(file(), bytes);
  }
  static bool names(const std::vector<std::string>& problems, const std::string& what) {
    return std::any_of(problems.begin(), problems.end(), [&](const std::string& problem) { return problem.find(what) != problem.npos; });
  }
  // Replaces one cell and expects that transaction and no other to be named; then puts it back.
  void expect_named(Database& db, int64_t index, const std::string& column, const std::string& was, const std::string& now) {
    const auto set = [&](const std::string& value) {
      Statement update = db.prepare(fmt::format("UPDATE tx SET {} = ? WHERE idx = ?", column));
      (column == "type" || column == "envelope" ? update.bind_text(value) : update.bind_blob(value)).bind(index).run();
    };
    set(now);
    const auto problems = verify();
    ASSERT_TRUE(names(problems, fmt::format("transaction {} (", index))) << column << " of " << index;
    for (int64_t other = 0; other < static_cast<int64_t>(txids_.size()); ++other) {
      if (other == index) continue;
      ASSERT_FALSE(names(problems, fmt::format("transaction {} (", other))) << "blames " << other << " for " << index;
    }
    set(was);
  }

  World world_;
  std::vector<std::string> txids_;  // by index, in hex
};

}  // namespace ain::ledger
