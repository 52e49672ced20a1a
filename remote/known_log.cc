#include "remote/known_log.h"

#include "base/encoding.h"
#include "base/files.h"

namespace ain::remote {
namespace {

constexpr size_t kKnownLogBytesMax = 64 << 10;

std::filesystem::path file_of(const Paths& paths, const Network& network, const char* folder) {
  return paths.state / folder / (network.id() + ".json");
}

}  // namespace

std::filesystem::path verified_log_file(const Paths& paths, const Network& network) { return file_of(paths, network, "verified"); }
std::filesystem::path served_log_file(const Paths& paths, const Network& network) { return file_of(paths, network, "served"); }

KnownLog read_known_log(const std::filesystem::path& file) {
  const auto text = read_file_if_exists(file, kKnownLogBytesMax);
  if (!text) return {};
  const Json value = parse_json(*text, "'" + file.string() + "'");
  ObjectReader reader(value, "'" + file.string() + "'");
  const auto bytes = from_hex(reader.string("root"));
  const auto root = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!root) reader.fail_member("root", "is no digest");
  return {reader.integer("size", 0, INT64_MAX), *root};
}

void write_known_log(const std::filesystem::path& file, const KnownLog& log, Json more) {
  make_private_folder(file.parent_path());
  more["size"] = log.size;
  more["root"] = to_hex(as_view(log.root));
  write_file_atomic(file, canonical(more) + "\n");
}

}  // namespace ain::remote
