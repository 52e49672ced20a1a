#include "cli/context.h"
#include "cli/journal.h"
#include "cli/money_view.h"

namespace ain::cli {
namespace {

const std::vector<std::string> kFormats{"ledger", "hledger", "beancount", "csv", "json"};

JournalFormat journal_format(std::string_view name) {
  if (name == "beancount") return JournalFormat::beancount;
  return name == "csv" ? JournalFormat::csv : JournalFormat::ledger;
}

int run(Context& context) {
  const std::string format = context.options.text_or("format", context.out.json() ? "json" : "ledger");
  if (format == "json") {
    each_transaction(context.ledger(), {.limit = INT64_MAX}, [&](const Json& entry) { context.out.document(entry); });
    return 0;
  }
  Journal journal(journal_format(format), [&](std::string_view text) { context.out.write(text); });
  journal.begin(context.network().genesis, context.network().id());
  each_transaction(context.ledger(), {.limit = INT64_MAX}, [&](const Json& entry) { journal.add(entry); });
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
