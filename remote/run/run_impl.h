// What the parts of Runner share.
#pragma once

#include <memory>
#include <vector>

#include "remote/run/match.h"
#include "remote/run/run.h"

namespace ain::remote {

struct Runner::Impl {
  explicit Impl(RunContext given);

  LedgerClient& ledger();      // reached when first needed
  AccountSender& sender();
  void check_registered(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                        const Attribution& mine);
  void register_attribution(const Attribution& attribution);
  Digest open_escrow(RunRow& row, const RunPlan& plan);
  void hand_over(RunRow& row, repo::Repository& repository, const RunPlan& plan, const Quoted& quoted);
  void give_up(RunRow& row, const Error& error);   // the escrow goes back; the run is failed
  static void write_failure(RunRow& row, const Error& error, const Json& paid);
  std::string reconcile(RunRow row);
  void reconcile_or_tell(const RunRow& row);

  RunContext context;
  RunStore store;
  std::vector<Quoted> quoted;  // of the last plan

 private:
  std::unique_ptr<LedgerClient> ledger_;
  std::unique_ptr<AccountSender> sender_;
};

}  // namespace ain::remote
