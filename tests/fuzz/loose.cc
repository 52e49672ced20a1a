// A loose object's file: as it is, or (the first byte) compressed, with a header of its own or the right one, when it must be read back.
#include <filesystem>
#include <fstream>
#include <string>

#include "base/files.h"
#include "repo/loose_reader.h"
#include "tests/fuzz/deflated.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {
namespace {

constexpr size_t kBytesMax = 1 << 20;

std::optional<std::string> read_loose_file(const std::string& file, const git_oid& oid) {
  static const TemporaryFolder objects("ain-fuzz-loose");
  const std::string id = to_id(oid);
  std::filesystem::create_directories(objects.path() / id.substr(0, 2));
  const std::filesystem::path path = objects.path() / id.substr(0, 2) / id.substr(2);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << file;
  GitOdb odb;
  check(git_odb_new(out(odb)), "cannot make an object store");
  replace_loose_reading(odb.get(), {objects.path()});
  auto found = value_or_error([&] { return read_object(odb.get(), oid, GIT_OBJECT_BLOB, kBytesMax); });
  std::filesystem::remove(path);
  return found;
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  start_libgit2();
  ain::Input input(data, size);
  const uint32_t how = input.below(3);
  const std::string bytes(input.rest());
  git_oid oid{};
  if (how == 0) {
    read_loose_file(bytes, oid);
  } else if (how == 1) {
    read_loose_file(ain::deflated(bytes), oid);
  } else {
    check(git_odb_hash(&oid, bytes.data(), bytes.size(), GIT_OBJECT_BLOB), "cannot hash a blob");
    const auto found = read_loose_file(ain::deflated(fmt::format("blob {}", bytes.size()) + '\0' + bytes), oid);
    ain::must(found && *found == bytes);
  }
  return 0;
}
