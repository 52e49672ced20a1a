#include "remote/run/provider_client.h"

#include <fcntl.h>

#include "base/encoding.h"
#include "base/files.h"
#include "base/text.h"
#include "remote/http/sse.h"

namespace ain::remote {
namespace {

constexpr int64_t kOrderWaitMs = 60'000;
constexpr int64_t kVoucherAnswerMs = 60'000;

JobStatus status_from_json(const Json& value) {
  ObjectReader reader(value, "the job's state");
  JobStatus status;
  status.state = job_state_from_name(reader.string("state"));
  status.objects = reader.boolean_or("objects", true);
  if (reader.has("haves")) {
    for (const Json& item : reader.array("haves", repo::kHavesMax)) {
      if (!item.is_string()) reader.fail_member("haves", "holds something that is not a string");
      status.haves.push_back(item.get<std::string>());
    }
  }
  if (reader.has("exit")) status.exit = exit_report_from_json(reader.object("exit"));
  if (reader.has("failure")) status.failure = failure_from_json(reader.object("failure"));
  return status;  // a newer provider may say more
}

}  // namespace

Endpoint provider_endpoint(const std::string& url, const NodeId& node) {
  constexpr std::string_view kScheme = "https://";
  const size_t colon = url.rfind(':');
  const auto port = colon == std::string::npos ? std::nullopt : parse_integer(url.substr(colon + 1), 1, 65535);
  if (!url.starts_with(kScheme) || !port || colon <= kScheme.size()) {
    fail(ErrorKind::refused, "offers the address '{}', which is not https://HOST:PORT", sanitize(url.substr(0, 100)));
  }
  std::string host = url.substr(kScheme.size(), colon - kScheme.size());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return Endpoint::tcp(host, static_cast<uint16_t>(*port), node);
}

ProviderClient::ProviderClient(Endpoint endpoint, const Signer& signer) : client_(std::move(endpoint)), signer_(signer) {}

RequestOptions ProviderClient::options() const {
  RequestOptions options;
  options.signer = &signer_;
  return options;
}

Quote ProviderClient::quote(const exec::JobSpec& spec, bool unsandboxed, int64_t wait_ms, std::string& jws) {
  RequestOptions quick = options();
  quick.connect = quick.total = std::chrono::milliseconds(wait_ms);
  const Json answer = client_.post("/v1/quotes", {{"spec", exec::to_json(spec)}, {"unsandboxed", unsandboxed}}, quick);
  ObjectReader reader(answer, "the quote");
  jws = reader.string("quote", 16 << 10);
  return open_quote(jws);
}

JobStatus ProviderClient::order(const JobOrder& order) {
  RequestOptions patient = options();
  patient.total = std::chrono::milliseconds(kOrderWaitMs);
  return status_from_json(client_.post("/v1/jobs", to_json(order), patient));
}

void ProviderClient::send_objects(const std::string& job, const std::filesystem::path& pack) {
  HttpRequest request("PUT", "/v1/jobs/" + job + "/objects");
  request.body_file = BodyFile::existing(pack);
  request.headers.set("content-type", "application/x-git-packed-objects");
  RequestOptions patient = options();
  patient.total = std::chrono::milliseconds(0);
  patient.stall = std::chrono::milliseconds(0);  // the other side checks every object before it answers
  throw_if_error(client_.request(std::move(request), patient));
}

JobStatus ProviderClient::status(const std::string& job) { return status_from_json(client_.get("/v1/jobs/" + job, options())); }

JobStatus ProviderClient::send_voucher(const std::string& job, const std::string& voucher) {
  RequestOptions patient = options();
  patient.total = std::chrono::milliseconds(kVoucherAnswerMs);
  return status_from_json(client_.post("/v1/jobs/" + job + "/vouchers", {{"voucher", voucher}}, patient));
}

void ProviderClient::stop(const std::string& job) { client_.post("/v1/jobs/" + job + "/stop", Json::object(), options()); }

void ProviderClient::events(const std::string& job, size_t from, int64_t log, const std::function<bool(const Json&)>& on_event,
                            const std::function<bool()>& cancelled) {
  SseParser parser;
  const auto sink = [&](const SseEvent& message) {
    return on_event(parse_json(message.data, "an event of the provider"));
  };
  RequestOptions stream = options();
  stream.total = std::chrono::milliseconds(0);
  stream.response_bytes_max = 0;
  stream.cancelled = cancelled;
  stream.on_chunk = [&](std::string_view bytes) { return parser.feed(bytes, sink); };
  HttpRequest request("GET", fmt::format("/v1/jobs/{}/events?from={}&log={}", job, from, log));
  throw_if_error(client_.request(std::move(request), stream));
}

void ProviderClient::output(const std::string& job, const exec::OutputFile& output, const std::filesystem::path& file) {
  const Fd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) fail_errno(fmt::format("cannot write '{}'", file.string()));
  Sha256 hash;
  int64_t size = 0;
  RequestOptions stream = options();
  stream.total = std::chrono::milliseconds(0);
  stream.response_bytes_max = output.size + 1;
  stream.on_chunk = [&](std::string_view bytes) {
    hash.update(bytes);
    size += static_cast<int64_t>(bytes.size());
    write_all(fd.get(), bytes, file.string());
    return true;
  };
  const std::string target = fmt::format("/v1/jobs/{}/outputs/{}", job, output.hash);
  throw_if_error(client_.request(HttpRequest("GET", target), stream));
  if (size != output.size || to_hex(hash.finish()) != output.hash) {
    fail(ErrorKind::verification, "the provider sent another content for '{}' than it had announced", sanitize(output.path));
  }
}

}  // namespace ain::remote
