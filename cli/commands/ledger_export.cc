#include <algorithm>

#include "cli/context.h"
#include "cli/journal.h"
#include "cli/money_view.h"

namespace ain::cli {
namespace {

const std::vector<std::string> kFormats{"ledger", "hledger", "beancount", "csv", "json"};

int run(Context& context) {
  const std::string format = context.options.text_or("format", context.out.json() ? "json" : "ledger");
  const auto at = std::find(kFormats.begin(), kFormats.end(), format);
  const bool json = format == "json";
  Journal journal(static_cast<JournalFormat>(json ? 0 : at - kFormats.begin()), [&](std::string_view text) { context.out.write(text); });
  if (!json) journal.begin(context.network().genesis, context.network().id());
  each_transaction(context.ledger(), {.limit = INT64_MAX}, [&](const Json& entry) {
    if (json) context.out.document(entry);
    else journal.add(entry);
  });
  return 0;
}

void declare(Declaration& options) {
  options.choice("format", 0, kFormats, "of ledger, hledger, beancount, a table with a row for each movement, or JSON lines (default: ledger)");
}

}  // namespace

extern const Command ledger_export_command;
const Command ledger_export_command = {.name = "ledger export",
                                       .group = Group::money,
                                       .summary = "Write all transactions as books for an accounting program",
                                       .needs = {.network = true},
                                       .declare = declare,
                                       .run = run,
                                       .json_lines = true};

}  // namespace ain::cli
