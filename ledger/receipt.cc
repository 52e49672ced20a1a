#include "ledger/receipt.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/merkle.h"
#include "base/text.h"
#include "ledger/refusal.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ", kIndex = "index ";

[[noreturn]] void refuse(std::string_view why) { fail(ErrorKind::bad_signature, "the receipt does not hold: {}", why); }

// The text's next line, without its end.
std::string_view next_line(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == text.npos) refuse("it ends too early");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string_view after(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) refuse(fmt::format("a line '{}' is missing", trim(prefix)));
  return line.substr(prefix.size());
}

// The entry is an envelope and the JSON of its result.
void read_entry(const std::string& entry, Receipt& receipt) {
  const size_t brace = entry.find('{');
  if (brace == entry.npos) refuse("its entry has no result");
  try {
    receipt.transaction = decode_transaction(entry.substr(0, brace));
    const Json result = parse_json(entry.substr(brace), "result");
    ObjectReader reader(result, "result");
    if (reader.integer("code", 0, static_cast<int64_t>(kRefusalCount)) != 0) refuse("the transaction was refused");
    receipt.height = reader.integer("height", 1, kTimeMaxMs);
    receipt.time_ms = reader.integer("time", 0, kTimeMaxMs);
    receipt.writes = read_digest(reader, "writes");
    reader.finish();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::bad_signature && error.message().starts_with("the receipt")) throw;
    refuse(error.message());
  }
  if (log_bytes(entry.substr(0, brace), receipt.height, receipt.time_ms, receipt.writes) != entry) refuse("its entry is not canonical");
}

}  // namespace

std::string write_receipt(std::string_view entry, int64_t index, const std::vector<Digest>& path, std::string_view checkpoint) {
  std::string text = fmt::format("{}\n{}{}\n{}{}\n", kFirstLine, kExtra, base64_encode(entry), kIndex, index);
  for (const Digest& hash : path) text += base64_encode(as_view(hash)) + "\n";
  return text + "\n" + std::string(checkpoint);
}

Receipt open_receipt(std::string_view text, const Genesis& genesis) {
  if (text.size() > kReceiptBytesMax) refuse("it is too long");
  if (next_line(text) != kFirstLine) refuse("it is no receipt");
  const auto entry = base64_decode(after(next_line(text), kExtra));
  const auto index = parse_integer(after(next_line(text), kIndex), 0, kTimeMaxMs);
  if (!entry || !index) refuse("its entry or its index is malformed");
  std::vector<Digest> path;
  for (std::string_view line = next_line(text); !line.empty(); line = next_line(text)) {
    const auto bytes = base64_decode(line);
    const auto hash = bytes ? to_array<32>(*bytes) : std::nullopt;
    if (!hash || path.size() >= 64) refuse("its path is malformed");
    path.push_back(*hash);
  }
  Receipt receipt;
  receipt.index = *index;
  const auto checkpoint = open_checkpoint(text, network_id(genesis), genesis.sequencer);
  if (!checkpoint) refuse("its checkpoint is not signed by the network's sequencer");
  receipt.checkpoint = *checkpoint;
  const auto root = merkle_root_of_path(merkle_leaf(*entry), static_cast<uint64_t>(*index), static_cast<uint64_t>(checkpoint->size), path);
  if (!root || *root != checkpoint->root) refuse("its path does not lead to the checkpoint's root");
  read_entry(*entry, receipt);
  if (receipt.transaction.network != network_id(genesis)) refuse("the transaction is for another network");
  return receipt;
}

}  // namespace ain::ledger
