#include "ledger/balance_proof.h"

#include "base/encoding.h"
#include "base/json.h"
#include "base/merkle.h"
#include "ledger/proof_text.h"
#include "ledger/state.h"

namespace ain::ledger {
namespace {

constexpr std::string_view kFirstLine = "ain/balance-proof@v1";
constexpr std::string_view kKey = "key ", kValue = "value ", kRow = "row ", kRows = "rows ", kBucket = "bucket ";

}  // namespace

std::string write_balance_proof(std::string_view key, std::string_view value, const StatePath& path, std::string_view checkpoint) {
  return fmt::format("{}\n{}{}\n{}{}\n{}{}\n{}{}\n{}{}{}\n{}{}", kFirstLine, kKey, base64_encode(key), kValue, base64_encode(value), kRow,
                     path.row, kRows, path.rows, path_lines(path.to_bucket), kBucket, base64_encode(as_view(path.bucket)),
                     path_lines(path.to_root), checkpoint);
}

bool is_balance_proof(std::string_view text) { return text.starts_with(kFirstLine); }

BalanceProof open_balance_proof(std::string_view text, const Genesis& genesis) {
  ProofText proof(text, "proof", kFirstLine);
  const std::string key = proof.bytes_after(kKey), value = proof.bytes_after(kValue);
  StatePath path;
  path.row = static_cast<uint64_t>(proof.number_after(kRow));
  path.rows = static_cast<uint64_t>(proof.number_after(kRows));
  path.to_bucket = proof.path();
  const auto bucket = to_array<32>(proof.bytes_after(kBucket));
  if (!bucket) proof.refuse("its bucket is malformed");
  path.bucket = *bucket;
  path.to_root = proof.path();
  const auto checkpoint = open_checkpoint(proof.rest(), network_id(genesis), genesis.sequencer);
  if (!checkpoint) proof.refuse("its checkpoint is not signed by the network's sequencer");
  if (state_root_of(key, value, path) != checkpoint->state.root) proof.refuse("its path does not lead to the checkpoint's state");
  const auto row = account_of_row(key, value);
  if (!row) proof.refuse("its row is not an account's");
  return {row->account, row->available, row->nonce, *checkpoint};
}

}  // namespace ain::ledger
