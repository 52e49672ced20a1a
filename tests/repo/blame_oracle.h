// A made-up history, and git's own blame to compare with.
#pragma once

#include <map>
#include <random>
#include <tuple>

#include "repo/blame.h"
#include "tests/repo/fixture.h"

namespace ain::repo {

// A random history as a `git fast-import` stream: many authors, branches, merges that mix their parents'
// lines, repeated lines, changes of blanks alone, renames.
class RandomHistory {
 public:
  explicit RandomHistory(unsigned seed) : random_(seed) {}

  std::string stream(int commits) {
    std::string out;
    for (int mark = 1; mark <= commits; ++mark) out += commit(mark);
    return out;
  }

 private:
  using Text = std::vector<std::string>;
  using Files = std::map<std::string, Text>;

  unsigned below(size_t limit) { return static_cast<unsigned>(random_() % limit); }
  std::string line() {
    // Few different lines, so that diffs are ambiguous, with a unique one now and then.
    if (below(4) == 0) return fmt::format("unique_{}();\n", counter_++);
    static constexpr const char* common[] = {"}\n",         "{\n",        "\n",           "  return 0;\n",
                                             "  i += 1;\n", "for (;;)\n", "// comment\n", "x = y\n"};
    return common[below(8)];
  }
  void add_file(Files& files) {
    Text& text = files[fmt::format("{}{}", below(2) ? "src/" : "", below(9))];
    text = {fmt::format("start {}\n", counter_++)};
    for (unsigned i = below(150); i > 0; --i) text.push_back(line());
    if (below(5) == 0) text.push_back("no newline");
  }
  void indent(Text& text) {
    for (size_t at = text.empty() ? 0 : below(text.size()), count = below(12); count > 0 && at < text.size(); --count, ++at) {
      text[at] = std::string(below(5), below(3) ? ' ' : '\t') + text[at].substr(text[at].find_first_not_of(" \t"));
    }
  }
  void rename(Files& files) {
    auto from = files.begin();
    std::advance(from, below(files.size()));
    Text text = std::move(from->second);
    files.erase(from);
    files[fmt::format("{}{}", below(2) ? "lib/" : "", below(9))] = std::move(text);
  }
  void edit(Text& text) {
    for (unsigned i = 1 + below(6); i > 0; --i) {
      const size_t at = text.empty() ? 0 : below(text.size());
      const size_t count = std::min<size_t>(below(8), text.size() - at);
      if (below(2))
        text.erase(text.begin() + static_cast<long>(at), text.begin() + static_cast<long>(at + count));
      const size_t to = std::min(at, text.size());
      for (unsigned n = below(8); n > 0; --n) text.insert(text.begin() + static_cast<long>(to), line());
    }
    // Only the last line may lack its newline.
    for (size_t i = 0; i + 1 < text.size(); ++i) {
      if (text[i].back() != '\n') text[i] += '\n';
    }
  }
  Files merge(const std::vector<int>& parents) {
    Files files = states_.at(parents.front());
    for (size_t p = 1; p < parents.size(); ++p) {
      for (const auto& [path, text] : states_.at(parents[p])) {
        if (!files.contains(path) || below(3) == 0) {
          files[path] = text;
        } else if (below(2)) {
          Text& mine = files[path];
          const size_t cut = std::min(mine.size(), text.size()) / 2;
          mine.resize(cut);
          mine.insert(mine.end(), text.begin() + static_cast<long>(cut), text.end());
          for (size_t i = 0; i + 1 < mine.size(); ++i) {
            if (mine[i].back() != '\n') mine[i] += '\n';
          }
        }
      }
    }
    return files;
  }
  std::string commit(int mark) {
    std::vector<int> parents;
    if (mark > 1) {
      for (unsigned i = below(4) == 0 ? 2 + below(2) : 1; i > 0; --i) {
        const int parent = std::max(1, mark - 1 - static_cast<int>(below(5)));
        if (std::find(parents.begin(), parents.end(), parent) == parents.end()) parents.push_back(parent);
      }
    }
    Files files = parents.empty() ? Files{} : merge(parents);
    if (files.empty() || below(4) == 0) add_file(files);
    for (auto& [path, text] : files) {
      if (below(3) == 0) edit(text);
      if (below(8) == 0) indent(text);
    }
    if (below(6) == 0) rename(files);
    if (files.size() > 4 && below(6) == 0) files.erase(files.begin());
    states_[mark] = files;
    return render(mark, parents, files);
  }
  std::string render(int mark, const std::vector<int>& parents, const Files& files) {
    const unsigned author = below(5);
    std::string out = fmt::format("commit refs/heads/main\nmark :{}\nauthor A{} <a{}@x> {} +0000\n", mark,
                                  author, author, 1'700'000'000 + mark);
    out += fmt::format("committer C <c@x> {} +0000\ndata 1\nm\n",
                       1'700'000'000 + mark * 10 - static_cast<int>(below(100)));
    for (size_t i = 0; i < parents.size(); ++i)
      out += fmt::format("{} :{}\n", i == 0 ? "from" : "merge", parents[i]);
    out += "deleteall\n";
    for (const auto& [path, text] : files) {
      const std::string bytes = fmt::format("{}", fmt::join(text, ""));
      out += fmt::format("M 100644 inline {}\ndata {}\n{}\n", path, bytes.size(), bytes);
    }
    return out;
  }

  std::mt19937 random_;
  std::map<int, Files> states_;
  int counter_ = 0;
};

class BlameTest : public GitTest {
 protected:
  using Line = std::tuple<ObjectId, uint32_t, std::string>;  // commit, its line, its path
  using Lines = std::vector<Line>;

  static std::string flags(const BlameOptions& options) {
    return std::string(options.ignore_space ? " -w" : "") + (options.follow ? "" : " --no-follow");
  }
  static std::string quoted(const std::string& path) { return "'" + path + "'"; }

  Lines git_lines(const fs::path& folder, const std::string& revision, const std::string& path, const BlameOptions& options) const {
    const std::string out = sh(folder, "git --no-replace-objects -c core.quotePath=false blame --line-porcelain" + flags(options) + " " +
                                           revision + " -- " + quoted(path));
    Lines lines;
    bool is_header = true;
    for (const std::string& line : split(out, '\n')) {
      if (is_header && !line.empty()) lines.emplace_back(line.substr(0, 40), std::stoul(line.substr(41)), "");
      if (line.starts_with("filename ")) std::get<2>(lines.back()) = line.substr(9);
      is_header = line.starts_with('\t');
    }
    return lines;
  }
  static Lines lines_of(const Blame& blame) {
    Lines lines;
    for (const BlameGroup& group : blame.groups) {
      for (uint32_t i = 0; i < group.count; ++i) lines.emplace_back(group.commit, group.original_line + i, group.path);
    }
    return lines;
  }
  // Every file and link of the commit, under all options.
  void expect_as_git(const Repository& repository, const fs::path& folder, const std::string& revision = "HEAD") const {
    const ObjectId commit = repository.resolve_commit(revision);
    for (const std::string& entry : split(sh(folder, "git ls-tree -rz " + revision), '\0')) {
      if (entry.empty() || entry.starts_with("160000")) continue;
      const std::string path = entry.substr(entry.find('\t') + 1);
      for (const BlameOptions& options : kAllOptions) {
        EXPECT_EQ(lines_of(blame(repository, commit, path, options)), git_lines(folder, revision, path, options))
            << path << flags(options);
      }
    }
  }
  void expect_as_git() const { expect_as_git(*Repository::discover(work()), work()); }

  static constexpr BlameOptions kAllOptions[] = {{false, false}, {true, false}, {false, true}, {true, true}};
};

}  // namespace ain::repo
