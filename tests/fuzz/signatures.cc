// Signatures, good ones and what a fuzzer makes of them: many at once must be judged as each is alone.
#include <array>
#include <string>
#include <vector>

#include "base/keys.h"
#include "tests/base/small_points.h"
#include "tests/fuzz/harness.h"

namespace ain {
namespace {

constexpr size_t kCasesMax = 80;  // more than one call of the lanes takes

struct Case {
  PublicKey key;
  std::string message;
  Signature signature{};
};

// Signed once, as signing is slow.
const std::vector<Case>& good_ones() {
  static const std::vector<Case> cases = [] {
    std::vector<Case> made;
    for (char seed = 'a'; seed < 'e'; ++seed) {
      const auto signer = key_from_seed(std::string(32, seed));
      for (size_t length : {0, 1, 47, 48, 200}) {
        Case good{signer->public_key(), std::string(length, seed), {}};
        good.signature = signer->sign(good.message);
        made.push_back(good);
      }
    }
    return made;
  }();
  return cases;
}

void put(Input& input, unsigned char* bytes, size_t count) {
  const std::string_view taken = input.take(count);
  std::copy(taken.begin(), taken.end(), bytes);
}

Case next_case(Input& input) {
  static const std::vector<Bytes32> points = small_points();
  Case made = good_ones()[input.below(20)];
  switch (input.below(8)) {
    case 0: made.signature[input.below(64)] ^= static_cast<unsigned char>(1u << input.below(8)); break;
    case 1: made.key.bytes[input.below(32)] ^= static_cast<unsigned char>(1u << input.below(8)); break;
    case 2: put(input, made.signature.data(), 32); break;
    case 3: put(input, made.signature.data() + 32, 32); break;
    case 4: put(input, made.key.bytes.data(), 32); break;
    case 5: {
      made.key.bytes = points[input.below(12)];
      const Bytes32& r = points[input.below(12)];
      std::copy(r.begin(), r.end(), made.signature.begin());
      if (input.below(2)) std::fill(made.signature.begin() + 32, made.signature.end(), 0);
      break;
    }
    default: break;
  }
  return made;
}

}  // namespace
}  // namespace ain

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain;
  Input input(data, size);
  std::vector<Case> cases;
  while (!input.at_end() && cases.size() < kCasesMax) cases.push_back(next_case(input));
  std::vector<SignedMessage> messages;
  for (const Case& each : cases) messages.push_back({each.key, each.message, each.signature});
  const std::vector<bool> holds = verify_each(messages);
  must(holds.size() == cases.size());
  for (size_t i = 0; i < cases.size(); ++i) must(holds[i] == verify(cases[i].key, cases[i].message, cases[i].signature));
  return 0;
}
