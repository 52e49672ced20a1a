#include "exec/requirements.h"

#include <algorithm>
#include <regex>

#include "base/error.h"
#include "base/text.h"

namespace ain::exec {

namespace {

constexpr const char* kHashPrefix = "--hash=sha256:";
constexpr const char* kHashHint = "make it with `pip-compile --generate-hashes` or `uv pip compile --generate-hashes`";
constexpr size_t kLogicalLineBytesMax = 256 << 10;
constexpr size_t kRequirementBytesMax = 1024;

struct Line {
  int number = 0;
  std::string text;
};

[[noreturn]] void fail_line(const std::string& path, int line, const std::string& why, std::string hint = {}) {
  throw Error(ErrorKind::environment, fmt::format("cannot read '{}': line {}: {}", path, line, why), std::move(hint));
}

// A '#' begins a comment at the line's start or after a space.
std::string_view without_comment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) return line.substr(0, i);
  return line;
}

std::vector<Line> logical_lines(std::string_view text, const std::string& path) {
  std::vector<Line> lines;
  bool go_on = false;
  int number = 0;
  for (const auto& raw : split(text, '\n')) {
    ++number;
    std::string_view part = trim(without_comment(raw));
    bool more = part.ends_with('\\');
    if (more) part = trim(part.substr(0, part.size() - 1));
    if (!go_on) lines.push_back({number, {}});
    if (!part.empty()) lines.back().text += (lines.back().text.empty() ? "" : " ") + std::string(part);
    if (lines.back().text.size() > kLogicalLineBytesMax) fail_line(path, number, "it is too long");
    go_on = more;
  }
  std::erase_if(lines, [](const Line& line) { return line.text.empty(); });
  return lines;
}

bool chooses_an_index(std::string_view option) {
  for (std::string_view known : {"-i", "--index-url", "--extra-index-url", "--only-binary", "--prefer-binary"})
    if (option == known || (option.starts_with(known) && option.substr(known.size()).starts_with("="))) return true;
  return false;
}

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

Requirement read_requirement(const Line& line, const std::string& path) {
  static const std::regex form(R"(([A-Za-z0-9][A-Za-z0-9._-]*)(\[[A-Za-z0-9._, -]*\])? ?== ?[A-Za-z0-9.!+_-]+ ?(;[^\\`$@]*)?)");
  Requirement requirement;
  requirement.line = line.number;
  std::vector<std::string> words;
  for (const auto& word : split(line.text, ' ')) {
    if (word.empty()) continue;
    if (!word.starts_with("--")) {
      if (!requirement.hashes.empty()) fail_line(path, line.number, "something follows the hashes");
      words.push_back(word);
    } else if (!word.starts_with(kHashPrefix) || !is_sha256(std::string_view(word).substr(std::string_view(kHashPrefix).size()))) {
      fail_line(path, line.number, fmt::format("'{}' is not taken here", sanitize(word.substr(0, 80))),
                "only --hash=sha256:… may follow a requirement");
    } else {
      requirement.hashes.emplace_back(word, std::string_view(kHashPrefix).size());
    }
  }
  requirement.text = join(words, " ");
  std::string shown = sanitize(requirement.text.substr(0, 80));
  if (requirement.text.size() > kRequirementBytesMax || !std::regex_match(requirement.text, form))
    fail_line(path, line.number, fmt::format("'{}' does not pin a version", shown), "write it as NAME==VERSION --hash=…");
  if (requirement.hashes.empty()) fail_line(path, line.number, fmt::format("'{}' has no hash", shown), kHashHint);
  return requirement;
}

}  // namespace

std::string Requirement::lock_line() const {
  std::string line = text;
  for (const auto& hash : hashes) line.append(" ").append(kHashPrefix).append(hash);
  return line + "\n";
}

std::vector<Requirement> parse_requirements(std::string_view text, const std::string& path) {
  if (text.size() > kLockBytesMax)
    fail(ErrorKind::environment, "'{}' is larger than {}", path, bytes_text(static_cast<int64_t>(kLockBytesMax)));
  std::vector<Requirement> requirements;
  for (const auto& line : logical_lines(text, path)) {
    if (line.text[0] == '-') {
      std::string option = split(line.text, ' ')[0];
      if (chooses_an_index(option)) continue;
      fail_line(path, line.number, fmt::format("the option '{}' is not taken here", sanitize(option.substr(0, 80))),
                "list every package by version and hash instead");
    }
    requirements.push_back(read_requirement(line, path));
    if (requirements.size() > kRequirementsMax)
      fail_line(path, line.number, fmt::format("more than {} requirements", kRequirementsMax));
  }
  return requirements;
}

}  // namespace ain::exec
