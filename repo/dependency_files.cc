// What a tree says about its dependencies: [dependencies] of ain.toml, and .gitmodules with its gitlinks.
#include <algorithm>
#include <map>

#include "base/amount.h"
#include "base/text.h"
#include "repo/dependencies.h"
#include "repo/libgit.h"

namespace ain::repo {
namespace {

constexpr const char* kTable = "dependencies";
constexpr const char* kProjectFileName = "ain.toml";
constexpr const char* kModulesFile = ".gitmodules";
constexpr size_t kModulesBytesMax = 1 << 20;
constexpr size_t kNameBytesMax = 256;
constexpr size_t kObjectIdDigits = 40;

std::string percent_text(int64_t ppm) { return fmt::format("{}%", ppm / (kPpm / 100)); }

bool is_object_id(std::string_view text) {
  return text.size() == kObjectIdDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// One entry of [dependencies]; every error names the line.
class EntryReader {
 public:
  EntryReader(const TomlDocument& document, const std::string& name, const Json& value)
      : document_(document), at_(fmt::format("{}.{}", kTable, name)), name_(name), value_(value) {
    if (name.empty() || name.size() > kNameBytesMax || sanitize(name) != name) fail_at("", "is no name for a dependency");
    if (!value.is_object()) fail_at("", "must be a table", "write { repository = \"repo1…\", commit = \"…\" }");
    document.check_keys(at_, value, {"repository", "commit", "share"});
  }

  Dependency read() const {
    Dependency result{.name = name_, .repository = {}, .commit = text("commit"), .share_ppm = kDependencyFloorPpm};
    const auto repository = RepositoryId::from_text(text("repository"));
    if (!repository) fail_at("repository", "has no repository id", "`ain identity show` in it shows one: repo1…");
    result.repository = *repository;
    if (!is_object_id(result.commit)) {
      fail_at("commit", fmt::format("needs a commit of {} hex digits", kObjectIdDigits), "`git rev-parse HEAD` shows one");
    }
    if (value_.contains("share")) result.share_ppm = share();
    return result;
  }
  [[noreturn]] void fail_at(const std::string& key, const std::string& why, std::string hint = {}) const {
    const std::string full = at_ + "." + key;
    document_.fail_at(document_.lines.contains(full) ? full : at_,
                      fmt::format("dependency '{}' {}", sanitize(clip(name_, kNameBytesMax)), why), std::move(hint));
  }

 private:
  std::string text(const char* key) const {
    if (!value_.contains(key)) fail_at(key, fmt::format("has no '{}'", key));
    if (!value_[key].is_string()) fail_at(key, fmt::format("needs '{}' as text in quotes", key));
    return value_[key].get<std::string>();
  }
  int64_t share() const {
    int64_t ppm = 0;
    try {
      ppm = parse_percent_ppm(text("share"));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::usage) throw;
      fail_at("share", "has a share that is no rate", error.hint());
    }
    if (ppm < kDependencyFloorPpm || ppm > kDependencyCeilingPpm) {
      fail_at("share", fmt::format("must have a share from {} to {}", percent_text(kDependencyFloorPpm),
                                   percent_text(kDependencyCeilingPpm)));
    }
    return ppm;
  }

  const TomlDocument& document_;
  const std::string at_;
  const std::string& name_;
  const Json& value_;
};

// Empty when the shares fit into what the network lets dependencies have.
std::string problem_of(const std::vector<Dependency>& dependencies) {
  if (dependencies.size() > kDependenciesMax) return fmt::format("there are more than {} dependencies", kDependenciesMax);
  int64_t total_ppm = 0;
  for (const Dependency& dependency : dependencies) total_ppm += dependency.share_ppm;
  if (total_ppm <= kDependenciesPpmMax) return "";
  return fmt::format("the dependencies have more than {} together", percent_text(kDependenciesPpmMax));
}

struct Module {
  std::string path;
  std::string url;
};

// git's configuration format as far as .gitmodules has it: [submodule "name"], and key = value. Values in quotes lose them.
std::vector<Module> parse_modules(std::string_view text) {
  std::vector<Module> modules;
  bool inside = false;
  for (const std::string& raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with('[')) {
      inside = line.starts_with("[submodule");
      if (inside) modules.emplace_back();
      continue;
    }
    const size_t equals = line.find('=');
    if (!inside || equals == line.npos || line.starts_with('#') || line.starts_with(';')) continue;
    const std::string key = ascii_lower(trim(line.substr(0, equals)));
    std::string_view value = trim(line.substr(equals + 1));
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
    if (key == "path") modules.back().path = std::string(value);
    if (key == "url") modules.back().url = std::string(value);
  }
  return modules;
}

// The commit that a tree has at a submodule's path.
std::optional<ObjectId> gitlink_at(const Repository& repository, const ObjectId& commit, const std::string& path) {
  const git_oid tree_oid = to_oid(repository.tree_of(commit));
  GitTree tree;
  check(git_tree_lookup(out(tree), repository.raw(), &tree_oid), "cannot read a tree");
  GitTreeEntry entry;
  if (git_tree_entry_bypath(out(entry), tree.get(), path.c_str()) != 0) return std::nullopt;
  if (git_tree_entry_type(entry.get()) != GIT_OBJECT_COMMIT) return std::nullopt;
  return to_id(*git_tree_entry_id(entry.get()));
}

// Submodules without a gitlink are not there yet, and those from elsewhere are no ain repositories.
std::vector<Dependency> read_submodules(const Repository& repository, const ObjectId& commit) {
  std::vector<Dependency> result;
  const auto text = repository.file_at(commit, kModulesFile, kModulesBytesMax);
  for (const Module& module : parse_modules(text.value_or(""))) {
    if (!module.url.starts_with("ain:")) continue;
    const auto link = gitlink_at(repository, commit, module.path);
    if (!link) continue;
    const auto id = parse_repository_url(module.url);
    if (!id) {
      fail_with_hint(ErrorKind::failed, fmt::format("git submodule set-url {} ain://repo1…", sanitize(module.path)),
                     "the submodule '{}' has a URL that names no repository: '{}'", sanitize(module.path),
                     sanitize(clip(module.url, kNameBytesMax)));
    }
    result.push_back({.name = module.path, .repository = *id, .commit = *link});
  }
  return result;
}

[[noreturn]] void fail_twice(const Dependency& first, const Dependency& second) {
  fail_with_hint(ErrorKind::failed, "keep one commit of it, here and in [dependencies] of ain.toml",
                 "the dependencies '{}' and '{}' are the same repository at two commits, {} and {}", sanitize(first.name),
                 sanitize(second.name), first.commit, second.commit);
}

}  // namespace

std::vector<Dependency> read_dependencies(const TomlDocument& project) {
  std::vector<Dependency> result;
  const auto table = project.value.find(kTable);
  if (table == project.value.end()) return result;
  if (!table->is_object()) project.fail_at(kTable, fmt::format("'{}' must be a table", kTable));
  std::map<RepositoryId, std::string> names;
  for (const auto& [name, value] : table->items()) {
    const EntryReader reader(project, name, value);
    result.push_back(reader.read());
    const auto [known, is_new] = names.emplace(result.back().repository, name);
    if (!is_new) reader.fail_at("repository", fmt::format("is the same repository as '{}'", known->second));
  }
  const std::string problem = problem_of(result);
  if (!problem.empty()) project.fail_at(kTable, problem);
  return result;
}

std::vector<Dependency> dependencies_of(const Repository& repository, const ObjectId& trusted) {
  std::vector<Dependency> result;
  const auto text = repository.file_at(trusted, kProjectFileName, kTomlBytesMax);
  if (text) result = read_dependencies(parse_toml(*text, fmt::format("'{}'", kProjectFileName)));
  for (Dependency& module : read_submodules(repository, trusted)) {
    const auto same = std::find_if(result.begin(), result.end(), [&](const Dependency& known) {
      return known.repository == module.repository;
    });
    if (same == result.end()) result.push_back(std::move(module));
    else if (same->commit != module.commit) fail_twice(*same, module);
  }
  const std::string problem = problem_of(result);
  if (!problem.empty()) {
    fail_with_hint(ErrorKind::failed, "give smaller shares in [dependencies] of ain.toml, or take some out",
                   "{}, submodules included", problem);
  }
  std::sort(result.begin(), result.end(), [](const Dependency& a, const Dependency& b) { return a.name < b.name; });
  return result;
}

}  // namespace ain::repo
