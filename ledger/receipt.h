// A receipt: a C2SP tlog-proof, a file of text that shows without any server that an entry stands in a log whose checkpoint the network's
// sequencer has signed.
//   c2sp.org/tlog-proof@v1
//   extra <base64 of the entry>
//   index <its place>
//   <base64 hash>…                 the audit path, from the leaf up
//
//   <checkpoint>
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/genesis.h"
#include "ledger/log.h"
#include "ledger/transaction.h"

namespace ain::ledger {

std::string write_receipt(std::string_view entry, int64_t index, const std::vector<Digest>& path, std::string_view checkpoint);

// What a receipt that holds says happened.
struct Receipt {
  Transaction transaction;
  int64_t index = 0;
  int64_t height = 0;
  int64_t time_ms = 0;
  Digest writes{};
  Checkpoint checkpoint;
};
// Checks everything with the network's genesis alone: the checkpoint's signature, the path, the entry's form and its signature. Throws
// `bad_signature` saying what does not hold.
Receipt open_receipt(std::string_view text, const Genesis& genesis);

}  // namespace ain::ledger
