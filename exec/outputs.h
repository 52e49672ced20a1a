// What a finished job leaves behind, taken out of a folder that a stranger's code controlled: openat2 beneath the folder, no
// symlinks, no devices, no FIFOs, every size capped.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace ain::exec {

inline constexpr int64_t kOutputFilesMax = 10'000;
inline constexpr int64_t kOutputBytesMax = int64_t{20} << 30;
inline constexpr int kOutputDepthMax = 64;

struct OutputFile {
  std::string path;      // relative to the job's folder
  std::string hash;      // hex SHA-256
  int64_t size = 0;
  bool executable = false;
};
struct OutputSet {
  std::vector<OutputFile> files;         // by path
  std::vector<std::string> skipped;      // "out/link: not a regular file", for the log
};

// Copies what matches `outputs` below `tree` into `store` (named by hash), after the job has ended.
OutputSet collect_outputs(const std::filesystem::path& tree, const std::vector<std::string>& outputs,
                          const std::filesystem::path& store);

Json to_json(const OutputFile& file);
OutputFile output_from_json(const Json& value);    // the path is checked: relative, no "..", no control characters
// Moves a downloaded, verified file to its place below `folder`, through no symlink.
void place_output(const std::filesystem::path& folder, const OutputFile& file, const std::filesystem::path& content);

}  // namespace ain::exec
