// One seeded stream of signed envelopes, good and bad, that comes to the same state however it is cut into blocks and whoever is quicker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/genesis.h"
#include "ledger/refusal.h"

namespace ain::ledger::root {

struct Item {
  std::string envelope;
  Refusal refusal = Refusal::none;  // what the ledger must say
  bool replayed = false;
};

// Everything in a phase has one block time. A lane is what a few accounts do among themselves, in this order; what two lanes do never
// depends on each other, so they may run at once.
struct Phase {
  int64_t time_ms = 0;
  std::vector<std::vector<Item>> lanes;
};

struct Stream {
  Genesis genesis;
  std::vector<Phase> phases;
  int64_t size = 0;
};

Stream make_stream(uint64_t seed, int64_t transactions);

}  // namespace ain::ledger::root
