// What lies in .git/ain/authorship.db. The first byte picks: rows made of parts (linked_parts.h) - nodes (n), states that are whole (s and
// a number, of their root) and ones told from the state before (d, the number of a root, and the change); or a history (made_history.h)
// that was stored, and then one row of it damaged: it gives what was stored, or says that it is damaged.
#include <set>
#include <string>

#include "base/files.h"
#include "repo/walk/store.h"
#include "tests/fuzz/linked_parts.h"

namespace ain::repo {
namespace {

constexpr Variant kVariant = {Unit::token, true};

git_oid oid_of(size_t number) {
  git_oid oid{};
  oid.id[0] = static_cast<unsigned char>(number);
  return oid;
}

// One file for all inputs, and a connection that outlives each, so that SQLite need not write all out at each one's end.
class Rows {
 public:
  Rows() : file_(folder_.path() / "authorship.db"), db_(open()) {}
  const std::filesystem::path& file() const { return file_; }
  void clear() { db_.exec("DELETE FROM state; DELETE FROM node"); }
  void put_node(const Part& part) {
    Statement put = db_.prepare("INSERT OR IGNORE INTO node VALUES (?, ?)");
    put.bind_blob(as_view(part.hash)).bind_blob(part.bytes).run();
  }
  void put_state(const git_oid& commit, const Digest& root, const git_oid* base, std::string_view change) {
    Statement put = db_.prepare("INSERT INTO state (variant, commit_id, root, base, change, chain) VALUES (?, ?, ?, ?, ?, 0)");
    put.bind(int64_t{variant_number(kVariant)}).bind_blob(raw_bytes(commit)).bind_blob(as_view(root));
    if (base != nullptr) put.bind_blob(raw_bytes(*base)).bind_blob(change);
    else put.bind_null().bind_null();
    put.run();
  }
  // Of a row that something else vouches for: that the root of a whole state is the right one is only its own word.
  void damage(Input input) {
    static constexpr std::array<const char*, 4> kColumns = {"bytes", "change", "base", "root"};
    const std::string column = kColumns[input.below(kColumns.size())];
    const std::string table = column == "bytes" ? "node" : "state";
    const std::string rows = column == "bytes" ? "true" : "base IS NOT NULL";
    Statement find = db_.prepare(fmt::format("SELECT {} FROM {} WHERE {} LIMIT 1 OFFSET ?", column, table, rows));
    if (!find.bind(input.byte()).step()) return;
    const std::string bytes = find.blob(0);
    std::string damaged = bytes;
    const uint8_t at = input.byte();
    if (at < bytes.size()) damaged[at] = static_cast<char>(damaged[at] ^ input.byte());
    else damaged = input.rest();
    find.reset();
    Statement put = db_.prepare(fmt::format("UPDATE {} SET {} = ? WHERE {} AND {} = ?", table, column, rows, column));
    put.bind_blob(damaged).bind_blob(bytes).run();
  }

 private:
  Database open() {
    Names names;
    const NodeStore made(file_, kVariant);
    return Database::open(file_, Durability::normal);
  }

  TemporaryFolder folder_{"ain-fuzz-stored"};
  std::filesystem::path file_;
  Database db_;
};

Rows& rows() {
  static Rows all;
  all.clear();
  return all;
}

// One node of a hash is enough: stored trees can name one many times.
void load_all(const Nodes& nodes, const Node& node, std::set<Digest>& seen) {
  if (!seen.insert(nodes.hash(node)).second) return;
  if (!node.is_folder) return static_cast<void>(nodes.runs(node));
  for (const Entry& entry : nodes.entries(node)) {
    if (entry.node) load_all(nodes, *entry.node, seen);
  }
}

// As another process reads it; nothing when it is not there or damaged.
std::optional<Digest> read_state(const std::filesystem::path& file, const git_oid& commit) {
  Names names;
  NodeStore store(file, kVariant);
  const Nodes nodes(names, &store);
  const auto root = value_or_error([&] {
    const NodePtr found = store.state(nodes, commit);
    std::set<Digest> seen;
    if (found) load_all(nodes, *found, seen);
    return found;
  });
  if (!root || !*root) return std::nullopt;
  // What can be read can be stored again, whole or as what differs from what lies there.
  store.save_state(nodes, oid_of(254), *root, nullptr, nullptr);
  store.save_state(nodes, oid_of(255), *root, &commit, *root);
  return nodes.hash(**root);
}

// Bytes that are taken are the only ones for what they say.
void check_node(const std::string& bytes) {
  for (const bool is_folder : {false, true}) {
    Names names;
    const Nodes nodes(names);
    const Node node(is_folder);
    const auto parsed = value_or_error([&] {
      nodes.parse(bytes, node);
      return true;
    });
    if (parsed) must(nodes.bytes(node) == bytes);
  }
}

void check_parts(const LinkedParts& parts) {
  Rows& all = rows();
  std::vector<git_oid> states;
  for (size_t i = 0; i < parts.all().size(); ++i) {
    const Part& part = parts.all()[i];
    Input input(part.bytes);
    const Part* root = part.kind == 's' || part.kind == 'd' ? parts.before(i, input.byte()) : nullptr;
    if (part.kind == 'n') {
      check_node(part.bytes);
      all.put_node(part);
    } else if (root != nullptr) {
      const git_oid commit = oid_of(states.size());
      const bool is_whole = part.kind == 's' || states.empty();
      all.put_state(commit, root->hash, is_whole ? nullptr : &states.back(), input.rest());
      states.push_back(commit);
    }
  }
  for (const git_oid& state : states) read_state(all.file(), state);
}

void check_history(Input input) {
  const std::string damage(input.text());
  MadeHistory history(input);
  Rows& all = rows();
  std::vector<Digest> expected;
  {
    Names names;
    NodeStore store(all.file(), kVariant);
    const Nodes nodes(names, &store);
    const std::vector<NodePtr> roots = attribute(history, kVariant, nodes);
    for (size_t i = 0; i < roots.size(); ++i) {
      const MadeCommit& made = history.commits()[i];
      const bool is_first = made.parents.empty();
      store.save_state(nodes, made.commit.oid, roots[i], is_first ? nullptr : &made.commit.parents.front(),
                       is_first ? nullptr : roots[made.parents.front()]);
      expected.push_back(nodes.hash(*roots[i]));
    }
  }
  for (size_t i = 0; i < expected.size(); ++i) must(read_state(all.file(), history.commits()[i].commit.oid) == expected[i]);
  all.damage(Input(damage));
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto found = read_state(all.file(), history.commits()[i].commit.oid);
    must(!found || *found == expected[i]);
  }
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  ain::Input input(data, size);
  if (input.below(2) == 0) check_parts(LinkedParts(input));
  else check_history(input);
  return 0;
}
