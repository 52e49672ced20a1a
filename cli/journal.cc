#include "cli/journal.h"

#include <fmt/format.h>

#include <cctype>

#include "base/amount.h"
#include "base/ids.h"
#include "base/time.h"

namespace ain::cli {
namespace {

constexpr std::string_view kGenesis = "genesis";

std::string date_of(int64_t ms) { return rfc3339(ms).substr(0, 10); }

std::string capital(std::string_view text) {
  std::string result(text);
  if (!result.empty()) result[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(result[0])));
  return result;
}

}  // namespace

std::string journal_account(std::string_view holder) {
  if (holder == kGenesis) return "Equity:Genesis";
  const size_t colon = holder.find(':');
  if (colon == holder.npos) return "Assets:Account:" + capital(holder);
  const std::string kind = capital(holder.substr(0, colon));
  std::string id(holder.substr(colon + 1));
  if (const size_t at = id.find('@'); at != id.npos) id = id.replace(at, 1, "-");
  // A hash may begin with a small letter, which beancount does not take.
  return fmt::format("Assets:{}:{}", kind, kind == "Bond" ? capital(id) : "X" + id);
}

void Journal::begin(const ledger::Genesis& genesis, const std::string& network) {
  if (format_ == JournalFormat::csv) write_("index,time,type,txid,holder,delta_micro\n");
  if (format_ == JournalFormat::beancount) write_(fmt::format("; network {}\noption \"operating_currency\" \"AIN\"\n", network));
  if (format_ == JournalFormat::ledger) write_(fmt::format("; network {}\ncommodity AIN\n    format 1.000000 AIN\n", network));
  const std::string treasury = account_of(genesis.treasury).text();
  const int64_t supply = genesis.supply.micro();
  add({{"index", -1}, {"time", genesis.created_ms}, {"type", kGenesis}, {"txid", network},
       {"movements", Json::array({{{"holder", treasury}, {"delta", supply}}, {{"holder", kGenesis}, {"delta", -supply}}})}});
}

void Journal::add(const Json& entry) {
  const int64_t time = entry.at("time");
  const Json& movements = entry.at("movements");
  if (format_ == JournalFormat::csv) {
    for (const Json& movement : movements) {
      write_(fmt::format("{},{},{},{},{},{}\n", entry.at("index").get<int64_t>(), rfc3339(time), entry.at("type").get<std::string>(),
                         entry.at("txid").get<std::string>(), movement.at("holder").get<std::string>(), movement.at("delta").get<int64_t>()));
    }
    return;
  }
  this->entry(date_of(time), entry.at("type").get<std::string>(), entry.at("txid").get<std::string>(), movements);
}

void Journal::open(const std::string& date, const std::string& account) {
  if (!opened_.insert(account).second) return;
  if (format_ == JournalFormat::beancount) write_(fmt::format("{} open {} AIN\n", date, account));
  else write_(fmt::format("account {}\n", account));
}

// A transaction that moved nothing is no entry in anybody's books.
void Journal::entry(const std::string& date, std::string_view what, std::string_view id, const Json& movements) {
  std::string postings;
  for (const Json& movement : movements) {
    const int64_t delta = movement.at("delta");
    if (delta == 0) continue;
    const std::string account = journal_account(movement.at("holder").get<std::string>());
    open(date, account);
    postings += fmt::format("    {}  {}\n", account, Amount::micro(delta).text());
  }
  if (postings.empty()) return;
  write_(format_ == JournalFormat::beancount ? fmt::format("{} * \"{}\" \"{}\"\n{}", date, what, id, postings)
                                             : fmt::format("{} * {}  ; {}\n{}\n", date, what, id, postings));
}

}  // namespace ain::cli
