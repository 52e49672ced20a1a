// One provider's node as the executor sees it: quotes, orders, objects, events, vouchers, outputs.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "remote/http/client.h"
#include "remote/protocol.h"
#include "repo/packs.h"

namespace ain::remote {

// "https://host:port" as an offer writes it, pinned to `node`; throws `refused` for anything else.
Endpoint provider_endpoint(const std::string& url, const NodeId& node);

struct JobStatus {
  JobState state = JobState::leased;
  bool objects = true;                 // the commit is there
  std::vector<std::string> haves;      // when it is not: what may be left out
  std::optional<ExitReport> exit;
  std::optional<Failure> failure;
};

class ProviderClient {
 public:
  ProviderClient(Endpoint endpoint, const Signer& signer);

  Quote quote(const exec::JobSpec& spec, bool unsandboxed, int64_t wait_ms, std::string& jws);
  JobStatus order(const JobOrder& order);
  void send_objects(const std::string& job, const std::filesystem::path& pack);
  JobStatus status(const std::string& job);
  JobStatus send_voucher(const std::string& job, const std::string& voucher);
  void stop(const std::string& job);
  // Streams the job's events from number `from` and log position `log`; `on_event` returning false ends it early. Returns when the
  // stream has ended; throws `unreachable` when the connection broke.
  void events(const std::string& job, size_t from, int64_t log, const std::function<bool(const Json&)>& on_event,
              const std::function<bool()>& cancelled);
  // Fetches into `file`, checking size and hash.
  void output(const std::string& job, const exec::OutputFile& output, const std::filesystem::path& file);

 private:
  RequestOptions options() const;

  HttpClient client_;
  const Signer& signer_;
};

}  // namespace ain::remote
