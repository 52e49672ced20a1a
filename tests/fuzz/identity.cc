// A chain of identity documents, parted by bytes 0x1e. Each begins with a byte that says who signs it and what is wrong with that; in the
// document "@0" to "@2" stand for the signers' keys, "@id" and "@previous" for what only hashing can tell. A revision that is taken has
// the signatures that it needs, and all before it are taken too.
#include <array>
#include <map>
#include <string>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "repo/identity.h"
#include "tests/fuzz/memory_repository.h"

namespace ain::repo {
namespace {

constexpr size_t kRevisionsMax = 6;
constexpr size_t kSigners = 3;

const Signer& signer(size_t number) {
  static const std::array<std::unique_ptr<Signer>, kSigners> all = {
      key_from_seed(std::string(32, '0')), key_from_seed(std::string(32, '1')), key_from_seed(std::string(32, '2'))};
  return *all[number];
}

// What is wrong, by bits of a revision's first byte; the lowest three say who signs.
enum Wrong : uint8_t { signs_other_bytes = 8, under_anothers_name = 16, with_more_in_the_tree = 32, signs_for_git = 64 };
constexpr uint8_t kWrong = signs_other_bytes | under_anothers_name | with_more_in_the_tree | signs_for_git;

struct Made {
  uint8_t how = 0;
  std::string document;
  git_oid commit{};

  size_t signatures() const { return (how & 1) + (how >> 1 & 1) + (how >> 2 & 1); }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

Made make(MemoryRepository& memory, std::string_view text, const std::vector<Made>& before) {
  Input input(text);
  Made made{.how = input.byte()};
  made.document = input.rest();
  for (size_t i = 0; i < kSigners; ++i) {
    made.document = replaced(made.document, fmt::format("@{}", i), std::string(trim(signer(i).public_key().openssh())));
  }
  if (!before.empty()) {
    made.document = replaced(made.document, "@id", RepositoryId{sha256(before.front().document)}.text());
    made.document = replaced(made.document, "@previous", to_hex(sha256(before.back().document)));
  }
  std::map<std::string, git_oid> signatures;
  for (size_t i = 0; i < kSigners; ++i) {
    if ((made.how >> i & 1) == 0) continue;
    const std::string& signs = made.how & signs_other_bytes ? made.document + " " : made.document;
    const std::string signature = sshsig_sign(made.how & signs_for_git ? "git" : "ain-identity", signs, signer(i));
    const Signer& named = signer(made.how & under_anothers_name ? (i + 1) % kSigners : i);
    signatures[account_of(named.public_key()).text()] = memory.add(GIT_OBJECT_BLOB, signature);
  }
  std::vector<MemoryRepository::Item> files;
  for (const auto& [account, oid] : signatures) files.push_back({"100644", account, oid});
  std::vector<MemoryRepository::Item> items = {{"100644", "identity.json", memory.add(GIT_OBJECT_BLOB, made.document)},
                                               {"40000", "signatures", memory.add_tree(files)}};
  if (made.how & with_more_in_the_tree) items.push_back({"100644", "x", items[0].oid});
  std::vector<git_oid> parents;
  if (!before.empty()) parents.push_back(before.back().commit);
  const std::string commit = MemoryRepository::commit_text(memory.add_tree(items), parents, 0);
  made.commit = memory.add(GIT_OBJECT_COMMIT, commit + fmt::format("\n{}\n", before.size()));
  return made;
}

void check_identity(const Identity& identity, const Made& made, const std::optional<Identity>& before) {
  const auto delegates = static_cast<int64_t>(identity.delegates.size());
  must(delegates >= 1 && identity.delegates.size() <= kDelegatesMax && identity.threshold >= 1 && identity.threshold <= delegates);
  must(identity.revision == (before ? before->revision + 1 : 0) && (before || delegates == 1));
  must(!before || (identity.id == before->id && identity.salt == before->salt));
  must((made.how & kWrong) == 0);
  const Identity& judges = before ? *before : identity;
  must(static_cast<int64_t>(made.signatures()) >= judges.threshold);
  for (size_t i = 0; i < kSigners; ++i) must((made.how >> i & 1) == 0 || judges.is_delegate(account_of(signer(i).public_key())));
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  using ain::must;
  ain::Input input(data, size);
  MemoryRepository& memory = MemoryRepository::empty();
  std::vector<Made> revisions;
  std::optional<Identity> last;
  while (!input.at_end() && revisions.size() < kRevisionsMax) {
    revisions.push_back(make(memory, input.text(), revisions));
    const std::string commit = to_id(revisions.back().commit);
    const auto identity = ain::value_or_error([&] { return *read_identity_at(memory.repository(), commit); });
    if (!identity) {
      // Nor can anything go on from it.
      revisions.push_back(make(memory, input.text(), revisions));
      must(!ain::value_or_error([&] { return *read_identity_at(memory.repository(), to_id(revisions.back().commit)); }));
      return 0;
    }
    check_identity(*identity, revisions.back(), last);
    if (last) check_identity_update(memory.repository(), to_id(revisions[revisions.size() - 2].commit), commit);
    last = *identity;
  }
  return 0;
}
