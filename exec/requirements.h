// A requirements.txt with hashes, read strictly: it is a stranger's text, and pip would follow it to other files, addresses and code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ain::exec {

inline constexpr size_t kLockBytesMax = 4 << 20;
inline constexpr size_t kRequirementsMax = 2000;

struct Requirement {
  std::string text;                 // "numpy==1.26.4 ; python_version >= '3.9'"
  std::vector<std::string> hashes;  // hex SHA-256 of the artefacts that will do
  int line = 0;

  std::string lock_line() const;    // as pip reads it
};

// Throws `environment`: "cannot read 'requirements.txt': line 3: 'numpy' has no hash". Options that choose an index are left out: what
// to fetch is fixed by hash, and where from is the provider's choice.
std::vector<Requirement> parse_requirements(std::string_view text, const std::string& path);

}  // namespace ain::exec
