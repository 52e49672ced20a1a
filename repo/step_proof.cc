#include "repo/step_proof.h"

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "base/varint.h"
#include "repo/walk/apply.h"
#include "repo/walk/attributed.h"

namespace ain::repo {
namespace {

constexpr std::string_view kMagic = "ain-step-proof-1\n";
constexpr size_t kObjectsMax = 10'000'000;
constexpr size_t kParentsMax = 256;
constexpr int64_t kStepEffortMax = effort_max(kWalkCommitsMax);  // what the longest history leaves room for
constexpr Variant kProved = {Unit::token, true};

std::string_view raw(const git_oid& oid) { return {reinterpret_cast<const char*>(oid.id), GIT_OID_RAWSZ}; }

Digest to_digest(std::string_view hex) {
  const auto bytes = from_hex(hex);
  const auto digest = bytes ? ain::to_array<32>(*bytes) : std::nullopt;
  if (!digest) fail(ErrorKind::usage, "'{}' is not a root: 64 hex digits", hex);
  return *digest;
}

// Passes objects on and keeps what it passed; one that is too large for the step too, as its size has to be shown.
class RecordingObjects final : public ObjectSource {
 public:
  explicit RecordingObjects(ObjectSource& source) : source_(source) {}
  Bytes read(const git_oid& oid, git_object_t type, size_t bytes_max) override {
    Bytes bytes = source_.read(oid, type, bytes_max);
    if (!known_.contains(oid)) {
      Bytes kept = bytes ? bytes : source_.read(oid, type, kStepProofBytesMax);
      if (kept == nullptr) fail(ErrorKind::exhausted, "'{}' is larger than a proof may be: {} bytes", to_id(oid), kStepProofBytesMax);
      known_[oid] = true;
      objects_.emplace_back(type, std::move(kept));
    }
    return bytes;
  }
  const std::vector<std::pair<git_object_t, Bytes>>& objects() const { return objects_; }

 private:
  ObjectSource& source_;
  OidMap<bool> known_;
  std::vector<std::pair<git_object_t, Bytes>> objects_;
};

// The bytes of nodes below some roots, found from the roots downwards; keeps what it gave.
class RecordingNodes final : public NodeSource {
 public:
  RecordingNodes(const Nodes& nodes, const std::vector<NodePtr>& roots) : nodes_(nodes) {
    for (const NodePtr& root : roots) known_[nodes.hash(*root)] = root;
  }
  std::string read(const Digest& hash) override {
    const NodePtr node = known_.at(hash);
    std::string bytes = nodes_.bytes(*node);
    if (node->is_folder) {
      for (const Entry& entry : nodes_.entries(*node)) {
        if (entry.node) known_[nodes_.hash(*entry.node)] = entry.node;
      }
    }
    given_[hash] = bytes;
    return bytes;
  }
  const std::map<Digest, std::string>& given() const { return given_; }

 private:
  const Nodes& nodes_;
  std::map<Digest, NodePtr> known_;
  std::map<Digest, std::string> given_;
};

struct Parent {
  git_oid oid{};
  Digest root{};
};

// The step itself: the same for the one who proves and the one who checks.
Digest take_step(ObjectSource& objects, NodeSource& source, const git_oid& commit_oid, const std::vector<Parent>& parents) {
  HistoryCommit commit = read_history_commit(objects, commit_oid);
  if (commit.parents.size() != parents.size()) fail(ErrorKind::verification, "the proof has not the commit's parents");
  Names names;
  const Nodes nodes(names, &source);
  std::vector<git_oid> trees;
  std::vector<NodePtr> roots;
  for (size_t i = 0; i < parents.size(); ++i) {
    if (git_oid_equal(&parents[i].oid, &commit.parents[i]) == 0) fail(ErrorKind::verification, "the proof has not the commit's parents");
    trees.push_back(read_history_commit(objects, parents[i].oid).tree);
    roots.push_back(std::make_shared<const Node>(true, parents[i].root));
  }
  ChangeFinder finder(objects, kProved);
  const CommitChange change = finder.find(std::move(commit), trees, kStepEffortMax);
  return nodes.hash(*apply_change(nodes, change, roots));
}

// What a proof holds, by hash; nothing in it can be other than it says.
class ProvenObjects final : public ObjectSource {
 public:
  void add(git_object_t type, std::string bytes) {
    git_oid oid;
    check(git_odb_hash(&oid, bytes.data(), bytes.size(), type), "cannot hash an object of the proof");
    objects_[oid] = {type, std::make_shared<const std::string>(std::move(bytes))};
  }
  Bytes read(const git_oid& oid, git_object_t type, size_t bytes_max) override {
    const auto found = objects_.find(oid);
    if (found == objects_.end() || found->second.first != type) {
      fail(ErrorKind::verification, "the proof lacks object '{}'", to_id(oid));
    }
    return found->second.second->size() > bytes_max ? nullptr : found->second.second;
  }

 private:
  OidMap<std::pair<git_object_t, Bytes>> objects_;
};

class ProvenNodes final : public NodeSource {
 public:
  void add(std::string bytes) {
    const Digest hash = sha256(bytes);
    nodes_[hash] = std::move(bytes);
  }
  std::string read(const Digest& hash) override {
    const auto found = nodes_.find(hash);
    if (found == nodes_.end()) fail(ErrorKind::verification, "the proof lacks a part of a parent's attributed tree");
    return found->second;
  }

 private:
  std::map<Digest, std::string> nodes_;
};

StepVerdict verdict_of(VarintReader& reader) {
  start_libgit2();
  const auto digest = [&] { return *ain::to_array<32>(reader.bytes(32)); };
  const auto oid = [&] {
    git_oid result;
    std::memcpy(result.id, reader.bytes(GIT_OID_RAWSZ).data(), GIT_OID_RAWSZ);
    return result;
  };
  if (reader.number(UINT32_MAX) != variant_number(kProved)) fail(ErrorKind::verification, "the proof is by other rules than these");
  const git_oid commit = oid();
  StepVerdict verdict{.commit = to_id(commit), .claimed = to_hex(digest())};
  std::vector<Parent> parents;
  for (uint64_t left = reader.number(kParentsMax); left > 0; --left) {
    Parent& parent = parents.emplace_back();
    parent.oid = oid();
    parent.root = digest();
    verdict.parents.emplace_back(to_id(parent.oid), to_hex(parent.root));
  }
  ProvenObjects objects;
  for (uint64_t left = reader.number(kObjectsMax); left > 0; --left) {
    const auto type = static_cast<git_object_t>(reader.number(GIT_OBJECT_BLOB));
    objects.add(type, std::string(reader.text()));
  }
  ProvenNodes nodes;
  for (uint64_t left = reader.number(kObjectsMax); left > 0; --left) nodes.add(std::string(reader.text()));
  if (!reader.at_end()) fail(ErrorKind::verification, "the proof goes on after its end");
  verdict.computed = to_hex(take_step(objects, nodes, commit, parents));
  return verdict;
}

// `root`: of the commit's attributed tree.
std::string proof_of(const Repository& repository, AttributedHistory& history, const ObjectId& commit, const NodePtr& root,
                     const std::optional<Digest>& claimed, const WalkReport& report) {
  OdbSource source(repository);
  RecordingObjects objects(source);
  std::vector<Parent> parents;
  std::vector<NodePtr> roots;
  for (const git_oid& parent : read_history_commit(objects, to_oid(commit)).parents) {
    roots.push_back(history.root(to_id(parent), report));
    parents.push_back({parent, history.nodes().hash(*roots.back())});
  }
  RecordingNodes nodes(history.nodes(), roots);
  const Digest computed = take_step(objects, nodes, to_oid(commit), parents);
  AIN_ASSERT(computed == history.nodes().hash(*root));
  std::string proof(kMagic);
  put_varint(proof, variant_number(kProved));
  proof += raw(to_oid(commit));
  proof += as_view(claimed.value_or(computed));
  put_varint(proof, parents.size());
  for (const Parent& parent : parents) {
    proof += raw(parent.oid);
    proof += as_view(parent.root);
  }
  put_varint(proof, objects.objects().size());
  for (const auto& [type, bytes] : objects.objects()) {
    put_varint(proof, static_cast<uint64_t>(type));
    put_text(proof, *bytes);
  }
  put_varint(proof, nodes.given().size());
  for (const auto& [hash, bytes] : nodes.given()) put_text(proof, bytes);
  return proof;
}

}  // namespace

std::string prove_step(const Repository& repository, const ObjectId& commit, const std::optional<std::string>& claimed,
                       const WalkReport& report) {
  const auto claimed_root = claimed ? std::optional(to_digest(*claimed)) : std::nullopt;
  require_whole_history(repository);
  AttributedHistory history(repository, kProved);
  return history.with_root(commit, report, [&](const NodePtr& root) {
    return proof_of(repository, history, commit, root, claimed_root, report);
  });
}

bool is_step_proof(std::string_view bytes) { return bytes.starts_with(kMagic); }

StepVerdict check_step(std::string_view proof) {
  if (!is_step_proof(proof)) fail(ErrorKind::verification, "this is not a proof of an attribution's step");
  VarintReader reader(proof.substr(kMagic.size()));
  try {
    return verdict_of(reader);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::bug || error.kind() == ErrorKind::verification) throw;
    throw Error(ErrorKind::verification, "the proof is damaged: " + error.message());
  }
}

}  // namespace ain::repo
