// The layer picture of ARCHITECTURE.md, held against every #include of the tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace ain {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct Source {
  std::string path;  // from the root
  std::string text;
};

// What each layer may include besides itself.
const std::map<std::string, std::set<std::string>> kBelow = {
    {"base", {}},
    {"ledger", {"base"}},
    {"repo", {"base"}},
    {"exec", {"base", "ledger", "repo"}},
    {"remote", {"base", "ledger", "repo", "exec"}},
    {"cli", {"base", "ledger", "repo", "exec", "remote"}},
};

// Where a library's headers may be seen. `units_max` 1: one unit wraps the library, whatever its name, and no
// other compiles its headers, be it through a header of ours.
struct Library {
  std::vector<std::string> prefixes;
  std::set<std::string> folders;
  size_t units_max;

  bool has(const std::string& header) const {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const std::string& prefix) { return header.starts_with(prefix); });
  }
};
const std::vector<Library> kLibraries = {
    {{"git2.h", "git2/"}, {"repo"}, SIZE_MAX},
    {{"sqlite3.h"}, {"base"}, SIZE_MAX},
    {{"sodium.h", "sodium/"}, {"base"}, SIZE_MAX},
    {{"toml++/", "toml.hpp"}, {"base"}, SIZE_MAX},
    {{"openssl/"}, {"base", "remote"}, SIZE_MAX},
    {{"seccomp.h"}, {"exec"}, SIZE_MAX},
    {{"CLI/"}, {"cli"}, SIZE_MAX},
    {{"curl/"}, {"remote"}, 1},
    {{"boost/"}, {"remote"}, 1},
    {{"libtorrent/"}, {"remote"}, 1},
};

// The state machine must give the same answer everywhere and always. Around it one file has the thread that writes, one hashes beside the rows.
const std::set<std::string> kNotInLedger = {"chrono", "ctime", "time.h", "thread", "future", "random",
                                            "locale", "cmath", "math.h", "sys/socket.h", "sys/time.h"};
const std::set<std::pair<std::string, std::string>> kAroundTheMachine = {{"ledger/write_queue.h", "thread"}, {"ledger/block_writer.cc", "future"}};

std::string first_folder(const std::string& path) { return path.substr(0, path.find('/')); }

void check_own_include(const Source& source, const std::string& target, const std::set<std::string>& paths,
                       std::vector<std::string>& problems) {
  const std::string from = first_folder(source.path);
  const std::string to = first_folder(target);
  if (!kBelow.contains(to) || target.find("..") != std::string::npos) {
    problems.push_back(source.path + ": '" + target + "' is not written from the root");
    return;
  }
  if (!paths.contains(target)) problems.push_back(source.path + ": '" + target + "' does not exist");
  if (from != to && !kBelow.at(from).contains(to)) {
    problems.push_back(source.path + ": '" + target + "' is an arrow from " + from + " to " + to);
  }
}

void check_library_include(const Source& source, const std::string& target,
                           std::vector<std::string>& problems) {
  const std::string from = first_folder(source.path);
  if (kBelow.contains(first_folder(target)) && target.find('/') != std::string::npos) {
    problems.push_back(source.path + ": '" + target + "' is ain's own and belongs in quotes");
  }
  if (from == "ledger" && kNotInLedger.contains(target) && !kAroundTheMachine.contains({source.path, target})) {
    problems.push_back(source.path + ": '" + target + "' is not for the state machine");
  }
  for (const Library& library : kLibraries) {
    if (library.has(target) && !library.folders.contains(from)) {
      problems.push_back(source.path + ": '" + target + "' is wrapped elsewhere");
    }
  }
}

struct Include {
  std::string target;
  bool quoted;
};
std::vector<Include> includes_of(const Source& source) {
  static const std::regex kInclude(R"(^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"])");
  std::vector<Include> includes;
  std::istringstream lines(source.text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, kInclude)) includes.push_back({match[2], match[1] == "\""});
  }
  return includes;
}

// Everything that compiling `path` reads.
void reach(const std::string& path, const std::map<std::string, std::vector<Include>>& includes,
           std::set<std::string>& reached) {
  const auto found = includes.find(path);
  if (found == includes.end()) return;
  for (const Include& include : found->second) {
    if (reached.insert(include.target).second && include.quoted) reach(include.target, includes, reached);
  }
}

// One line for each include that the picture does not have. `sources` are the files of the six layers, whole.
std::vector<std::string> problems_of(const std::vector<Source>& sources) {
  std::set<std::string> paths;
  std::map<std::string, std::vector<Include>> includes;
  for (const Source& source : sources) {
    paths.insert(source.path);
    includes[source.path] = includes_of(source);
  }
  std::vector<std::string> problems;
  std::map<const Library*, std::set<std::string>> units;
  for (const Source& source : sources) {
    for (const Include& include : includes.at(source.path)) {
      if (include.quoted) {
        check_own_include(source, include.target, paths, problems);
      } else {
        check_library_include(source, include.target, problems);
      }
    }
    if (!source.path.ends_with(".cc")) continue;
    std::set<std::string> reached;
    reach(source.path, includes, reached);
    for (const Library& library : kLibraries) {
      if (std::any_of(reached.begin(), reached.end(),
                      [&](const auto& header) { return library.has(header); })) {
        units[&library].insert(source.path);
      }
    }
  }
  for (const auto& [library, users] : units) {
    if (users.size() <= library->units_max) continue;
    std::string names;
    for (const std::string& user : users) names += " " + user;
    problems.push_back("'" + library->prefixes.front() + "' reaches more than one unit:" + names);
  }
  return problems;
}

bool is_dumping_ground(const fs::path& folder) {
  static const std::set<std::string> kNames = {"util", "utils", "common", "misc", "helpers"};
  return kNames.contains(folder.filename().string());
}

std::vector<Source> sources_of_tree(const fs::path& root) {
  std::vector<Source> sources;
  for (const auto& [layer, below] : kBelow) {
    for (const auto& entry : fs::recursive_directory_iterator(root / layer)) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cc" && extension != ".c"))
        continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      sources.push_back({fs::relative(entry.path(), root).generic_string(), text.str()});
    }
  }
  std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
  return sources;
}

TEST(Structure, TheTreeKeepsToThePicture) {
  const std::vector<Source> sources = sources_of_tree(AIN_SOURCE_FOLDER);
  // An empty scan would pass too: every layer must have been read.
  std::set<std::string> layers;
  for (const Source& source : sources) layers.insert(first_folder(source.path));
  EXPECT_EQ(layers.size(), kBelow.size());
  EXPECT_THAT(problems_of(sources), IsEmpty());
}

TEST(Structure, NoFolderIsADumpingGround) {
  std::vector<std::string> found;
  for (auto entry = fs::recursive_directory_iterator(AIN_SOURCE_FOLDER);
       entry != fs::recursive_directory_iterator(); ++entry) {
    if (!entry->is_directory()) continue;
    const std::string name = entry->path().filename().string();
    if (entry.depth() == 0 &&
        (name.starts_with("build") || name == ".git" || name == ".cache" || name == "shared")) {
      entry.disable_recursion_pending();
    } else if (is_dumping_ground(entry->path())) {
      found.push_back(entry->path().string());
    }
  }
  EXPECT_THAT(found, IsEmpty());
  EXPECT_TRUE(is_dumping_ground("base/util"));
  EXPECT_FALSE(is_dumping_ground("base/utility_rates"));
}

TEST(Structure, EveryArrowOfThePictureIsAllowedAndNoOther) {
  for (const auto& [from, below] : kBelow) {
    for (const auto& [to, unused] : kBelow) {
      const std::vector<Source> planted = {{from + "/a.cc", "#include \"" + to + "/b.h\"\n"},
                                           {to + "/b.h", ""}};
      const bool allowed = from == to || below.contains(to);
      EXPECT_EQ(problems_of(planted).empty(), allowed) << from << " includes " << to;
    }
  }
}

TEST(Structure, APlantedArrowIsNamed) {
  EXPECT_THAT(problems_of({{"base/error.h", ""},
                           {"ledger/log.cc",
                            "#pragma once\n  #  include \"repo/store.h\"\n#include \"base/error.h\"\n"},
                           {"repo/store.h", "#include \"cli/main.h\"\n"},
                           {"cli/main.h", "#include \"remote/node.h\"\n"},
                           {"remote/node.h", ""}}),
              UnorderedElementsAre("ledger/log.cc: 'repo/store.h' is an arrow from ledger to repo",
                                   "repo/store.h: 'cli/main.h' is an arrow from repo to cli"));
}

TEST(Structure, IncludesAreWrittenFromTheRoot) {
  EXPECT_THAT(
      problems_of({{"base/error.h", "#include \"text.h\"\n"},
                   {"base/text.h", "#include \"../base/error.h\"\n"},
                   {"exec/sandbox/shim.cc", "#include \"base/../cli/main.h\"\n#include \"exec/gone.h\"\n"},
                   {"exec/job.h", "#include <base/error.h>\n"}}),
      UnorderedElementsAre("base/error.h: 'text.h' is not written from the root",
                           "base/text.h: '../base/error.h' is not written from the root",
                           "exec/sandbox/shim.cc: 'base/../cli/main.h' is not written from the root",
                           "exec/sandbox/shim.cc: 'exec/gone.h' does not exist",
                           "exec/job.h: 'base/error.h' is ain's own and belongs in quotes"));
}

TEST(Structure, ALibraryStaysWhereItIsWrapped) {
  EXPECT_THAT(problems_of({{"repo/store.cc", "#include <git2.h>\n"},
                           {"repo/index.cc", "#include <git2/index.h>\n"},
                           {"base/sqlite.cc",
                            "#include <sqlite3.h>\n#include <sodium.h>\n#include <toml++/toml.h>\n"},
                           {"remote/tls.cc", "#include <openssl/ssl.h>\n"},
                           {"exec/seccomp.cc", "#include <seccomp.h>\n"},
                           {"cli/main.cc", "#include <CLI/CLI.hpp>\n"},
                           {"remote/http.cc", "#include <boost/beast.hpp>\n#include <boost/asio.hpp>\n"},
                           {"remote/fetch.cc", "#include <curl/curl.h>\n"}}),
              IsEmpty());
  for (const char* header :
       {"git2.h", "git2/oid.h", "sqlite3.h", "sodium.h", "sodium/core.h", "toml++/toml.h", "openssl/evp.h",
        "CLI/CLI.hpp", "curl/curl.h", "boost/asio.hpp"}) {
    const std::string text = "#include <" + std::string(header) + ">\n";
    EXPECT_THAT(problems_of({{"exec/job.cc", text}}),
                ElementsAre("exec/job.cc: '" + std::string(header) + "' is wrapped elsewhere"));
  }
  EXPECT_THAT(problems_of({{"remote/a.cc", "#include <seccomp.h>\n"}}),
              ElementsAre("remote/a.cc: 'seccomp.h' is wrapped elsewhere"));
}

TEST(Structure, OneUnitWrapsCurlAndOneBoost) {
  EXPECT_THAT(
      problems_of({{"remote/a.cc", "#include <curl/curl.h>\n#include \"remote/session.h\"\n"},
                   {"remote/session.h", "#include <boost/asio.hpp>\n#include \"remote/session.h\"\n"}}),
      IsEmpty());
  EXPECT_THAT(problems_of({{"remote/a.cc", "#include <curl/curl.h>\n#include <boost/asio.hpp>\n"},
                           {"remote/b.cc", "#include <curl/easy.h>\n"},
                           {"remote/c.cc", "#include \"remote/d.h\"\n"},
                           {"remote/d.h", "#include \"remote/e.h\"\n"},
                           {"remote/e.h", "#include <boost/beast.hpp>\n"}}),
              UnorderedElementsAre("'curl/' reaches more than one unit: remote/a.cc remote/b.cc",
                                   "'boost/' reaches more than one unit: remote/a.cc remote/c.cc"));
}

TEST(Structure, TheStateMachineSeesNoClock) {
  EXPECT_THAT(problems_of({{"ledger/machine.cc", "#include <chrono>\n#include <map>\n"},
                           {"remote/a.cc", "#include <chrono>\n"}}),
              ElementsAre("ledger/machine.cc: 'chrono' is not for the state machine"));
}

}  // namespace
}  // namespace ain
