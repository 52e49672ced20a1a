// The ledger's transactions as the books of plain-text accounting: every transaction a balanced entry over whatever holds money, so that the
// balances there are the ledger's own.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "ledger/genesis.h"

namespace ain::cli {

enum class JournalFormat { ledger, beancount, csv };  // ledger's is hledger's, too

class Journal {
 public:
  using Write = std::function<void(std::string_view)>;

  Journal(JournalFormat format, Write write) : format_(format), write_(std::move(write)) {}

  // What comes before the first transaction: the supply, which genesis gave to the treasury.
  void begin(const ledger::Genesis& genesis, const std::string& network);
  // One entry of the ledger's history.
  void add(const Json& entry);

 private:
  void entry(const std::string& date, std::string_view what, std::string_view id, const Json& movements);
  void open(const std::string& date, const std::string& account);

  JournalFormat format_;
  Write write_;
  std::set<std::string> opened_;
};

// "Assets:Account:Ain1…", "Assets:Escrow:X1f…", "Equity:Genesis": what all three programs take for an account's name.
std::string journal_account(std::string_view holder);

}  // namespace ain::cli
