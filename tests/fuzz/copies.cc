// Leaves as strangers publish them, and who is credited by them.
#include <map>
#include <numeric>
#include <string>

#include "base/attribution.h"
#include "repo/copies/first_seen.h"
#include "repo/copies/winnow.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {
namespace {

// What is a leaf is packed in this one way, and its fingerprints lie in it.
void check_leaf(std::string_view bytes) {
  const auto leaf = unpack_leaf(bytes);
  if (!leaf) return;
  must(pack_leaf(*leaf) == bytes);
  for (const Fingerprint& one : winnow(leaf->tokens)) must(size_t{one.at} + kGramTokens <= leaf->tokens.size());
}

// Whatever strangers have published, and whoever is said to hold what: credits lie within their files, in order, and have an owner that can
// be paid.
void check_credits(Input input) {
  Holders holders;
  std::map<Digest, std::string> leaves;
  std::vector<std::vector<uint64_t>> files(2);
  while (!input.at_end() && holders.publications.size() < 12) {
    const size_t length = size_t{input.byte()} << 8 | input.byte();
    const std::string leaf(input.take(length));
    const auto read = unpack_leaf(leaf);
    const uint32_t which = input.below(4);
    if (read && which < 2 && files[which].size() < 20'000) files[which].insert(files[which].end(), read->tokens.begin(), read->tokens.end());
    const std::string name(1, static_cast<char>('a' + holders.publications.size() % 9));
    holders.publications.push_back({name, name, "c", 1, 1, sha256(leaf)});
    leaves.emplace(sha256(leaf), leaf);
  }
  const Publications published{.newest = 1,
                               .holders = [&](std::span<const uint64_t> fingerprints) {
                                 std::vector<uint32_t> all(holders.publications.size());
                                 std::iota(all.begin(), all.end(), 0);
                                 holders.of.assign(fingerprints.size(), all);
                                 return holders;
                               },
                               .leaves = [&](std::span<const Digest> digests) {
                                 std::vector<std::string> found;
                                 for (const Digest& digest : digests) found.push_back(leaves.at(digest));
                                 return found;
                               }};
  value_or_error([&] {
    const Credits credits = find_credits(files, published, {}, {});
    for (size_t file = 0; file < files.size(); ++file) {
      uint32_t end = 0;
      for (const Credit& one : credits.of_file[file]) {
        must(one.at >= end && one.length > 0 && size_t{one.at} + one.length <= files[file].size());
        const std::string& payee = credits.payees.at(one.payee);
        must(one.source < credits.sources.size() && (payee.empty() || is_payee_id(payee)));
        end = one.at + one.length;
      }
    }
    return true;
  });
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ain::repo::check_leaf(bytes);
  ain::repo::check_credits(ain::Input(bytes));
  return 0;
}
