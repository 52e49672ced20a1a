// The executor's side of a run: plan it (snapshot, job, attribution, quotes: nothing moves), start it (escrow, objects, lease), follow it
// (events, vouchers) and finish it (outputs, final voucher, settlement, record).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/attribution.h"
#include "base/paths.h"
#include "exec/job.h"
#include "remote/ledger_client.h"
#include "remote/network.h"
#include "remote/run/runs.h"
#include "repo/identity.h"
#include "repo/repository.h"

namespace ain::remote {

// Who runs, where. Lives as long as everything below.
struct RunContext {
  Paths paths;
  Network network;
  std::string account_name;
  AccountId account;
  std::shared_ptr<const Signer> signer;
};

struct RunRequest {
  exec::JobRequest job;
  std::string provider;                 // --on: an account or node id; empty: any
  bool detach = false;
  bool unsandboxed = false;             // --sandbox none
};

// One provider's answer, taken or not, and why.
struct Candidate {
  ledger::OfferState offer;
  bool taken = false;
  std::string reason;                   // "cheapest", "needs 2 GPUs, has none", "does not answer"
  int64_t price_per_second = 0;         // whole lease, µAIN
  Amount price_total;                   // of run_us_max, royalty included
  Amount bond;                          // of the provider's, that the lease would lock
};
Json to_json(const Candidate& candidate);   // {provider, account, gpu[], cpu, memory, price_per_second, price_total, bond, reason}

struct RunPlan {
  repo::Snapshot snapshot;
  exec::JobSpec spec;
  Attribution attribution;
  std::vector<Candidate> candidates;
  size_t chosen = 0;                    // index into candidates
  Amount deposit;
  int64_t fee_ppm = 0;                  // of the network
  int64_t dispute_within_ms = 0;        // 0: a settlement closes the escrow at once
  ledger::LeaseTerms terms(int64_t price_per_second) const;
  Json summary() const;                 // the `quoted` event: price, split, deposit
};

// What the caller wants while a run is followed, asked for about ten times a second.
enum class Wish { go_on, stop, detach };

struct Follow {
  std::function<void(const Json& event)> on_event;   // {time, event, run, …}; logs are {event:"log", stream, data}
  std::function<Wish()> wish;
  bool logs = true;
};

class Runner {
 public:
  explicit Runner(RunContext context);
  ~Runner();

  // Throws no_provider (with every candidate's reason in the hint), price_cap, no_money, attribution, …
  RunPlan plan(repo::Repository& repository, const RunRequest& request, const Follow& follow);
  // plan -> escrow -> job handed over; returns the run's id. From the escrow on, everything is recoverable.
  std::string start(repo::Repository& repository, const RunRequest& request, const RunPlan& plan, const Follow& follow);
  // Follows run `id` to its end; returns the exit code for `ain run`. The last event is `settled` or `failed` (or `detached`).
  int follow(const std::string& id, const Follow& follow);
  // Asks the provider to stop the job, then finishes as usual.
  int stop(const std::string& id, const Follow& follow);
  // Brings every unfinished run of this home that nobody follows to its end, or as far as it can be: vouchers, settlements, refunds.
  // What can still be disputed waits for the payer's word, or the deadline. Never throws for one run's trouble; returns a line for each that
  // moved or waits so.
  std::vector<std::string> reconcile();

  RunStore& runs();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ain::remote
