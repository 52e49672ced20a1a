// sim_ledger --seed S --histories N [--transactions M] [--from H] [--threads T] [--first] [--counts] [--cover]
// Runs histories H..H+N-1 of that seed. Ends with "histories N, differences D"; each difference says what replays it. --first stops at the
// first one; --counts says what the histories came to; --cover counts as a difference what none of them came to: a type of transaction
// that was never taken, a refusal that was never given.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "tests/sim/ledger/simulation.h"

namespace ain::ledger::sim {
namespace {

constexpr int64_t kDifferencesShownMax = 20;

struct Options {
  int64_t seed = 1, histories = 1000, transactions = 60, from = 0, threads = 2;
  bool first = false, counts = false, cover = false;
};
Options options;

bool read_options(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--first") { options.first = true; continue; }
    if (name == "--counts") { options.counts = true; continue; }
    if (name == "--cover") { options.cover = true; continue; }
    int64_t* const value = name == "--seed" ? &options.seed : name == "--histories" ? &options.histories : name == "--from" ? &options.from
                         : name == "--transactions" ? &options.transactions : name == "--threads" ? &options.threads : nullptr;
    const auto number = value && i + 1 < argc ? parse_integer(argv[++i], 0, INT64_MAX) : std::nullopt;
    if (!number) return false;
    *value = *number;
  }
  return options.threads >= 1 && options.transactions >= 1 && options.transactions <= 4000;
}

// An assertion of the machine that fails is a difference too; the program cannot go on.
void on_abort(int) {
  const std::string text = fmt::format("seed {}, history {}, step {}: an assertion failed\n", options.seed, position().history, position().step);
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) _exit(2);
  _exit(1);
}

void print_counts(const Counts& counts) {
  for (size_t code = 0; code < counts.refused.size(); ++code) {
    std::cout << fmt::format("{:>12}  {}\n", counts.refused[code], refusal_name(*refusal_from_code(static_cast<int64_t>(code))));
  }
  for (size_t type = 0; type < counts.taken.size(); ++type) std::cout << fmt::format("{:>12}  {} taken\n", counts.taken[type], type_names()[type]);
  for (size_t phase = 0; phase < counts.ended.size(); ++phase) {
    std::cout << fmt::format("{:>12}  escrows {} at the end\n", counts.ended[phase], phase_name(static_cast<EscrowPhase>(phase)));
  }
  std::cout << fmt::format("{:>12}  crashes\n{:>12}  replays\n", counts.crashes, counts.replays);
}

// Says what never happened, and how much that is. Some refusals are given by decoding alone, which the histories mostly skip.
int64_t print_uncovered(const Counts& counts) {
  std::vector<std::string> never;
  for (size_t code = 1; code < counts.refused.size(); ++code) {
    const Refusal refusal = *refusal_from_code(static_cast<int64_t>(code));
    const bool decoding = refusal == Refusal::bad_signature || refusal == Refusal::unknown_type || refusal == Refusal::bad_attribution;
    if (!decoding && counts.refused[code] == 0) never.emplace_back(refusal_name(refusal));
  }
  for (size_t type = 0; type < counts.taken.size(); ++type) if (counts.taken[type] == 0) never.emplace_back(type_names()[type]);
  for (const std::string& name : never) std::cout << fmt::format("no history came to {}\n", name);
  return static_cast<int64_t>(never.size());
}

int run() {
  std::atomic<int64_t> next = options.from, done = 0, differences = 0;
  std::mutex printing;
  Counts counts;
  const auto work = [&] {
    Simulation simulation(static_cast<uint64_t>(options.seed), options.transactions);
    for (int64_t history; (history = next++) < options.from + options.histories;) {
      if (options.first && differences > 0) break;
      const auto differs = simulation.run(history);
      ++done;
      if (!differs || ++differences > kDifferencesShownMax) continue;
      std::lock_guard lock(printing);
      std::cout << fmt::format("seed {}, history {}, {}\n", options.seed, history, *differs) << std::flush;
    }
    std::lock_guard lock(printing);
    counts += simulation.counts();
  };
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int64_t i = 0; i < options.threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (options.counts) print_counts(counts);
  if (options.cover) differences += print_uncovered(counts);
  const double rate = static_cast<double>(done.load()) / took.count();
  std::cout << fmt::format("{:.0f} histories a second, of {} transactions\n", rate, options.transactions);
  std::cout << fmt::format("histories {}, differences {}\n", done.load(), differences.load());
  return differences == 0 ? 0 : 1;
}

}  // namespace
}  // namespace ain::ledger::sim

int main(int argc, char** argv) {
  using namespace ain::ledger::sim;
  if (!read_options(argc, argv)) {
    std::cerr << "usage: sim_ledger --seed S --histories N [--transactions M] [--from H] [--threads T] [--first] [--counts] [--cover]\n";
    return 2;
  }
  signal(SIGABRT, on_abort);
  try {
    return run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
