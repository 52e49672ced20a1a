#include "cli/run_view.h"

#include "base/attribution.h"
#include "base/encoding.h"
#include "base/text.h"
#include "base/time.h"

namespace ain::cli {
namespace {

constexpr size_t kShortId = 12;

std::string tokens_text(int64_t count) { return fmt::format("{} token{}", count, count == 1 ? "" : "s"); }

Amount amount_of(const Json& value) { return Amount::micro(value.is_number_integer() ? value.get<int64_t>() : 0); }

std::string text_of(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t integer_of(const Json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

// Whose fault a failure before or beside the run is.
std::string_view culprit_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::unreachable:
    case ErrorKind::no_provider: return "network";
    case ErrorKind::refused:
    case ErrorKind::provider_lost: return "provider";
    default: return "executor";
  }
}

}  // namespace

std::string RunView::shown_account(const std::string& id) const {
  if (is_unclaimed(id)) return "unclaimed " + id.substr(id.find(':') + 1, kShortId);
  const auto name = names_.find(id);
  return name == names_.end() ? id : fmt::format("{} ({}…)", sanitize(name->second), id.substr(0, kShortId));
}

void RunView::quoted(const remote::RunPlan& plan) {
  const Json summary = plan.summary();
  if (out_.json()) {
    Json event = summary;
    event["event"] = "quoted";
    event["run"] = nullptr;
    event["time"] = now_ms();
    out_.document(event);
    return;
  }
  if (out_.quiet()) return;
  const std::string commit = plan.snapshot.commit.substr(0, 7);
  if (plan.snapshot.dirty) {
    out_.say("snapshot of {} changed file{}: {}", plan.snapshot.changed, plan.snapshot.changed == 1 ? "" : "s", commit);
  } else {
    out_.say("commit {}", commit);
  }
  const remote::Candidate& chosen = plan.candidates.at(plan.chosen);
  const int64_t units = plan.spec.units();
  out_.say("provider {}: {} for {} {}{}", shown_account(chosen.offer.account.text()), price_text(chosen.price_per_second), units,
           plan.spec.resources.gpus > 0 ? "GPU" : "core", units == 1 ? "" : "s");
  std::vector<std::vector<std::string>> rows = {
      {"  provider", Amount::micro(summary.at("at_most").at("provider").get<int64_t>()).text(), "", shown_account(chosen.offer.account.text())}};
  for (const Json& author : summary.at("at_most").at("authors")) {
    rows.push_back({"  author", amount_of(author.at("amount")).text(), tokens_text(integer_of(author, "weight")),
                    shown_account(text_of(author, "account"))});
  }
  out_.say("at most, for {}:", duration_text(plan.spec.run_us_max));
  out_.write_talk(table({"", "", "", ""}, rows, {1, 2}));
  out_.say("deposit {}{}", plan.deposit.text(),
           chosen.bond > Amount() ? fmt::format(", and {} of the provider's bond locked against it", chosen.bond.text()) : "");
}

void RunView::log(const Json& event) {
  std::string data = text_of(event, "data");
  if (text_of(event, "encoding") == "base64") data = base64_decode(data).value_or("");
  if (text_of(event, "stream") == "stderr") {
    out_.flush();
    out_.write_talk(out_.stderr_is_terminal() ? sanitize(data) : data);
  } else {
    out_.write(out_.shown(data));
    out_.flush();
  }
}

void RunView::paid(const Json& paid, int64_t run_us, const std::string& provider) {
  if (!paid.is_object()) return;
  out_.say("paid {} for {}", amount_of(paid.at("total")).text(), duration_text(run_us));
  std::vector<std::vector<std::string>> rows = {{"  provider", amount_of(paid.at("provider")).text(), shown_account(provider)}};
  for (const Json& author : paid.at("authors")) {
    rows.push_back({"  author", amount_of(author.at("amount")).text(), shown_account(text_of(author, "account"))});
  }
  if (!out_.quiet()) out_.write_talk(table({"", "", ""}, rows, {1}));
  const Amount slashed = amount_of(paid.value("slashed", Json()));
  out_.say("refunded {} of the deposit{}", amount_of(paid.at("refund")).text(),
           slashed > Amount() ? fmt::format(", and {} of the provider's bond", slashed.text()) : "");
}

void RunView::settled(const Json& event) {
  const int64_t code = integer_of(event, "exit_code");
  const std::string run = text_of(event, "run");
  if (code != 0) {
    out_.say("the command ended with exit code {}, by its own doing; its output again: ain logs {}", code, run);
  }
  const int64_t run_us = event.contains("run_us") ? integer_of(event, "run_us") : integer_of(event, "seconds") * 1'000'000;
  paid(event.value("paid", Json()), run_us, text_of(event, "provider"));
  out_.say("receipt {}", text_of(event, "receipt"));
}

void RunView::failed(const Json& event) {
  const Json paid_members = event.value("paid", Json());
  const std::string culprit = text_of(event, "culprit");
  const std::string message = text_of(event, "message");
  out_.flush();
  if (stopping_ && text_of(event, "cause") == kind_name(ErrorKind::stopped)) {
    out_.say("run {} is stopped", text_of(event, "run"));
    return say_paid(paid_members);
  }
  const bool color = !out_.styled_talk(Style::red, "").empty();
  print_error(Error(kind_from_name(text_of(event, "cause")),
                    (message.empty() ? text_of(event, "cause") : message) + (culprit.empty() ? "" : fmt::format(" (fault: {})", culprit)),
                    text_of(event, "hint")),
              false, color);
  say_paid(paid_members);
}

void RunView::say_paid(const Json& paid) {
  if (!paid.is_object()) return;
  out_.say("paid {}, refunded {}", amount_of(paid.value("total", Json())).text(), amount_of(paid.value("refund", Json())).text());
}

void RunView::on_event(const Json& event) {
  const std::string name = text_of(event, "event");
  ended_ = ended_ || name == "settled" || name == "failed" || name == "detached";
  if (out_.json()) {
    out_.document(event);
    return;
  }
  if (name == "log") log(event);
  else if (name == "settled") settled(event);
  else if (name == "failed") failed(event);
  else if (name == "escrow") out_.say("run {}: deposit in escrow {}", text_of(event, "run"), text_of(event, "escrow").substr(0, kShortId));
  else if (name == "building" && event.contains("line")) {
    if (out_.verbose() || out_.stderr_is_terminal()) out_.say("  {}", sanitize(text_of(event, "line")));
  } else if (name == "pulling") out_.say("sending what the provider is missing");
  else if (name == "building") out_.say("building the environment");
  else if (name == "running") out_.say("running");
  else if (name == "output") out_.say("got {} ({})", sanitize(text_of(event, "path")), bytes_text(integer_of(event, "size")));
  else if (name == "warning") out_.talk_always(fmt::format("warning: {}", sanitize(text_of(event, "message"))));  // -q is for talk
  else if (name == "stopping") out_.say("asked the provider to stop");
  else if (name == "detached") out_.say("run {0} goes on; its end and its exit code: ain wait {0}", text_of(event, "run"));
  else if (name == "paid" && out_.verbose()) out_.say("{} s so far, {}", integer_of(event, "seconds"), amount_of(event.value("amount", Json())).text());
}

void RunView::broke_off(const Error& error, const std::string& run) {
  if (!out_.json() || ended_) return;
  out_.document({{"event", "failed"},
                 {"run", run.empty() ? Json() : Json(run)},
                 {"time", now_ms()},
                 {"cause", kind_name(error.kind())},
                 {"culprit", culprit_of(error.kind())},
                 {"message", error.message()},
                 {"hint", error.hint()},
                 {"exit_code", static_cast<int>(error.kind())},
                 {"paid", nullptr}});
}

remote::Follow RunView::follow(Interrupts& interrupts) {
  return {.on_event = [this](const Json& event) { on_event(event); }, .wish = [&interrupts] { return interrupts.wish(); }};
}

}  // namespace ain::cli
