// The runs of this home, written down before every step that moves money, so that a run can be found again from another terminal and
// finished after a crash.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/sqlite.h"

namespace ain::remote {

// queued -> quoting -> leased -> pulling -> building -> running -> publishing -> settled | failed | stopped
enum class RunState { queued, quoting, leased, pulling, building, running, publishing, settled, failed, stopped };
std::string_view run_state_name(RunState state);
RunState run_state_from_name(std::string_view name);
bool is_terminal(RunState state);
// True when the table of transitions allows it; RunStore::advance enforces it.
bool may_follow(RunState from, RunState to);

inline constexpr size_t kRunIdDigits = 12;

struct RunRow {
  std::string id;              // kRunIdDigits hex digits
  RunState state = RunState::queued;
  std::string network;         // its name on this machine
  std::string account;         // "ain1…", the payer
  std::string account_name;
  std::string folder;          // the work folder that outputs go to
  std::string spec;            // canonical JSON of the job spec
  std::string job_digest;      // hex
  std::string attribution;     // hex digest
  std::string provider;        // "ain1…"; empty before a quote was taken
  std::string endpoint;        // of the provider's node
  std::string node;            // "node1…"
  std::string escrow_envelope; // written before it is sent
  std::string escrow;          // hex txid
  std::string quote;           // JWS of the provider
  bool detached = false;       // unattended: the whole deposit is allowed to the provider's meter
  bool unsandboxed = false;
  int64_t follower = 0;        // the process that follows it; 0: none
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  int exit_code = -1;          // when terminal
  std::string result;          // JSON: the last event
};

class RunStore {
 public:
  explicit RunStore(const std::filesystem::path& state_folder);

  void insert(const RunRow& row);
  void update(const RunRow& row);                        // everything but the state
  void advance(RunRow& row, RunState next);              // asserts may_follow
  std::optional<RunRow> find(std::string_view id_prefix);  // at least kIdDigitsMin digits; throws `usage` when several match
  RunRow get(std::string_view id_prefix);                // throws `failed` with a hint `ain ps -a`
  std::vector<RunRow> list(bool all, int64_t limit);     // newest first; without `all` only those not yet terminal
  std::vector<RunRow> unfinished();

 private:
  Database db_;
};

}  // namespace ain::remote
