#include "repo/commit_object.h"

#include "base/text.h"

namespace ain::repo {
namespace {

// "Name <e-mail> 1700000000 +0100", read leniently: history holds many odd ones.
void read_person(std::string_view line, Person* person, int64_t* time_s, int* offset_minutes) {
  const size_t open = line.find('<');
  const size_t close = open == line.npos ? line.npos : line.find('>', open);
  if (person != nullptr) {
    person->name = std::string(trim(line.substr(0, open)));
    if (close != line.npos) person->email = std::string(trim(line.substr(open + 1, close - open - 1)));
  }
  if (time_s == nullptr || close == line.npos) return;
  const std::vector<std::string> when = split(trim(line.substr(line.rfind('>') + 1)), ' ');
  if (when.size() != 2) return;
  *time_s = parse_integer(when[0], 0, int64_t{1} << 40).value_or(0);
  const std::string_view zone = when[1];
  if (zone.size() != 5 || (zone[0] != '+' && zone[0] != '-')) return;
  const int64_t digits = parse_integer(zone.substr(1), 0, 9959).value_or(0);
  const int minutes = static_cast<int>(digits / 100 * 60 + digits % 100);
  *offset_minutes = zone[0] == '-' ? -minutes : minutes;
}

// Takes "name value\n" with its continuation lines off `rest`; the value comes back unfolded.
std::string take_header(std::string_view& rest, std::string_view* name, std::string_view* raw) {
  const std::string_view start = rest;
  std::string value;
  bool first = true;
  do {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (first) {
      const size_t space = line.find(' ');
      *name = line.substr(0, space);
      line.remove_prefix(space == line.npos ? line.size() : space + 1);
    } else {
      line.remove_prefix(1);
      value += '\n';
    }
    value += line;
    first = false;
  } while (!rest.empty() && rest.front() == ' ');
  *raw = start.substr(0, start.size() - rest.size());
  return value;
}

}  // namespace

std::string_view CommitObject::message() const {
  // Headers hold no empty line: their continuation lines begin with a blank.
  const size_t end = payload.find("\n\n");
  return end == payload.npos ? std::string_view() : std::string_view(payload).substr(end + 2);
}

CommitObject read_commit(git_odb* odb, const git_oid& oid) {
  return parse_commit(read_object(odb, oid, GIT_OBJECT_COMMIT, kCommitBytesMax), oid);
}

CommitObject parse_commit(std::string_view bytes, const git_oid& oid) {
  const auto malformed = [&oid](std::string_view why) {
    fail_with_hint(ErrorKind::failed, "run 'git fsck' to see what is damaged", "commit '{}' is malformed: {}",
                   to_id(oid), why);
  };
  CommitObject commit;
  std::string_view rest = bytes;
  int signatures = 0;
  bool has_tree = false;
  bool parents_may_follow = false;
  while (!rest.empty() && rest.front() != '\n') {
    std::string_view name;
    std::string_view raw;
    std::string value = take_header(rest, &name, &raw);
    if (name == "gpgsig" || name == "gpgsig-sha256") {
      if (name == "gpgsig" && ++signatures == 1) commit.signature = std::move(value);
      continue;
    }
    commit.payload += raw;
    const bool is_parent = name == "parent" && parents_may_follow;
    parents_may_follow = is_parent || (name == "tree" && !has_tree);
    if (name == "tree" && !has_tree) {
      commit.tree = to_oid(value);
      has_tree = true;
    } else if (is_parent) {
      if (commit.parents.size() == kParentsMax) malformed(fmt::format("more than {} parents", kParentsMax));
      commit.parents.push_back(to_oid(value));
    } else if (name == "author") {
      read_person(value, &commit.author, nullptr, nullptr);
    } else if (name == "committer") {
      read_person(value, &commit.committer, &commit.committed_s, &commit.offset_minutes);
    }
  }
  if (!has_tree) malformed("it names no tree");
  if (signatures > 1) commit.signature.reset();
  commit.payload += rest;
  return commit;
}

}  // namespace ain::repo
