// A provider's jobs, written down before every step, so that a node that was killed takes each up where it stood.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/sqlite.h"
#include "ledger/voucher.h"
#include "remote/protocol.h"

namespace ain::remote {

struct JobRow {
  JobOrder order;
  JobState state = JobState::leased;
  PublicKey payer_key;
  int64_t price_per_second = 0;
  int64_t note_sequence = 0;
  std::string voucher;              // the best so far
  Amount authorised;                // its amount
  std::vector<int> gpus;            // leased, by index
  std::optional<ExitReport> exit;   // from publishing on
  std::optional<Failure> failure;   // when released
  std::string settled_by;           // hex txid
  int64_t created_ms = 0;

  std::string id() const;           // the escrow, in hex
};

class JobTable {
 public:
  explicit JobTable(const std::filesystem::path& folder);
  void insert(const JobRow& row);   // throws `failed` when the escrow has a job already
  void update(const JobRow& row);
  std::optional<JobRow> find(const std::string& id);
  std::vector<JobRow> unfinished();
  std::vector<std::string> finished_before(int64_t ms);
  void remove(const std::string& id);

 private:
  std::mutex mutex_;
  Database db_;
};

// The events of one job, numbered from 0 and kept in a file; readers wait for the next. Logs are not among them: they are read from
// the shim's file.
class JobEvents {
 public:
  explicit JobEvents(const std::filesystem::path& folder);  // takes up those of an earlier process

  void append(Json event);                                  // adds "time" and "seq"
  std::optional<Json> get(size_t index) const;
  bool has(std::string_view name) const;
  bool has(std::string_view name, const char* member, std::string_view value) const;
  // True when there is an event `index` within `wait_ms`.
  bool wait_for(size_t index, int64_t wait_ms) const;

 private:
  std::filesystem::path file_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Json> events_;
};

}  // namespace ain::remote
