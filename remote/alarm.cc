#include "remote/alarm.h"

#include "base/files.h"
#include "ledger/limits.h"
#include "remote/network.h"

namespace ain::remote {
namespace {

// Two checkpoints, whose text JSON at most doubles as they hold no control characters but line ends, and a message.
constexpr size_t kAlarmBytesMax = 5 * ledger::kCheckpointBytesMax;

}  // namespace

Json to_json(const Alarm& alarm) {
  return {{"index", alarm.index}, {"txid", alarm.txid}, {"message", alarm.message}, {"held", alarm.held}, {"seen", alarm.seen},
          {"time", alarm.time_ms}};
}

std::filesystem::path alarm_file(const Paths& paths, const std::string& network) { return node_folder(paths, network) / "alarm.json"; }

void write_alarm(const std::filesystem::path& file, const Alarm& alarm) { write_file_atomic(file, canonical(to_json(alarm)) + "\n"); }

std::optional<Alarm> raised_alarm(const std::filesystem::path& file) {
  const auto text = read_file_if_exists(file, kAlarmBytesMax);
  if (!text) return std::nullopt;
  const Json value = parse_json(*text, "'" + file.string() + "'", kAlarmBytesMax);
  ObjectReader reader(value, "'" + file.string() + "'");
  Alarm alarm{reader.integer("index", 0, ledger::kTimeMaxMs), reader.string("txid"), reader.string("message"),
              reader.string("held", ledger::kCheckpointBytesMax), reader.string("seen", ledger::kCheckpointBytesMax),
              reader.integer("time", 0, ledger::kTimeMaxMs)};
  reader.finish();
  return alarm;
}

}  // namespace ain::remote
