// Records of the index that says who showed code first: tokens and places as they are stored, and proofs of a claim.
#include <string>

#include "base/encoding.h"
#include "base/varint.h"
#include "repo/copies/claim.h"
#include "repo/copies/stored_file.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {
namespace {

void check_tokens(std::string_view bytes) {
  const auto tokens = value_or_error([&] { return unpack_tokens(bytes); });
  if (!tokens) return;
  must(unpack_tokens(pack_tokens(*tokens)) == *tokens);
  std::vector<ClaimedFingerprint> leaves;
  for (const Fingerprint& fingerprint : winnow(*tokens)) {
    must(size_t{fingerprint.at} + kGramTokens <= tokens->size());
    leaves.push_back({fingerprint.hash, "a", fingerprint.at});
  }
  const ClaimTree tree(leaves);
  for (uint64_t i = 0; i < tree.claim().count; ++i) must(is_included(tree.claim(), tree.leaves()[i], tree.prove(i)));
}

void check_place(std::string_view bytes) {
  const auto place = value_or_error([&] { return unpack_place(bytes); });
  if (!place) return;
  const PlaceRecord again = unpack_place(pack_place(place->path, place->owners));
  must(again.path == place->path && again.owners == place->owners);
}

// Whatever a proof says, it shows nothing but a leaf of the claim.
void check_proof(std::string_view bytes) {
  value_or_error([&] {
    VarintReader reader(bytes);
    FingerprintClaim claim{.root = sha256("no tree"), .count = reader.number(UINT64_MAX)};
    InclusionProof proof{.index = reader.number(UINT64_MAX)};
    while (!reader.at_end()) proof.path.push_back(sha256(reader.text()));
    must(!is_included(claim, {1, "a", 2}, proof));
    return true;
  });
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ain::repo::check_tokens(bytes);
  ain::repo::check_place(bytes);
  ain::repo::check_proof(bytes);
  return 0;
}
