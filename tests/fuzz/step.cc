// A byte picks what is attributed, one what a proof lacks, the rest is a history (made_history.h). Its attributed trees must mirror
// git's; each unit must stand where its origin says that it came from; and each step must hold when it is taken again from its proof.
#include <string>

#include "base/encoding.h"
#include "base/varint.h"
#include "repo/step_proof.h"
#include "repo/walk/token_text.h"
#include "tests/fuzz/made_history.h"

namespace ain::repo {
namespace {

constexpr std::array<Variant, 3> kVariants = {Variant{Unit::token, true}, Variant{Unit::line, true}, Variant{Unit::line_ignoring_space, false}};

bool is_attributed(const std::string& mode) { return mode.starts_with("100"); }

EntryKind kind_of(const std::string& mode) {
  return is_attributed(mode) ? EntryKind::file : mode == "120000" ? EntryKind::link : EntryKind::other;
}

bool is_blank(char c) { return std::string_view(" \t\n\r\v\f").find(c) != std::string_view::npos; }

// What the units of a blob are, as far as the variant tells them apart.
std::vector<std::string> units_of(MemoryObjects& objects, const git_oid& blob, Unit unit) {
  const Bytes bytes = objects.read(blob, GIT_OBJECT_BLOB, SIZE_MAX);
  std::vector<std::string> units;
  if (unit == Unit::token) {
    const TokenText text(bytes);
    for (const uint64_t atom : text.atoms(0, text.units())) units.push_back(std::to_string(atom));
    return units;
  }
  for (std::string_view rest = *bytes; !rest.empty();) {
    std::string line(rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1));
    rest.remove_prefix(line.size());
    if (unit == Unit::line_ignoring_space) std::erase_if(line, is_blank);
    units.push_back(std::move(line));
  }
  return units;
}

class Checker {
 public:
  Checker(MadeHistory& history, Variant variant, const Nodes& nodes) : history_(history), variant_(variant), nodes_(nodes) {
    for (size_t i = 0; i < history.commits().size(); ++i) numbers_[history.commits()[i].commit.oid] = i;
  }

  // The node of a folder against the files that lie below it.
  void check_folder(const Node& folder, const MadeFiles& files) {
    std::map<std::string, MadeFiles> folders;
    MadeFiles here;
    for (const auto& [path, file] : files) {
      const size_t slash = path.find('/');
      if (slash == path.npos) here[path] = file;
      else folders[path.substr(0, slash)][path.substr(slash + 1)] = file;
    }
    must(nodes_.entries(folder).size() == here.size() + folders.size());
    for (const auto& [name, file] : here) check_file(nodes_.find(folder, name), file);
    for (const auto& [name, below] : folders) {
      const Entry* entry = nodes_.find(folder, name);
      must(entry != nullptr && entry->kind == EntryKind::folder && entry->node != nullptr && entry->node->is_folder);
      check_folder(*entry->node, below);
    }
  }

 private:
  void check_file(const Entry* entry, const MadeFile& file) {
    must(entry != nullptr && entry->kind == kind_of(file.mode) && git_oid_equal(&entry->oid, &file.oid) != 0);
    const bool has_units = entry->kind == EntryKind::file || (entry->kind == EntryKind::link && variant_.unit != Unit::token);
    const bool is_read = has_units && read_units(variant_.unit, history_.objects(), file.oid, nullptr) != nullptr;
    must((entry->node != nullptr) == is_read);
    if (is_read) check_runs(nodes_.runs(*entry->node), units_of(history_.objects(), file.oid, variant_.unit));
  }

  void check_runs(const Runs& runs, const std::vector<std::string>& units) {
    size_t at = 0;
    for (const Run& run : runs) {
      const MadeCommit& origin = history_.commits()[numbers_.at(nodes_.names().commit_at(run.origin))];
      const MadeFile& file = origin.files.at(nodes_.names().path_at(run.path));
      const std::vector<std::string> there = units_of(history_.objects(), file.oid, variant_.unit);
      must(run.count > 0 && run.count <= units.size() - at && run.position <= there.size() && run.count <= there.size() - run.position);
      must(std::equal(units.begin() + static_cast<long>(at), units.begin() + static_cast<long>(at + run.count), there.begin() + run.position));
      at += run.count;
    }
    must(at == units.size());
    for (size_t i = 1; i < runs.size(); ++i) must(!goes_on(runs[i - 1], runs[i]));
  }

  MadeHistory& history_;
  Variant variant_;
  const Nodes& nodes_;
  OidMap<size_t> numbers_;
};

// As prove_step writes it, with all that there is in place of what is needed; object number `left_out` is not there.
std::string proof_of(const MadeHistory& history, const MemoryObjects& objects, size_t commit, const std::vector<NodePtr>& roots,
                     const Nodes& nodes, size_t left_out) {
  const MadeCommit& made = history.commits()[commit];
  std::string proof = "ain-step-proof-1\n";
  put_varint(proof, variant_number(kVariants[0]));
  proof += raw_bytes(made.commit.oid);
  proof += as_view(nodes.hash(*roots[commit]));
  put_varint(proof, made.parents.size());
  std::map<Digest, std::string> given;
  for (const size_t parent : made.parents) {
    proof += raw_bytes(history.commits()[parent].commit.oid);
    proof += as_view(nodes.hash(*roots[parent]));
    each_node(nodes, *roots[parent], [&](const Node& node) { given[nodes.hash(node)] = nodes.bytes(node); });
  }
  put_varint(proof, objects.all().size() - (left_out < objects.all().size() ? 1 : 0));
  size_t number = 0;
  for (const auto& [oid, object] : objects.all()) {
    if (number++ == left_out) continue;
    put_varint(proof, static_cast<uint64_t>(object.first));
    put_text(proof, *object.second);
  }
  put_varint(proof, given.size());
  for (const auto& [hash, bytes] : given) put_text(proof, bytes);
  return proof;
}

void check_proofs(MadeHistory& history, const std::vector<NodePtr>& roots, const Nodes& nodes, size_t left_out) {
  const size_t objects = history.objects().all().size();
  for (size_t commit = 0; commit < roots.size(); ++commit) {
    const StepVerdict verdict = check_step(proof_of(history, history.objects(), commit, roots, nodes, objects));
    must(verdict.holds() && verdict.commit == to_id(history.commits()[commit].commit.oid));
    must(verdict.parents.size() == history.commits()[commit].parents.size());
    const auto lacking = value_or_error([&] { return check_step(proof_of(history, history.objects(), commit, roots, nodes, left_out)); });
    must(!lacking || lacking->holds());
  }
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  ain::Input input(data, size);
  const Variant variant = kVariants[input.below(kVariants.size())];
  const size_t left_out = input.byte();
  MadeHistory history(input);
  Names names;
  const Nodes nodes(names);
  const std::vector<NodePtr> roots = attribute(history, variant, nodes);
  for (size_t i = 0; i < roots.size(); ++i) Checker(history, variant, nodes).check_folder(*roots[i], history.commits()[i].files);
  if (variant == kVariants[0]) check_proofs(history, roots, nodes, left_out);
  return 0;
}
