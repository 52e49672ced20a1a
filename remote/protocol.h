// What executor and provider say to each other, apart from what the ledger's formats cover.
#pragma once

#include <string>

#include "base/ids.h"
#include "base/json.h"
#include "exec/job.h"
#include "exec/outputs.h"

namespace ain::remote {

// Timing that both sides count on.
inline constexpr int64_t kQuoteValidMs = 60'000;
inline constexpr int64_t kNoteEveryMs = 10'000;            // a debit note while running
inline constexpr int64_t kExposureSeconds = 60;            // unpaid compute after which the provider stops the job
inline constexpr int64_t kAcceptWithinMs = 10 * 60'000;    // the escrow's first deadline: objects must have come by then
inline constexpr int64_t kRunGraceMs = 60 * 60'000;        // on top of the longest run: environment, outputs, settlement
inline constexpr size_t kSpecBytesMax = exec::kJobBytesMax;

// An answer to one job, valid for seconds. typ "ain-quote", signed by the provider's account.
struct Quote {
  std::string network;
  AccountId account;
  PublicKey key;                     // that speaks for the account
  NodeId node;
  Digest job{};
  int64_t price_per_second = 0;      // whole lease, µAIN
  int64_t valid_until_ms = 0;
};
std::string sign_quote(const Quote& quote, const Signer& signer);
Quote open_quote(std::string_view jws);  // signed by its key; whether that is the account's, the ledger knows. Throws `bad_signature`

// POST /v1/jobs
struct JobOrder {
  std::string run;                   // the executor's id of the run, 12 hex digits
  Digest escrow{};
  exec::JobSpec spec;
  std::string quote;
  bool unsandboxed = false;
};
Json to_json(const JobOrder& order);
JobOrder order_from_json(const Json& value);

// The life of a job at its provider.
enum class JobState {
  leased,      // taken, hardware reserved
  pulling,     // waits for objects, then checks the attribution
  building,    // lease accepted on the ledger; environment
  running,
  publishing,  // ended; outputs can be fetched; waits for the payer
  settled,
  released,    // given back unpaid
};
std::string_view job_state_name(JobState state);
JobState job_state_from_name(std::string_view name);
bool job_may_follow(JobState from, JobState to);

// Whose fault an end is: money follows the culprit.
enum class Culprit { executor, provider, network };
std::string_view culprit_name(Culprit culprit);

// Why a job did not end well. `kind` gives the exit code of `ain run`.
struct Failure {
  ErrorKind kind = ErrorKind::failed;
  Culprit culprit = Culprit::provider;
  std::string message;
  std::string hint;
};
Json to_json(const Failure& failure);
Failure failure_from_json(const Json& value);

// How the payload ended.
struct ExitReport {
  int exit_code = 0;
  bool out_of_memory = false;
  bool timed_out = false;
  bool stopped = false;
  bool unpaid = false;               // stopped, as no voucher came for too long
  int64_t run_us = 0;
  std::vector<exec::OutputFile> outputs;
  std::vector<std::string> skipped;  // outputs not taken, with the reason
  std::string note;                  // the final debit note
};
Json to_json(const ExitReport& report);
ExitReport exit_report_from_json(const Json& value);

}  // namespace ain::remote
