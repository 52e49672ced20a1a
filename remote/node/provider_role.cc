#include "remote/node/provider_role.h"

#include <unistd.h>

#include "base/encoding.h"
#include "base/files.h"
#include "base/text.h"
#include "base/time.h"
#include "remote/node/job_stream.h"

namespace ain::remote {
namespace {

void erase_done(std::map<std::string, std::unique_ptr<ProviderRole::Slot>>& slots) {
  std::erase_if(slots, [](const auto& entry) {
    if (!entry.second->done) return false;
    entry.second->thread.join();
    return true;
  });
}

Json status_of_job(const JobRow& row) {
  Json status = {{"id", row.id()}, {"run", row.order.run}, {"state", job_state_name(row.state)}, {"txid", row.settled_by}};
  if (row.exit) status["exit"] = to_json(*row.exit);
  if (row.failure) status["failure"] = to_json(*row.failure);
  return status;
}

bool is_hash(const std::string& text) { return text.size() == 64 && from_hex(text).has_value(); }

void check_signed(const std::optional<PublicKey>& caller) {
  if (!caller) fail(ErrorKind::bad_signature, "this request must be signed by the payer's account");
}

void check_waits_for_objects(const JobRow& row) {
  if (row.state != JobState::leased && row.state != JobState::pulling) {
    fail(ErrorKind::refused, "the job does not wait for objects");
  }
}

}  // namespace

ProviderRole::ProviderRole(std::unique_ptr<JobServices> services, std::filesystem::path folder, Terms terms)
    : services_(std::move(services)), folder_(std::move(folder)), terms_(std::move(terms)),
      capabilities_(services_->backend.probe()) {
  make_private_folder(folder_);
  if (!capabilities_.sandbox) {
    services_->log(fmt::format("no sandbox here: {} ({})", capabilities_.why_not, capabilities_.fix));
  }
}

ProviderRole::~ProviderRole() { drain(0); }

std::filesystem::path ProviderRole::folder_of(const std::string& id) const { return folder_ / id; }

void ProviderRole::adopt() {
  for (JobRow& row : services_->table.unfinished()) {
    services_->log(fmt::format("job {}: taken up again in state {}", row.id().substr(0, 12), job_state_name(row.state)));
    const std::string id = row.id();
    try {
      const std::lock_guard lock(mutex_);
      services_->capacity.restore(id, row.order.spec.resources, row.gpus);
      start(std::move(row));
    } catch (const std::exception& error) {
      services_->capacity.release(id);
      services_->log(fmt::format("job {}: cannot be taken up again: {}", id.substr(0, 12), error.what()));
    }
  }
}

std::shared_ptr<Job> ProviderRole::start(JobRow row) {
  const std::string id = row.id();
  make_private_folder(folder_of(id));
  auto slot = std::make_unique<Slot>();
  slot->job = std::make_shared<Job>(*services_, std::move(row), folder_of(id));
  Slot& started = *slot;
  slots_[id] = std::move(slot);
  started.thread = std::thread([&started] {
    started.job->run();
    started.done = true;
  });
  return started.job;
}

std::shared_ptr<Job> ProviderRole::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto slot = slots_.find(id);
  if (slot != slots_.end()) return slot->second->job;
  // Ended earlier: its record and files still answer questions.
  auto row = services_->table.find(id);
  if (!row) return nullptr;
  return std::make_shared<Job>(*services_, std::move(*row), folder_of(id));
}

std::string ProviderRole::why_not(const exec::JobSpec& spec) const {
  if (draining_) return "is shutting down";
  if (spec.run_us_max > terms_.run_us_max) {
    return fmt::format("runs jobs for at most {}, asked for {}", duration_text(terms_.run_us_max), duration_text(spec.run_us_max));
  }
  if (std::string why = services_->capacity.why_never(spec.resources); !why.empty()) return why;
  if (!services_->capacity.would_fit(spec.resources)) return "is busy with other jobs";
  return {};
}

std::optional<HttpResponse> ProviderRole::handle(const HttpRequest& request, const std::optional<PublicKey>& caller) {
  const std::vector<std::string> parts = split(request.path.substr(1), '/');
  if (parts.size() < 2 || parts[0] != "v1") return std::nullopt;
  if (parts[1] == "quotes" && parts.size() == 2 && request.method == "POST") return quote(request);
  if (parts[1] != "jobs") return std::nullopt;
  check_signed(caller);
  if (parts.size() == 2 && request.method == "POST") return order(request, *caller);
  if (parts.size() >= 3) return job_request(request, job_of(parts[2], caller), parts);
  return std::nullopt;
}

int64_t ProviderRole::body_limit(std::string_view method, std::string_view path) const {
  const bool objects = method == "PUT" && path.starts_with("/v1/jobs/") && path.ends_with("/objects");
  return objects ? repo::kPackBytesMax : static_cast<int64_t>(kBodyInMemoryMax);
}

void ProviderRole::admit(const HttpRequest& request, const std::optional<PublicKey>& caller) {
  const std::vector<std::string> parts = split(request.path.substr(1), '/');
  if (parts.size() != 4) fail_not_found("such page");
  check_waits_for_objects(job_of(parts[2], caller)->row());
}

std::shared_ptr<Job> ProviderRole::job_of(const std::string& id, const std::optional<PublicKey>& caller) {
  check_signed(caller);
  auto job = is_hash(id) ? find(id) : nullptr;
  if (!job) fail_not_found("such job");
  if (job->row().payer_key != *caller) fail(ErrorKind::refused, "the job is somebody else's");
  return job;
}

HttpResponse ProviderRole::quote(const HttpRequest& request) {
  const Json body = parse_json(request.body, "the request", kSpecBytesMax);
  ObjectReader reader(body, "the request");
  const exec::JobSpec spec = exec::job_from_json(reader.object("spec"));
  const bool unsandboxed = reader.boolean_or("unsandboxed", false);
  reader.finish();
  std::string why;
  {
    const std::lock_guard lock(mutex_);
    why = why_not(spec);
  }
  if (why.empty() && !unsandboxed && !capabilities_.sandbox) {
    throw Error(ErrorKind::refused, "has no sandbox: " + capabilities_.why_not, capabilities_.fix);
  }
  if (!why.empty()) throw Error(ErrorKind::refused, why);
  const Quote quote{.network = services_->network, .account = services_->sender.account(),
                    .key = services_->sender.signer().public_key(), .node = terms_.node, .job = exec::job_digest(spec),
                    .price_per_second = terms_.price_per_second * spec.units(),
                    .valid_until_ms = now_ms() + kQuoteValidMs};
  return json_response(200, {{"quote", sign_quote(quote, services_->sender.signer())}});
}

void ProviderRole::check_escrow(const JobOrder& order, const PublicKey& caller, const ledger::EscrowState& escrow) const {
  const auto refuse = [](std::string_view why) { fail(ErrorKind::refused, "the escrow {}", why); };
  if (escrow.payer_key != caller) refuse("was not opened by the caller's key");
  if (escrow.terms.provider != services_->sender.account()) refuse("names another provider");
  if (escrow.terms.job != exec::job_digest(order.spec)) refuse("is for another job");
  if (escrow.phase != ledger::EscrowPhase::open) refuse("is not open");
  if (escrow.terms.run_us_max != order.spec.run_us_max) refuse("covers another time than the job's longest");
  // It stands for what the payer could lose, and for no more.
  if (escrow.terms.bond > escrow.terms.deposit) refuse("locks more of the bond than it deposits");
  const bool locks = escrow.terms.bond > Amount();  // another lease may have come between its payer's look and now
  if (locks && bond_of(services_->ledger, services_->sender.account()).free() < escrow.terms.bond) refuse("locks more of the bond than is free");
  // Else it could be reaped under the running job.
  if (escrow.terms.run_within_ms < order.spec.run_us_max / 1000 + kRunGraceMs) refuse("ends too soon for the job");
  const Quote quote = open_quote(order.quote);
  const bool ours = quote.account == services_->sender.account() && quote.network == services_->network;
  if (!ours || quote.job != escrow.terms.job) refuse("rests on a quote that is not ours");
  // The escrow was opened while the quote held; how long the order took to come after it does not matter.
  if (escrow.opened_ms > quote.valid_until_ms) refuse("was opened after the quote had run out");
  if (escrow.terms.price_per_second != quote.price_per_second) refuse("pays another price than the quote's");
}

HttpResponse ProviderRole::order(const HttpRequest& request, const PublicKey& caller) {
  const JobOrder order = order_from_json(parse_json(request.body, "the request", 2 * kSpecBytesMax));
  const std::string id = to_hex(order.escrow);
  const auto repository = RepositoryId::parse(order.spec.repository);
  const auto answer = [&](const JobRow& row) {
    Json status = status_of_job(row);
    const bool present = services_->code.has(order.spec);
    status["objects"] = present;
    status["haves"] = present ? std::vector<std::string>() : services_->code.haves(repository);
    return json_response(200, status);
  };
  if (const auto known = find(id)) {
    if (known->row().payer_key != caller) fail(ErrorKind::refused, "the job is somebody else's");
    return answer(known->row());
  }
  const bool own_machine = request.peer.local && request.peer.uid == geteuid();
  if (order.unsandboxed && !(own_machine && terms_.allow_unsandboxed)) {
    fail(ErrorKind::refused, "runs without a sandbox only its owner's jobs from the same machine");
  }
  if (!order.unsandboxed && !capabilities_.sandbox) {
    throw Error(ErrorKind::refused, "has no sandbox: " + capabilities_.why_not, capabilities_.fix);
  }
  const auto escrow = services_->ledger.escrow(order.escrow);
  if (!escrow) fail(ErrorKind::refused, "the ledger knows no such escrow");
  check_escrow(order, caller, *escrow);
  JobRow row{.order = order, .payer_key = caller, .price_per_second = escrow->terms.price_per_second, .created_ms = now_ms()};
  std::shared_ptr<Job> job;
  {
    const std::lock_guard lock(mutex_);
    erase_done(slots_);
    if (slots_.contains(id)) return answer(slots_.at(id)->job->row());
    if (std::string why = why_not(order.spec); !why.empty()) throw Error(ErrorKind::refused, why);
    if (slots_.size() >= kJobsMax) fail(ErrorKind::refused, "runs at most {} jobs at a time", kJobsMax);
    const auto gpus = services_->capacity.reserve(id, order.spec.resources);
    if (!gpus) fail(ErrorKind::refused, "is busy with other jobs");
    row.gpus = *gpus;
    try {
      make_private_folder(folder_of(id));
      services_->table.insert(row);
      job = start(row);
    } catch (...) {
      services_->capacity.release(id);
      throw;
    }
  }
  services_->log(fmt::format("job {}: taken from {}", id.substr(0, 12), escrow->payer.text()));
  return answer(job->row());
}

HttpResponse ProviderRole::job_request(const HttpRequest& request, const std::shared_ptr<Job>& job,
                                       const std::vector<std::string>& parts) {
  job->payer_seen();
  const std::string what = parts.size() > 3 ? parts[3] : "";
  if (request.method == "GET" && parts.size() == 3) {
    const JobRow row = job->row();
    Json status = status_of_job(row);
    status["objects"] = services_->code.has(row.order.spec);
    return json_response(200, status);
  }
  if (request.method == "GET" && what == "events" && parts.size() == 4) return events(request, job);
  if (request.method == "GET" && what == "outputs" && parts.size() == 5 && is_hash(parts[4])) {
    const auto file = job->folder() / "outputs" / parts[4];
    if (!std::filesystem::exists(file)) fail_not_found("such output");
    return file_response(file);
  }
  if (request.method == "PUT" && what == "objects" && parts.size() == 4) return take_objects(request, *job);
  if (request.method == "POST" && what == "vouchers" && parts.size() == 4) {
    const Json body = parse_json(request.body, "the request", 64 << 10);
    ObjectReader reader(body, "the request");
    const std::string voucher = reader.string("voucher", 16 << 10);
    reader.finish();
    return json_response(200, status_of_job(job->take_voucher(voucher, kVoucherWaitMs)));
  }
  if (request.method == "POST" && what == "stop" && parts.size() == 4) {
    job->ask_stop();
    return json_response(200, status_of_job(job->row()));
  }
  fail_not_found("such page");
}

HttpResponse ProviderRole::take_objects(const HttpRequest& request, Job& job) {
  const JobRow row = job.row();
  check_waits_for_objects(row);
  if (request.body_file) {
    services_->code.take(row.order.spec, request.body_file->path(), row.id());
  } else {
    const TemporaryFolder folder("pack", job.folder());
    const auto file = folder.path() / "pack";
    write_new_file(file, request.body, 0600);
    services_->code.take(row.order.spec, file, row.id());
  }
  job.objects_arrived();
  return json_response(200, status_of_job(job.row()));
}

HttpResponse ProviderRole::events(const HttpRequest& request, std::shared_ptr<Job> job) {
  const auto number = [&](const char* name) -> int64_t {
    const auto found = request.query.find(name);
    if (found == request.query.end()) return 0;
    const auto value = parse_integer(found->second, 0, INT64_MAX);
    if (!value) fail(ErrorKind::usage, "'{}' is not a number", name);
    return *value;
  };
  const bool follow = !request.query.contains("follow") || request.query.at("follow") != "0";
  HttpResponse response;
  response.headers.set("content-type", "text/event-stream");
  response.headers.set("cache-control", "no-store");
  response.stream = job_stream(std::move(job), static_cast<size_t>(number("from")), number("log"), follow);
  return response;
}

size_t ProviderRole::active() const {
  const std::lock_guard lock(mutex_);
  size_t count = 0;
  for (const auto& [id, slot] : slots_) count += slot->done ? 0 : 1;
  return count;
}

void ProviderRole::drain(int64_t grace_ms) {
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    for (auto& [id, slot] : slots_) slot->job->hand_back("the provider is shutting down");
  }
  const int64_t until = now_ms() + grace_ms;
  while (active() > 0 && now_ms() < until) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  services_->leaving = true;
  std::map<std::string, std::unique_ptr<Slot>> leaving;
  {
    const std::lock_guard lock(mutex_);
    leaving.swap(slots_);
  }
  for (auto& [id, slot] : leaving) slot->job->wake();
  for (auto& [id, slot] : leaving) {
    if (slot->thread.joinable()) slot->thread.join();
  }
}

void ProviderRole::forget_old() {
  for (const std::string& id : services_->table.finished_before(now_ms() - kOutputsKeptMs)) {
    std::error_code ignored;
    std::filesystem::remove_all(folder_of(id), ignored);
    services_->table.remove(id);
  }
}

}  // namespace ain::remote
