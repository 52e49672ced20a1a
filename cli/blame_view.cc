#include "cli/blame_view.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace ain::cli {
namespace {

using repo::BlameGroup;

std::string author_of(const BlamedCommit& commit) {
  const std::string& name = commit.details.author.name;
  return commit.account.empty() ? name : name + " @" + commit.account;
}

// To `width` columns.
std::string padded(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, width_of(text)), ' ');
}

// The widths of git's columns.
struct Columns {
  size_t id = 0;    // with room for the '^' of a root
  size_t path = 0;  // 0: not shown
  size_t author = 0;
  size_t date = 0;
  size_t line = 0;
};

Columns columns_of(const BlameView& view, const Output& out) {
  Columns columns;
  bool other_path = false;
  size_t path_bytes = 0;
  for (const auto& [id, commit] : view.commits) columns.id = std::max(columns.id, commit.details.short_id.size() + 1);
  for (const BlameGroup& group : view.groups) {
    const BlamedCommit& commit = view.commits.at(group.commit);
    columns.author = std::max(columns.author, width_of(out.shown(author_of(commit))));
    columns.date = std::max(columns.date, width_of(commit.details.author.date));
    columns.line = std::max(columns.line, std::to_string(group.line + group.count - 1).size());
    path_bytes = std::max(path_bytes, group.path.size());
    other_path |= group.path != view.path;
  }
  if (other_path) columns.path = path_bytes;
  return columns;
}

std::string id_of(const BlamedCommit& commit, size_t width) {
  const std::string& id = commit.details.commit;
  return commit.details.is_root ? "^" + id.substr(0, width - 1) : id.substr(0, width);
}

// As git quotes a path: in C's way, when a byte asks for it.
std::string quoted(std::string_view path, bool quote_high) {
  static constexpr std::string_view kEscaped = "\a\b\t\n\v\f\r\"\\";
  static constexpr std::string_view kLetters = "abtnvfr\"\\";
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (const size_t at = kEscaped.find(c); at != kEscaped.npos) text += {'\\', kLetters[at]};
    else if (byte < ' ' || byte == 0x7f || (byte > 0x7f && quote_high)) text += fmt::format("\\{:03o}", byte);
    else text += c;
  }
  return text.size() == path.size() ? text : '"' + text + '"';
}

void add_signature(std::string& text, std::string_view role, const repo::Signature& signature) {
  const size_t space = signature.date.find(' ');
  text += fmt::format("{0} {1}\n{0}-mail <{2}>\n{0}-time {3}\n{0}-tz {4}\n", role, signature.name, signature.email,
                      signature.date.substr(0, space), signature.date.substr(space + 1));
}

void add_details(std::string& text, const repo::CommitDetails& commit) {
  add_signature(text, "author", commit.author);
  add_signature(text, "committer", commit.committer);
  text += fmt::format("summary {}\n", commit.summary);
  if (commit.is_root) text += "boundary\n";
}

// Commits that gave lines of more than one path: each of their groups has to say which.
std::set<repo::ObjectId> commits_of_many_paths(const BlameView& view) {
  std::map<repo::ObjectId, std::string> first;
  std::set<repo::ObjectId> many;
  for (const BlameGroup& group : view.groups) {
    if (first.emplace(group.commit, group.path).first->second != group.path) many.insert(group.commit);
  }
  return many;
}

void add_line(std::string& text, std::string_view line) {
  text += line;
  if (!line.ends_with('\n')) text += '\n';
}

Json owner_json(const BlamedCommit& commit) {
  Json json = {{"commit", commit.details.commit},
               {"author", commit.details.author.name},
               {"email", commit.details.author.email}};
  if (!commit.account.empty()) json["account"] = commit.account;
  return json;
}

// Blanks as wide as `text`, tabs kept.
std::string blank(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\t') result += c;
    else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) result += ' ';
  }
  return result;
}

}  // namespace

std::vector<BlameGroup> clip(const std::vector<BlameGroup>& groups, const std::vector<LineRange>& ranges) {
  std::vector<BlameGroup> result;
  for (const LineRange& range : ranges) {
    for (const BlameGroup& group : groups) {
      const uint32_t first = std::max(group.line, range.first);
      const uint32_t end = std::min(group.line + group.count, range.last + 1);
      if (first >= end) continue;
      result.push_back({group.commit, group.path, group.original_line + (first - group.line), first, end - first});
    }
  }
  return result;
}

std::string blame_text(const BlameView& view, const Output& out) {
  const Columns columns = columns_of(view, out);
  std::string text;
  for (const BlameGroup& group : view.groups) {
    const BlamedCommit& commit = view.commits.at(group.commit);
    std::string path;
    if (columns.path > 0) path = fmt::format(" {:<{}}", out.shown(group.path), columns.path);
    for (uint32_t i = 0; i < group.count; ++i) {
      const std::string head = fmt::format("{} ({} {} {:>{}})", path, padded(out.shown(author_of(commit)), columns.author),
                                           padded(commit.details.author.date, columns.date), group.line + i, columns.line);
      text += out.styled(Style::yellow, id_of(commit, columns.id)) + (i == 0 ? head : out.styled(Style::dim, head)) + ' ';
      add_line(text, out.shown(view.lines[group.line + i - 1]));
    }
  }
  return text;
}

std::string porcelain_text(const BlameView& view, bool each_line, bool quote_high) {
  const std::set<repo::ObjectId> many = commits_of_many_paths(view);
  std::set<repo::ObjectId> told;
  std::string text;
  for (const BlameGroup& group : view.groups) {
    for (uint32_t i = 0; i < group.count; ++i) {
      text += fmt::format("{} {} {}", group.commit, group.original_line + i, group.line + i);
      text += i == 0 ? fmt::format(" {}\n", group.count) : "\n";
      const bool in_full = each_line || (i == 0 && told.insert(group.commit).second);
      if (in_full) add_details(text, view.commits.at(group.commit).details);
      if (in_full || (i == 0 && many.contains(group.commit))) {
        const auto previous = view.previous.find({group.commit, group.path});
        if (previous != view.previous.end()) {
          text += fmt::format("previous {} {}\n", previous->second.commit, quoted(previous->second.path, quote_high));
        }
        text += fmt::format("filename {}\n", quoted(group.path, quote_high));
      }
      text += '\t';
      add_line(text, view.lines[group.line + i - 1]);
    }
  }
  return text;
}

Json blame_json(const BlameView& view) {
  Json groups = Json::array();
  for (const BlameGroup& group : view.groups) {
    const BlamedCommit& commit = view.commits.at(group.commit);
    Json json = owner_json(commit);
    json["time"] = commit.details.author.time_s;
    json["summary"] = commit.details.summary;
    json["path"] = group.path;
    json["original_line"] = group.original_line;
    json["line"] = group.line;
    json["count"] = group.count;
    Json& lines = json["lines"] = Json::array();
    for (uint32_t i = 0; i < group.count; ++i) lines.push_back(view.lines[group.line + i - 1]);
    groups.push_back(std::move(json));
  }
  return {{"path", view.path}, {"groups", std::move(groups)}};
}

std::string tokens_text(const TokenView& view, const Output& out) {
  const auto owner = [&](const repo::TokenRun& run) { return out.shown(view.owners.at(run.owner)); };
  size_t id_width = 0, owner_width = 0, line_width = 0;
  for (const repo::TokenRun& run : view.runs) {
    id_width = std::max(id_width, view.commits.at(run.commit).details.short_id.size() + 1);
    owner_width = std::max(owner_width, width_of(owner(run)));
    line_width = std::max(line_width, std::to_string(run.line).size());
  }
  std::string text;
  uint32_t line = 0;
  for (const repo::TokenRun& run : view.runs) {
    const std::string_view whole = view.lines[run.line - 1];
    text += fmt::format("{:>{}} {} {} {}{}\n", run.line == line ? "" : std::to_string(run.line), line_width,
                        out.styled(Style::yellow, id_of(view.commits.at(run.commit), id_width)), padded(owner(run), owner_width),
                        blank(whole.substr(0, run.begin)), out.shown(whole.substr(run.begin, run.end - run.begin)));
    line = run.line;
  }
  return text;
}

Json tokens_json(const TokenView& view) {
  Json runs = Json::array();
  for (const repo::TokenRun& run : view.runs) {
    Json json = owner_json(view.commits.at(run.commit));
    json["owner"] = view.owners.at(run.owner);
    json["payee"] = view.payees.at(run.owner);
    json["line"] = run.line;
    json["column"] = run.begin + 1;
    json["text"] = view.lines[run.line - 1].substr(run.begin, run.end - run.begin);
    runs.push_back(std::move(json));
  }
  return {{"path", view.path}, {"runs", std::move(runs)}};
}

}  // namespace ain::cli
