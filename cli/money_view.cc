#include "cli/money_view.h"

#include <deque>
#include <iterator>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>

#include "base/encoding.h"
#include "remote/run/follower.h"

namespace ain::cli {
namespace {

constexpr int64_t kPageRows = 1000;

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// The escrow that `entry` closed; nothing for any other transaction.
std::optional<ledger::EscrowState> escrow_closed_by(const Json& entry, remote::LedgerClient& ledger) {
  const std::string type = text_of(entry, "type");
  if (type != "settle" && type != "release" && type != "reap" && type != "resolve") return std::nullopt;
  const auto bytes = from_hex(text_of(entry.at("body"), "escrow"));
  const auto id = bytes ? to_array<32>(*bytes) : std::nullopt;
  auto escrow = id ? ledger.escrow(*id) : std::nullopt;
  if (!escrow || to_hex(escrow->closed_by) != text_of(entry, "txid")) return std::nullopt;
  return escrow;
}

int64_t amount_for(const Json& entry, const std::string& account) {
  int64_t amount = 0;
  for (const Json& movement : entry.value("movements", Json::array())) {
    if (text_of(movement, "holder") == account) amount += movement.value("delta", int64_t{0});
  }
  return amount;
}

}  // namespace

void each_transaction(remote::LedgerClient& ledger, ledger::HistoryQuery query, const std::function<void(Json&)>& tell) {
  int64_t left = query.limit;
  while (left > 0) {
    query.limit = std::min(left, kPageRows);
    Json entries = ledger.history(query);
    if (entries.empty()) return;
    for (Json& entry : entries) {
      query.from_index = entry.at("index").get<int64_t>() + 1;
      tell(entry);
    }
    left -= std::ssize(entries);
  }
}

bool newest_transactions(remote::LedgerClient& ledger, ledger::HistoryQuery query, const std::function<void(Json&)>& tell) {
  std::deque<Json> found;
  const int64_t wanted = query.limit;
  query.newest = true;
  for (;;) {
    // One more than wanted says whether there are older ones.
    query.limit = std::min(wanted + 1 - std::ssize(found), kPageRows);
    if (query.limit == 0) break;
    Json page = ledger.history(query);
    if (page.empty()) break;
    query.before_index = page[0].at("index").get<int64_t>();
    found.insert(found.begin(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
  }
  const bool more = std::ssize(found) > wanted;
  if (more) found.pop_front();
  for (Json& entry : found) tell(entry);
  return more;
}

void add_amount(Json& entry, const AccountId& account) { entry["amount"] = amount_for(entry, account.text()); }

void add_split(Json& entry, remote::LedgerClient& ledger) {
  if (const auto escrow = escrow_closed_by(entry, ledger)) entry["paid"] = remote::paid_json(*escrow);
}

void print_applied(Output& out, const ledger::Applied& applied) {
  if (out.json()) out.document(to_json(applied));
  else out.line("{}", to_hex(applied.txid));
}

}  // namespace ain::cli
