// What the ledger goes through while things go wrong: blocks of envelopes, made once, and what an undisturbed run says to them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace ain::ledger::crash {

// One submission, which becomes one block.
struct Block {
  int64_t time_ms = 0;
  std::vector<std::string> envelopes;
};

// What the ledger has after a block.
struct Mark {
  std::vector<Applied> answers;
  Digest root{};
  std::string checkpoint;  // so the log's root too
};

struct Story {
  Genesis genesis;
  std::shared_ptr<const Signer> sequencer;
  std::vector<Block> blocks;
  size_t life = 0;          // the block from which on things go wrong in a ledger that has lived for a while
  size_t restart = 0;       // the ledger is closed and opened again before this block
  std::vector<Mark> marks;  // by height: the first is before any block
};

// Transfers, batches, blocks of many, keys, a bond, an offer, escrows to their settlement and release, refusals. Between `life` and the end the
// log completes a tile, SQLite copies its write-ahead log into the database while the ledger is in use, and begins a new one.
Story make_story();

std::unique_ptr<Ledger> open_ledger(const Story& story, const std::filesystem::path& folder);

}  // namespace ain::ledger::crash
