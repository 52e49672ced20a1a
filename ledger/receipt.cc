#include "ledger/receipt.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/merkle.h"
#include "ledger/proof_text.h"
#include "ledger/refusal.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ", kIndex = "index ";

// The entry is an envelope and the JSON of its result.
void read_entry(const ProofText& proof, const std::string& entry, Receipt& receipt) {
  const size_t brace = entry.find('{');
  if (brace == entry.npos) proof.refuse("its entry has no result");
  try {
    receipt.transaction = decode_transaction(entry.substr(0, brace));
    const Json result = parse_json(entry.substr(brace), "result");
    ObjectReader reader(result, "result");
    if (reader.integer("code", 0, static_cast<int64_t>(kRefusalCount)) != 0) proof.refuse("the transaction was refused");
    receipt.height = reader.integer("height", 1, kTimeMaxMs);
    receipt.time_ms = reader.integer("time", 0, kTimeMaxMs);
    receipt.writes = read_digest(reader, "writes");
    reader.finish();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::bad_signature && error.message().starts_with("the receipt")) throw;
    proof.refuse(error.message());
  }
  if (log_bytes(entry.substr(0, brace), receipt.height, receipt.time_ms, receipt.writes) != entry) proof.refuse("its entry is not canonical");
}

}  // namespace

std::string write_receipt(std::string_view entry, int64_t index, const std::vector<Digest>& path, std::string_view checkpoint) {
  return fmt::format("{}\n{}{}\n{}{}\n{}{}", kFirstLine, kExtra, base64_encode(entry), kIndex, index, path_lines(path), checkpoint);
}

Receipt open_receipt(std::string_view text, const Genesis& genesis) {
  ProofText proof(text, "receipt", kFirstLine);
  const std::string entry = proof.bytes_after(kExtra);
  Receipt receipt;
  receipt.index = proof.number_after(kIndex);
  const std::vector<Digest> path = proof.path();
  const auto checkpoint = open_checkpoint(proof.rest(), network_id(genesis), genesis.sequencer);
  if (!checkpoint) proof.refuse("its checkpoint is not signed by the network's sequencer");
  receipt.checkpoint = *checkpoint;
  const auto root = merkle_root_of_path(merkle_leaf(entry), static_cast<uint64_t>(receipt.index), static_cast<uint64_t>(checkpoint->size), path);
  if (!root || *root != checkpoint->root) proof.refuse("its path does not lead to the checkpoint's root");
  read_entry(proof, entry, receipt);
  if (receipt.transaction.network != network_id(genesis)) proof.refuse("the transaction is for another network");
  return receipt;
}

}  // namespace ain::ledger
