// sim_root --seed S --transactions N [CUT/THREADS…]
// One seeded stream of transactions, good and bad (stream.h), through one ledger after the other: each takes it in pieces of CUT (0: of a
// length that changes) from so many THREADS at once. Says what the stream is and the state root that each came to; fails when two differ,
// or when a transaction got another answer than it must. The same line from every compiler and every optimisation is for
// scripts/same-root to see.
#include <atomic>
#include <iostream>
#include <random>
#include <thread>

#include "base/encoding.h"
#include "base/files.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "tests/sim/root/stream.h"

namespace ain::ledger::root {
namespace {

constexpr uint64_t kPieceMax = 300;

struct Way {
  int64_t cut = 100, threads = 1;
};
struct Options {
  int64_t seed = 1, transactions = 1000;
  std::vector<Way> ways;
};

// The lanes number, number + threads, …, a piece of one after a piece of another.
void drive(Ledger& ledger, const Phase& phase, const Way& way, int64_t number, std::atomic<int64_t>& wrong) {
  std::mt19937_64 random(static_cast<uint64_t>(way.cut * 1000 + number));
  struct Rest {
    const std::vector<Item>* lane;
    size_t at = 0;
  };
  std::vector<Rest> rests;
  for (size_t i = static_cast<size_t>(number); i < phase.lanes.size(); i += static_cast<size_t>(way.threads)) rests.push_back({&phase.lanes[i]});
  while (!rests.empty()) {
    const size_t which = random() % rests.size();
    Rest& rest = rests[which];
    const uint64_t length = way.cut > 0 ? static_cast<uint64_t>(way.cut) : 1 + random() % kPieceMax;
    const size_t begin = rest.at, end = std::min(rest.lane->size(), begin + length);
    std::vector<std::string> piece;
    for (; rest.at < end; ++rest.at) piece.push_back((*rest.lane)[rest.at].envelope);
    const auto answers = ledger.submit(piece, phase.time_ms);
    for (size_t i = 0; i < answers.size(); ++i) {
      const Item& item = (*rest.lane)[begin + i];
      if (answers[i].refusal == item.refusal && answers[i].replayed == item.replayed) continue;
      if (wrong++ > 0) continue;
      std::cerr << fmt::format("'{}' instead of '{}': {}\n", refusal_name(answers[i].refusal), refusal_name(item.refusal), answers[i].reason);
    }
    if (rest.at == rest.lane->size()) rests.erase(rests.begin() + static_cast<std::ptrdiff_t>(which));
  }
}

// The root, after the ledger has been opened again.
Digest play(const Stream& stream, const Way& way) {
  TemporaryFolder folder("sim-root");
  std::atomic<int64_t> wrong = 0;
  auto ledger = std::make_unique<Ledger>(folder.path(), stream.genesis);
  for (const Phase& phase : stream.phases) {
    std::vector<std::thread> threads;
    for (int64_t i = 0; i < way.threads; ++i) threads.emplace_back([&, i] { drive(*ledger, phase, way, i, wrong); });
    for (std::thread& thread : threads) thread.join();
  }
  if (wrong > 0) fail(ErrorKind::verification, "{} answers of {} are not what they must be", wrong.load(), stream.size);
  ledger = std::make_unique<Ledger>(folder.path(), stream.genesis);
  ledger->check();
  return ledger->root();
}

int run(const Options& options) {
  const Stream stream = make_stream(static_cast<uint64_t>(options.seed), options.transactions);
  Sha256 text;
  int64_t refused = 0;
  for (const Phase& phase : stream.phases) {
    for (const auto& lane : phase.lanes) {
      for (const Item& item : lane) {
        text.update(item.envelope);
        refused += item.refusal != Refusal::none;
      }
    }
  }
  std::cout << fmt::format("stream {}: {} transactions, {} of them refused\n", to_hex(text.finish()).substr(0, 16), stream.size, refused);
  std::optional<Digest> first;
  bool same = true;
  for (const Way& way : options.ways) {
    const Digest root = play(stream, way);
    if (!first) first = root;
    same = same && root == *first;
    std::cout << fmt::format("root {} in pieces of {} from {} threads\n", to_hex(root), way.cut, way.threads) << std::flush;
  }
  if (!same) std::cout << "the roots differ\n";
  return same ? 0 : 1;
}

std::optional<Options> read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (int64_t* const value = word == "--seed" ? &options.seed : word == "--transactions" ? &options.transactions : nullptr) {
      const auto number = i + 1 < argc ? parse_integer(argv[++i], 1, 10'000'000) : std::nullopt;
      if (!number) return std::nullopt;
      *value = *number;
      continue;
    }
    const size_t slash = word.find('/');
    const auto cut = parse_integer(word.substr(0, slash), 0, 1'000'000);
    const auto threads = slash == word.npos ? std::nullopt : parse_integer(word.substr(slash + 1), 1, 64);
    if (!cut || !threads) return std::nullopt;
    options.ways.push_back({*cut, *threads});
  }
  return options.ways.empty() ? std::nullopt : std::optional(options);
}

}  // namespace
}  // namespace ain::ledger::root

int main(int argc, char** argv) {
  using namespace ain::ledger::root;
  const auto options = read_options(argc, argv);
  if (!options) {
    std::cerr << "usage: sim_root [--seed S] [--transactions N] CUT/THREADS…\n";
    return 2;
  }
  try {
    return run(*options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
