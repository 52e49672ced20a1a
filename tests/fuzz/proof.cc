// What `ain authors --check` reads: as it is where it begins as a proof does, else made of parts (linked_parts.h): git objects (c, t, b),
// nodes (n), and parents (p and two numbers, of a commit and a node). Whatever it holds, the answer is a verdict or that it is no proof.
#include <string>

#include "base/varint.h"
#include "repo/step_proof.h"
#include "tests/fuzz/linked_parts.h"

namespace ain::repo {
namespace {

constexpr std::string_view kMagic = "ain-step-proof-1\n";

std::string made_proof(const LinkedParts& parts) {
  git_oid commit{};
  std::string parents, objects, nodes;
  size_t parent_count = 0, object_count = 0, node_count = 0;
  for (size_t i = 0; i < parts.all().size(); ++i) {
    const Part& part = parts.all()[i];
    if (part.kind == 'c') commit = part.oid;
    if (const git_object_t type = LinkedParts::object_type(part.kind); type != GIT_OBJECT_INVALID) {
      put_varint(objects, static_cast<uint64_t>(type));
      put_text(objects, part.bytes);
      ++object_count;
    } else if (part.kind == 'n') {
      put_text(nodes, part.bytes);
      ++node_count;
    } else if (part.kind == 'p' && i > 0) {
      Input numbers(part.bytes);
      parents += raw_bytes(parts.before(i, numbers.byte())->oid);
      parents += as_view(parts.before(i, numbers.byte())->hash);
      ++parent_count;
    }
  }
  std::string proof(kMagic);
  put_varint(proof, variant_number({Unit::token, true}));
  proof += raw_bytes(commit);
  proof += std::string(32, '\0');
  const auto put_all = [&](size_t count, const std::string& bytes) {
    put_varint(proof, count);
    proof += bytes;
  };
  put_all(parent_count, parents);
  put_all(object_count, objects);
  put_all(node_count, nodes);
  return proof;
}

std::optional<StepVerdict> verdict_of(std::string_view proof) {
  try {
    return check_step(proof);
  } catch (const Error& error) {
    must(error.kind() == ErrorKind::verification && !error.message().empty());
    return std::nullopt;
  }
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  ain::Input input(data, size);
  const bool is_whole = input.rest().starts_with(kMagic);
  const std::string proof = is_whole ? std::string(input.rest()) : made_proof(LinkedParts(input));
  const auto verdict = verdict_of(proof);
  const auto again = verdict_of(proof);
  ain::must(verdict.has_value() == again.has_value());
  if (verdict) ain::must(verdict->computed == again->computed && verdict->computed.size() == 64 && verdict->parents == again->parents);
  return 0;
}
