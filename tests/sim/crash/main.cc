// sim_crash [--fault NAME] [--at POINT] [--stride N]
// The ledger's store with a fault at every point: each call that changes a file (write, sync, create, truncate, remove), and each
// acknowledgement about to be given. A child goes through the story (story.h) and meets the fault at one point; then this program opens
// what it left and compares it with an undisturbed run: what was acknowledged is there, what was not is wholly there or absent, everything
// verifies, and sending all of it again ends at the same checkpoint. Where the fault is an error and not the end, the child itself sees
// that the ledger says so, still answers questions, and goes on once the fault is gone.
// --stride takes every Nth point only; --fault and --at replay one. Ends with "points N, ...: differences D".
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "ledger/store.h"
#include "tests/sim/crash/faults.h"
#include "tests/sim/crash/story.h"

namespace ain::ledger::crash {
namespace {

struct Mode {
  const char* name;
  Fault fault;
  bool lasting;

  // SQLite takes most of what cannot be read for damage, of which each transaction of a block is tried alone: then there are more blocks.
  bool may_split() const { return fault == Fault::unread; }
};
constexpr Mode kModes[] = {{"kill", Fault::kill, false},       {"torn", Fault::torn, false},     {"full", Fault::full, true},
                           {"full-once", Fault::full, false},  {"eio", Fault::broken, true},     {"eio-once", Fault::broken, false},
                           {"eio-read", Fault::unread, false}};

struct Options {
  std::string fault;
  int64_t at = 0, stride = 1;
};

// Where a run begins: in an empty folder, or with the files of a ledger that has gone through the first `blocks` blocks and was never closed.
struct Start {
  const char* name;
  size_t first, last;  // blocks of the story
  std::filesystem::path folder;
};

[[noreturn]] void differs(std::string_view what) { fail(ErrorKind::verification, "{}", what); }
void expect(bool holds, std::string_view what) {
  if (!holds) differs(what);
}

bool same(const Applied& now, const Applied& then, const Mode& mode) {
  // A refusal is not kept, so its time is that of the block that it would have come into.
  if (then.refusal != Refusal::none) return now.refusal == then.refusal && now.txid == then.txid;
  return now.refusal == then.refusal && now.txid == then.txid && now.index == then.index && now.time_ms == then.time_ms &&
         (now.height == then.height || mode.may_split());
}

void expect_same(const std::vector<Applied>& now, const Mark& then, const Mode& mode) {
  expect(now.size() == then.answers.size(), "a block has other answers than undisturbed");
  for (size_t i = 0; i < now.size(); ++i) {
    expect(same(now[i], then.answers[i], mode),
           fmt::format("transaction {} of a block: '{}' {}", i, refusal_name(now[i].refusal), now[i].reason));
  }
}

// ---- the child

class Child {
 public:
  Child(const Story& story, const Start& start, const Mode& mode, int acknowledged)
      : story_(story), start_(start), mode_(mode), acknowledged_(acknowledged), done_(start.first) {}

  void run(const std::filesystem::path& folder) {
    tolerate([&] { ledger_ = open_ledger(story_, folder); });
    for (size_t i = start_.first; i < start_.last; ++i) {
      if (i == story_.restart) {
        ledger_.reset();
        tolerate([&] { ledger_ = open_ledger(story_, folder); });
      }
      tolerate([&] { expect_same(ledger_->submit(story_.blocks[i].envelopes, story_.blocks[i].time_ms), story_.marks[i + 1], mode_); });
      done_ = i + 1;
      point();
      const char byte = 1;
      expect(syscall(SYS_write, acknowledged_, &byte, 1) == 1, "cannot acknowledge");
    }
    ledger_.reset();
  }

 private:
  // The fault may make `step` fail, clearly; once it is gone the step goes through.
  template <typename Step>
  void tolerate(Step step) {
    try {
      return step();
    } catch (const Error& error) {
      if (!struck() || error.kind() == ErrorKind::bug) throw;
      const ErrorKind kind = mode_.fault == Fault::full ? ErrorKind::exhausted : ErrorKind::failed;
      const bool damaged = mode_.may_split() && error.kind() == ErrorKind::verification;
      // SQLite forgets mostly why it could not write; when there is room again at once nobody knows.
      const bool forgotten = !mode_.lasting && error.kind() == ErrorKind::failed;
      expect(error.kind() == kind || damaged || forgotten,
             fmt::format("the wrong kind of error, {}: {}", kind_name(error.kind()), error.message()));
      expect(error.kind() != ErrorKind::exhausted || !error.hint().empty(), fmt::format("a full disk without a hint: {}", error.message()));
    }
    if (ledger_ && mode_.fault != Fault::unread) {
      expect(ledger_->root() == story_.marks[done_].root, "after the error another root is read");
      expect(!ledger_->history({.limit = 10}).empty() || done_ == 0, "after the error no history is read");
    }
    mend();
    step();
  }

  const Story& story_;
  const Start& start_;
  const Mode& mode_;
  const int acknowledged_;
  std::unique_ptr<Ledger> ledger_;
  size_t done_;
};

struct Outcome {
  size_t acknowledged = 0;  // blocks
  bool killed = false;
};

// A process of its own, so that it can be killed and leaves nothing of SQLite's behind. `points`: how many there were, when it got to the end.
Outcome run_child(const Story& story, const Start& start, const Mode& mode, const Plan& plan, const std::filesystem::path& folder,
                  int64_t* crossed) {
  Pipe acknowledged = make_pipe(), told = make_pipe();
  const pid_t pid = fork();
  if (pid < 0) fail_errno("cannot fork");
  if (pid == 0) {
    std::string says;
    arm(plan);
    try {
      Child(story, start, mode, acknowledged.write_end.get()).run(folder);
    } catch (const std::exception& error) {
      says = error.what();
    }
    const int64_t count = points();
    mend();
    write_all(told.write_end.get(), fmt::format("{} {}", count, says), "a pipe");
    _exit(says.empty() ? 0 : 1);
  }
  acknowledged.write_end.reset();
  told.write_end.reset();
  const size_t blocks = read_all(acknowledged.read_end.get(), 1 << 20, "a pipe").size();
  const std::string says = read_all(told.read_end.get(), 1 << 20, "a pipe");
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) fail_errno("cannot wait");
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  const size_t space = says.find(' ');
  if (!killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
    differs(space == says.npos ? "the child has crashed" : says.substr(space + 1));
  }
  if (crossed && !killed) *crossed = parse_integer(says.substr(0, space), 0, INT64_MAX).value();
  return {blocks, killed};
}

// ---- what it left

void inspect(const Story& story, const Start& start, const Mode& mode, const Outcome& outcome, const std::filesystem::path& folder) {
  auto ledger = open_ledger(story, folder);
  ledger->check();
  const size_t acknowledged = start.first + outcome.acknowledged;
  const size_t height = mode.may_split() ? acknowledged : static_cast<size_t>(ledger->height());
  expect(height == acknowledged || (outcome.killed && height == acknowledged + 1),
         fmt::format("{} blocks were acknowledged, {} are there", acknowledged, height));
  expect(ledger->root() == story.marks[height].root, "the root is not that of its height");
  expect(mode.may_split() || ledger->checkpoint() == story.marks[height].checkpoint, "the checkpoint is not that of its height");
  const auto report = ledger->verify();
  if (!report.problems.empty()) differs(report.problems[0]);
  for (size_t i = start.first == 0 ? 0 : start.first - 1; i < start.last; ++i) {
    const auto answers = ledger->submit(story.blocks[i].envelopes, story.blocks[i].time_ms);
    expect_same(answers, story.marks[i + 1], mode);
    for (const Applied& each : answers) expect(each.refusal != Refusal::none || each.replayed == (i < height), "sent again, it is not a replay");
  }
  expect(ledger->root() == story.marks[start.last].root, "sent again, everything ends at another root");
  expect(mode.may_split() || ledger->checkpoint() == story.marks[start.last].checkpoint, "sent again, everything ends elsewhere");
  if (const auto again = ledger->verify(); !again.problems.empty()) differs(again.problems[0]);
}

void copy_start(const Start& start, const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  if (!start.folder.empty()) std::filesystem::copy(start.folder, folder);
}

void live_until(const Story& story, const std::filesystem::path& folder, const std::filesystem::path& copy) {
  const auto ledger = open_ledger(story, folder);
  for (size_t i = 0; i < story.life; ++i) ledger->submit(story.blocks[i].envelopes, story.blocks[i].time_ms);
  std::filesystem::create_directory(copy);
  for (const char* suffix : {"", "-wal"}) {
    const std::string name = std::string(kStoreFile) + suffix;
    std::filesystem::copy_file(folder / name, copy / name);
  }
}

// ---- all of it

struct Sum {
  int64_t points = 0, runs = 0, differences = 0;
};

void run_mode(const Story& story, const Start& start, const Mode& mode, const Options& options, const std::filesystem::path& folder, Sum& sum) {
  int64_t points = 0;
  copy_start(start, folder);
  Plan plan{mode.fault, INT64_MAX, mode.lasting};
  inspect(story, start, mode, run_child(story, start, mode, plan, folder, &points), folder);
  sum.points += points;
  for (int64_t at = options.at > 0 ? options.at : 1; at <= points; at += options.stride) {
    copy_start(start, folder);
    plan.at = at;
    try {
      const Outcome outcome = run_child(story, start, mode, plan, folder, nullptr);
      expect(outcome.killed == (mode.fault == Fault::kill || mode.fault == Fault::torn), "it was not killed");
      inspect(story, start, mode, outcome, folder);
    } catch (const std::exception& error) {
      ++sum.differences;
      std::cout << fmt::format("{}, {} at {} of {}: {}\n", start.name, mode.name, at, points, error.what()) << std::flush;
    }
    ++sum.runs;
    if (options.at > 0) return;
  }
}

int run(const Options& options) {
  TemporaryFolder temporary("sim-crash");
  const Story story = make_story();
  const auto lived = temporary.path() / "lived", folder = temporary.path() / "ledger";
  live_until(story, temporary.path() / "young", lived);
  const Start starts[] = {{"birth", 0, 3, {}}, {"life", story.life, story.blocks.size(), lived}};
  int64_t differences = 0;
  std::string line;
  for (const Mode& mode : kModes) {
    if (!options.fault.empty() && options.fault != mode.name) continue;
    Sum sum;
    for (const Start& start : starts) run_mode(story, start, mode, options, folder, sum);
    line += fmt::format("{}{} {} of {}", line.empty() ? "" : ", ", mode.name, sum.runs, sum.points);
    differences += sum.differences;
  }
  if (line.empty()) fail(ErrorKind::usage, "no fault is called '{}'", options.fault);
  std::cout << fmt::format("{}: differences {}\n", line, differences);
  return differences == 0 ? 0 : 1;
}

std::optional<Options> read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i], value = argv[i + 1];
    if (name == "--fault") options.fault = value;
    else if (const auto number = parse_integer(value, 1, INT64_MAX / 2); number && name == "--at") options.at = *number;
    else if (number && name == "--stride") options.stride = *number;
    else return std::nullopt;
  }
  return argc % 2 == 1 ? std::optional(options) : std::nullopt;
}

}  // namespace
}  // namespace ain::ledger::crash

int main(int argc, char** argv) {
  using namespace ain::ledger::crash;
  const auto options = read_options(argc, argv);
  if (!options) {
    std::cerr << "usage: sim_crash [--fault kill|torn|full|full-once|eio|eio-once|eio-read] [--at POINT] [--stride N]\n";
    return 2;
  }
  try {
    return run(*options);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 2;
  }
}
