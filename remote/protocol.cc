#include "remote/protocol.h"

#include <algorithm>
#include <array>

#include "base/amount.h"
#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/transaction.h"

namespace ain::remote {
namespace {

constexpr std::string_view kQuoteTyp = "ain-quote";
constexpr size_t kRunIdDigits = 12;
constexpr size_t kSkippedMax = 1000;

constexpr std::array<std::string_view, 7> kJobStates = {"leased",     "pulling", "building", "running",
                                                        "publishing", "settled", "released"};
constexpr std::array<std::string_view, 3> kCulprits = {"executor", "provider", "network"};

Digest read_digest(ObjectReader& reader, const char* name) {
  const auto bytes = from_hex(reader.string(name, 64));
  const auto digest = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!digest) reader.fail_member(name, "is not a hash");
  return *digest;
}

}  // namespace

std::string sign_quote(const Quote& quote, const Signer& signer) {
  return jws_sign(kQuoteTyp,
                  {{"network", quote.network},
                   {"account", quote.account.text()},
                   {"key", base64url_encode(as_view(quote.key.bytes))},
                   {"node", quote.node.text()},
                   {"job", to_hex(quote.job)},
                   {"price_per_second", quote.price_per_second},
                   {"valid_until", quote.valid_until_ms}},
                  signer);
}

Quote open_quote(std::string_view text) {
  const Jws jws = jws_decode(text, kQuoteTyp);
  ObjectReader reader(jws.payload, "quote");
  Quote quote;
  quote.network = reader.string("network", 100);
  quote.account = AccountId::parse(reader.string("account", 90));
  const auto key = base64url_decode(reader.string("key", 64));
  const auto bytes = key ? to_array<32>(*key) : std::nullopt;
  if (!bytes) reader.fail_member("key", "is not a public key");
  quote.key = PublicKey{*bytes};
  quote.node = NodeId::parse(reader.string("node", 90));
  quote.job = read_digest(reader, "job");
  quote.price_per_second = reader.integer("price_per_second", 0, ledger::kPricePerSecondMax);
  quote.valid_until_ms = reader.integer("valid_until", 0, kAmountMax);
  reader.finish();
  if (!is_safe_key(quote.key) || !jws.verify(quote.key)) {
    fail(ErrorKind::bad_signature, "the quote is not signed by the key that it names");
  }
  return quote;
}

Json to_json(const JobOrder& order) {
  return {{"run", order.run},
          {"escrow", to_hex(order.escrow)},
          {"spec", exec::to_json(order.spec)},
          {"quote", order.quote},
          {"unsandboxed", order.unsandboxed}};
}

JobOrder order_from_json(const Json& value) {
  ObjectReader reader(value, "job order");
  JobOrder order;
  order.run = reader.string("run", kRunIdDigits);
  if (order.run.size() != kRunIdDigits || !from_hex(order.run)) reader.fail_member("run", "is not a run id");
  order.escrow = read_digest(reader, "escrow");
  order.spec = exec::job_from_json(reader.object("spec"));
  order.quote = reader.string("quote");
  order.unsandboxed = reader.boolean_or("unsandboxed", false);
  reader.finish();
  return order;
}

std::string_view job_state_name(JobState state) { return kJobStates[static_cast<size_t>(state)]; }

JobState job_state_from_name(std::string_view name) {
  const auto found = std::find(kJobStates.begin(), kJobStates.end(), name);
  if (found == kJobStates.end()) fail(ErrorKind::failed, "unknown job state '{}'", name.substr(0, 40));
  return static_cast<JobState>(found - kJobStates.begin());
}

bool job_may_follow(JobState from, JobState to) {
  switch (from) {
    case JobState::leased: return to == JobState::pulling || to == JobState::released;
    case JobState::pulling: return to == JobState::building || to == JobState::released;
    case JobState::building: return to == JobState::running || to == JobState::released;
    case JobState::running: return to == JobState::publishing || to == JobState::released;
    case JobState::publishing: return to == JobState::settled || to == JobState::released;
    case JobState::settled:
    case JobState::released: return false;
  }
  return false;
}

std::string_view culprit_name(Culprit culprit) { return kCulprits[static_cast<size_t>(culprit)]; }

Json to_json(const Failure& failure) {
  return {{"cause", kind_name(failure.kind)},
          {"culprit", culprit_name(failure.culprit)},
          {"message", failure.message},
          {"hint", failure.hint}};
}

Failure failure_from_json(const Json& value) {
  ObjectReader reader(value, "failure");
  Failure failure;
  failure.kind = kind_from_name(reader.string("cause"));
  const std::string culprit = reader.string("culprit");
  const auto found = std::find(kCulprits.begin(), kCulprits.end(), culprit);
  if (found == kCulprits.end()) reader.fail_member("culprit", "is none of executor, provider, network");
  failure.culprit = static_cast<Culprit>(found - kCulprits.begin());
  failure.message = reader.string("message", 64 << 10);
  failure.hint = reader.string("hint", 4096);
  reader.finish();
  return failure;
}

Json to_json(const ExitReport& report) {
  Json outputs = Json::array();
  for (const auto& file : report.outputs) outputs.push_back(exec::to_json(file));
  return {{"exit_code", report.exit_code},
          {"out_of_memory", report.out_of_memory},
          {"timed_out", report.timed_out},
          {"stopped", report.stopped},
          {"unpaid", report.unpaid},
          {"run_us", report.run_us},
          {"outputs", outputs},
          {"skipped", report.skipped},
          {"note", report.note}};
}

ExitReport exit_report_from_json(const Json& value) {
  ObjectReader reader(value, "exit report");
  ExitReport report;
  report.exit_code = static_cast<int>(reader.integer("exit_code", 0, 255));
  report.out_of_memory = reader.boolean("out_of_memory");
  report.timed_out = reader.boolean("timed_out");
  report.stopped = reader.boolean("stopped");
  report.unpaid = reader.boolean("unpaid");
  report.run_us = reader.integer("run_us", 0, exec::kRunTimeMaxUs);
  for (const Json& item : reader.array("outputs", static_cast<size_t>(exec::kOutputFilesMax))) {
    report.outputs.push_back(exec::output_from_json(item));
  }
  for (const Json& item : reader.array("skipped", kSkippedMax)) {
    if (!item.is_string()) reader.fail_member("skipped", "holds something that is not a string");
    report.skipped.push_back(item.get<std::string>());
  }
  report.note = reader.string("note", 16 << 10);
  reader.finish();
  return report;
}

}  // namespace ain::remote
