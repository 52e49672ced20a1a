// One history after another: random transactions in blocks, through the machine and the model at once.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "tests/sim/ledger/checks.h"
#include "tests/sim/ledger/generator.h"
#include "tests/sim/ledger/machine.h"

namespace ain::ledger::sim {

// What histories came to, for whoever asks whether they were worth something.
struct Counts {
  std::array<int64_t, kRefusalCount> refused{};               // by number; the first: taken
  std::array<int64_t, std::variant_size_v<Body>> taken{};     // bodies by type
  std::array<int64_t, 6> ended{};                             // escrows by the phase that a history left them in
  int64_t crashes = 0, replays = 0;

  Counts& operator+=(const Counts& other);
};

// Where a thread is, so that an assertion that fails can be replayed.
struct Position {
  int64_t history = -1, step = 0;
};
Position& position();  // of this thread

// Not for several threads: each has its own.
class Simulation {
 public:
  Simulation(uint64_t seed, int64_t transactions) : seed_(seed), transactions_(transactions) {}

  // What differs, or nothing.
  std::optional<std::string> run(int64_t history);
  const Counts& counts() const { return counts_; }

 private:
  struct History;
  struct Taken {
    Transaction tx;
    BlockContext block;
    std::optional<Digest> writes;
  };

  std::string play(History& history);
  std::string play_block(History& history, int64_t& left);
  std::string step(History& history, Transaction tx);
  std::string compare(History& history, const Transaction& tx);
  std::string finish(History& history);
  std::string replay(const History& history, const Digest& root);

  const uint64_t seed_;
  const int64_t transactions_;
  Cast cast_;
  Papers papers_{cast_};
  Catalogue catalogue_{cast_, papers_};
  Machine machine_, again_;
  Counts counts_;
};

}  // namespace ain::ledger::sim
