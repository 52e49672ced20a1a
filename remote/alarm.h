// What a follower of this home has found out against the node that it follows, kept in a file: a restart raises it again, and whoever verifies
// the ledger here is told.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/paths.h"

namespace ain::remote {

// The first transaction that is not what the followed node says, or said before.
struct Alarm {
  int64_t index = 0;
  std::string txid;         // in hex; empty: nobody has shown it
  std::string message;      // names the transaction and says why
  std::string held, seen;   // the checkpoints, both signed: the last that was verified here, and the one that it broke with
  int64_t time_ms = 0;      // when it was raised
};
Json to_json(const Alarm& alarm);
std::filesystem::path alarm_file(const Paths& paths, const std::string& network);
void write_alarm(const std::filesystem::path& file, const Alarm& alarm);
std::optional<Alarm> raised_alarm(const std::filesystem::path& file);  // nothing where the file is not there

}  // namespace ain::remote
