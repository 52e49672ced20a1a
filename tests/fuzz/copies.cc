// Leaves as strangers publish them, and who is credited by them.
#include <string>

#include "base/attribution.h"
#include "repo/copies/first_seen.h"
#include "repo/copies/winnow.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {
namespace {

// What is a leaf is one again, and its fingerprints lie in it.
void check_leaf(std::string_view bytes) {
  const auto leaf = unpack_leaf(bytes);
  if (!leaf) return;
  const std::string packed = pack_leaf(*leaf);
  must(packed.size() > kLeafBytesMax || unpack_leaf(packed) == leaf);
  for (const Fingerprint& one : winnow(leaf->tokens)) must(size_t{one.at} + kGramTokens <= leaf->tokens.size());
}

// Whatever strangers have published, credits lie within the file that is asked about, in order, and have an owner that can be paid.
void check_credits(Input input) {
  std::vector<Publication> publications;
  std::vector<uint64_t> asked;
  while (!input.at_end() && publications.size() < 12) {
    const size_t length = size_t{input.byte()} << 8 | input.byte();
    const std::string leaf(input.take(length));
    const auto read = unpack_leaf(leaf);
    if (read && asked.size() < 20'000) asked.insert(asked.end(), read->tokens.begin(), read->tokens.end());
    const std::string name(1, static_cast<char>('a' + publications.size() % 9));
    publications.push_back({name, name, "c", static_cast<int64_t>(input.below(4)), 1, sha256(leaf), leaf});
  }
  uint32_t end = 0;
  for (const Credit& one : FirstSeen(publications).find("a", asked)) {
    must(one.at >= end && one.length > 0 && size_t{one.at} + one.length <= asked.size() && one.repository != "a");
    must(one.payee.empty() || is_payee_id(one.payee));
    end = one.at + one.length;
  }
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ain::repo::check_leaf(bytes);
  ain::repo::check_credits(ain::Input(bytes));
  return 0;
}
