// A node that follows the ledger that another one keeps: it replays the log into a store of its own, block by block, durable, and compares
// each transaction's writes, each block's state root and its own log root with what the sequencer has signed. At the first difference it
// raises an alarm and follows no further; what it has verified it goes on serving.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/time.h"
#include "ledger/ledger.h"
#include "ledger/replay.h"
#include "remote/alarm.h"
#include "remote/ledger_client.h"
#include "remote/node/witness.h"

namespace ain::remote {

inline constexpr int64_t kUnheardMaxMs = 10 * 60'000;  // without a good step a follower no longer calls itself healthy

class LogFollower {
 public:
  struct Config {
    NodeId leader;
    std::string leader_url;             // for people
    std::filesystem::path alarm_file;
    std::function<void(const std::string&)> log;
  };

  // Ledger, client and witness must outlive it. What the witness cosigns is handed in at the node that is followed. Raises the alarm again
  // that an earlier process left.
  LogFollower(ledger::Ledger& ledger, LedgerClient& leader, Witness& witness, Config config);
  ~LogFollower();

  // Asks for a newer checkpoint and follows the log up to it, or raises the alarm. Throws where the node does not answer, or with what is no
  // answer: that says nothing of the ledger, and another time may be better.
  void step();

  void start();  // step() every kFollowPollMs, and after failures more and more seldom
  void stop();

  std::optional<Alarm> alarm() const;
  const std::string& leader_url() const { return config_.leader_url; }
  // Why what is served here must not be relied on: an alarm, or no good step for kUnheardMaxMs. Nothing: all is well.
  std::optional<std::string> complaint(int64_t now_us = monotonic_us()) const;
  Json status() const;  // {leader, url, size, height, checked_ms, trouble?}

 private:
  void run();
  bool try_step();
  void catch_up(const ledger::Checkpoint& checkpoint);
  std::vector<ledger::LogEntry> next_blocks(int64_t size);
  void take(const std::vector<ledger::LogEntry>& entries, const ledger::Checkpoint& checkpoint);
  bool begins_with(const ledger::Checkpoint& checkpoint, int64_t size, const Digest& root);
  void look_back(const ledger::Checkpoint& checkpoint);
  std::optional<ledger::Divergence> first_other_than_ours();
  ledger::Divergence first_unsigned(const ledger::Checkpoint& checkpoint, const std::vector<ledger::LogEntry>& entries);
  [[noreturn]] void refine(const ledger::Divergence& accusation, const ledger::Checkpoint& checkpoint,
                           const std::vector<ledger::LogEntry>& unsigned_entries);
  void check_patience() const;
  bool stopped() const;
  void hand_in();
  void raise(const ledger::Divergence& divergence, const std::string& seen);

  ledger::Ledger& ledger_;
  LedgerClient& leader_;
  Witness& witness_;
  const Config config_;
  int64_t refine_until_us_ = INT64_MAX;
  std::string handed_in_, refused_;   // the cosigned checkpoints that were accepted and refused last,
  int64_t hand_in_after_us_ = 0;      // and when that one may be handed in again
  mutable std::mutex mutex_;  // guards what is below
  std::optional<Alarm> alarm_;
  std::string not_taken_;     // why the last cosignature was not
  std::string trouble_;       // why the last step failed
  int64_t checked_ms_ = 0;    // when the last one succeeded,
  int64_t good_us_ = monotonic_us();  // or this began
  bool stopped_ = false;
  std::condition_variable stopping_;
  std::thread thread_;
};

}  // namespace ain::remote
