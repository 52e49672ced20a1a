// The provider role of a node: /v1/quotes and /v1/jobs.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "remote/http/message.h"
#include "remote/node/job.h"

namespace ain::remote {

inline constexpr size_t kJobsMax = 64;                       // at a time, each with a thread
inline constexpr int64_t kOutputsKeptMs = int64_t{7} * 24 * 3600 * 1000;
inline constexpr int64_t kVoucherWaitMs = 15'000;            // how long a request waits for the settlement that it makes possible

class ProviderRole {
 public:
  struct Terms {
    NodeId node;
    int64_t price_per_second = 0;
    int64_t run_us_max = 0;
    bool allow_unsandboxed = false;
  };

  ProviderRole(std::unique_ptr<JobServices> services, std::filesystem::path folder, Terms terms);
  ~ProviderRole();

  void adopt();  // takes up the jobs of an earlier process
  // `caller` is the key that signed the request, when one did.
  std::optional<HttpResponse> handle(const HttpRequest& request, const std::optional<PublicKey>& caller);
  int64_t body_limit(std::string_view method, std::string_view path) const;
  // Throws when the objects that are about to come are not wanted from this caller.
  void admit(const HttpRequest& request, const std::optional<PublicKey>& caller);
  size_t active() const;          // jobs that have not ended
  struct Slot {
    std::shared_ptr<Job> job;
    std::thread thread;
    std::atomic<bool> done = false;
  };

  // No new jobs; those not yet running are handed back; waits up to `grace_ms` for the others, then leaves them to their shims.
  void drain(int64_t grace_ms);
  void forget_old();              // jobs ended long ago, with their outputs

 private:
  HttpResponse quote(const HttpRequest& request);
  HttpResponse order(const HttpRequest& request, const PublicKey& caller);
  HttpResponse job_request(const HttpRequest& request, const std::shared_ptr<Job>& job, const std::vector<std::string>& parts);
  HttpResponse take_objects(const HttpRequest& request, Job& job);
  std::shared_ptr<Job> job_of(const std::string& id, const std::optional<PublicKey>& caller);
  HttpResponse events(const HttpRequest& request, std::shared_ptr<Job> job);
  void check_escrow(const JobOrder& order, const PublicKey& caller, const ledger::EscrowState& escrow) const;
  std::string why_not(const exec::JobSpec& spec) const;
  std::filesystem::path folder_of(const std::string& id) const;
  std::shared_ptr<Job> start(JobRow row);
  std::shared_ptr<Job> find(const std::string& id);

  std::unique_ptr<JobServices> services_;
  std::filesystem::path folder_;
  Terms terms_;
  exec::Capabilities capabilities_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Slot>> slots_;
  bool draining_ = false;
};

}  // namespace ain::remote
