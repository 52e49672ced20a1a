// A commit's bytes, as a stranger made them, with the co-authors that its message names. A valid signature that is put into it is found,
// and its payload is what was signed.
#include <string>

#include "base/sshsig.h"
#include "repo/co_authors.h"
#include "repo/commit_object.h"
#include "tests/fuzz/harness.h"

namespace ain::repo {
namespace {

void check_co_authors(std::string_view message) {
  const CoAuthors found = parse_co_authors(message);
  must(found.sharers.size() <= kCoAuthorsMax);
  size_t count = 0;
  for (const auto& [path, lines] : found.ranges) {
    must(!path.empty() && !lines.empty());
    uint32_t free = 1;
    for (const auto& [from, range] : lines) {
      must(from >= free && range.to >= from && range.to <= kCoAuthorLineMax && range.ranger < found.rangers.size());
      free = range.to + 1;
      ++count;
    }
  }
  must(count <= kCoAuthorRangesMax && found.rangers.size() <= count);
  for (const auto* people : {&found.sharers, &found.rangers}) {
    for (const Person& person : *people) must(!person.email.empty() && person.email.find_first_of(" \n<>") == person.email.npos);
  }
}

std::optional<CommitObject> parsed(std::string_view bytes) {
  auto commit = value_or_error([&] { return parse_commit(bytes, git_oid{}); });
  if (!commit) return std::nullopt;
  must(commit->parents.size() <= kParentsMax && commit->payload.size() <= bytes.size());
  must(commit->committed_s >= 0 && std::abs(commit->offset_minutes) <= 99 * 60 + 59);
  must(commit->payload.ends_with(commit->message()) && bytes.ends_with(commit->message()));
  if (bytes.find("gpgsig") == bytes.npos) must(commit->payload == bytes && !commit->signature);
  return commit;
}

// As git puts it in: the last header, its lines indented.
void check_signing(const CommitObject& commit) {
  static const std::unique_ptr<Signer> signer = key_from_seed(std::string(32, 's'));
  std::string payload = commit.payload;
  size_t end = payload.find("\n\n");
  if (end == payload.npos) {
    if (!payload.ends_with('\n')) payload += '\n';
    end = payload.size() - 1;
  }
  std::string header = "gpgsig ";
  for (const char c : sshsig_sign("git", payload, *signer)) {
    header += c;
    if (c == '\n') header += ' ';
  }
  header.pop_back();  // of the line that does not follow
  const auto with_signature = parsed(std::string(payload).insert(end + 1, header));
  must(with_signature && with_signature->payload == payload && signer_of(*with_signature) == signer->public_key());
  must(with_signature->message() == commit.message() && with_signature->parents.size() == commit.parents.size());
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_co_authors(bytes);
  const auto commit = parsed(bytes);
  if (!commit) return 0;
  check_co_authors(commit->message());
  signer_of(*commit);
  check_signing(*commit);
  return 0;
}
