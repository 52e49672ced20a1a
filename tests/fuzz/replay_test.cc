// Every file of tests/fuzz/corpus/NAME through the fuzz target NAME: what fuzzing found once stays found
// without a fuzzer.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

// The targets that tests/fuzz/CMakeLists.txt lists.
#define AIN_FUZZ_TARGET(name) extern "C" int ain_fuzz_##name(const uint8_t* data, size_t size);
AIN_FUZZ_TARGETS
#undef AIN_FUZZ_TARGET

namespace ain {
namespace {

namespace fs = std::filesystem;

struct Target {
  const char* name;
  int (*run)(const uint8_t* data, size_t size);
};
#define AIN_FUZZ_TARGET(name) {#name, ain_fuzz_##name},
const std::vector<Target> kTargets = {AIN_FUZZ_TARGETS};
#undef AIN_FUZZ_TARGET

void replay(const Target& target, const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  // A copy of its own size, so that a sanitizer sees a read past the end.
  const std::vector<uint8_t> data(bytes.begin(), bytes.end());
  SCOPED_TRACE(file.string());
  EXPECT_EQ(target.run(data.data(), data.size()), 0);
}

class Replay : public testing::TestWithParam<Target> {};

TEST_P(Replay, EveryFileOfTheCorpusPasses) {
  const fs::path folder = fs::path(AIN_SOURCE_FOLDER) / "tests/fuzz/corpus" / GetParam().name;
  ASSERT_TRUE(fs::is_directory(folder)) << folder;
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    replay(GetParam(), entry.path());
    ++files;
  }
  EXPECT_GT(files, 0);
}

TEST_P(Replay, TheEmptyInputPasses) { EXPECT_EQ(GetParam().run(nullptr, 0), 0); }

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, testing::ValuesIn(kTargets),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace ain
