// Commits of a trusted key, of another one and of none, at all times: which of them were there before a moment is what looking at each of
// them and all that it descends from says.
#include <string>

#include "base/sshsig.h"
#include "repo/vouched.h"
#include "tests/fuzz/memory_repository.h"

namespace ain::repo {
namespace {

constexpr size_t kCommitsMax = 12;
constexpr size_t kMoments = 3;

struct Made {
  git_oid oid{};
  std::vector<size_t> parents;
  bool is_trusted = false;
  int64_t time_s = 0;
};

const Signer& signer(bool trusted) {
  static const auto trusted_key = key_from_seed(std::string(32, 't'));
  static const auto other_key = key_from_seed(std::string(32, 'o'));
  return trusted ? *trusted_key : *other_key;
}

std::string with_signature(const std::string& headers, const std::string& message, const Signer& key) {
  std::string signature = "gpgsig ";
  for (const char c : sshsig_sign("git", headers + message, key)) signature += c == '\n' ? std::string("\n ") : std::string(1, c);
  signature.pop_back();
  return headers + signature + message;
}

Made make(MemoryRepository& memory, const git_oid& tree, Input& input, const std::vector<Made>& before) {
  Made made;
  const uint8_t shape = input.byte();
  made.time_s = input.byte();
  std::vector<git_oid> parents;
  for (size_t count = before.empty() ? 0 : shape % 4; count > 0; --count) {
    made.parents.push_back(input.below(static_cast<uint32_t>(before.size())));
    parents.push_back(before[made.parents.back()].oid);
  }
  const std::string headers = MemoryRepository::commit_text(tree, parents, made.time_s);
  const std::string message = fmt::format("\n{}\n", before.size());
  const int by = shape / 4 % 4;  // trusted twice, another, nobody
  made.is_trusted = by < 2;
  made.oid = memory.add(GIT_OBJECT_COMMIT, by == 3 ? headers + message : with_signature(headers, message, signer(made.is_trusted)));
  return made;
}

}  // namespace
}  // namespace ain::repo

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::repo;
  ain::Input input(data, size);
  MemoryRepository& memory = MemoryRepository::empty();
  const git_oid tree = memory.add_tree({});
  std::vector<int64_t> moments;
  while (moments.size() < kMoments) moments.push_back(input.byte());
  std::vector<Made> commits;
  while (commits.size() < kCommitsMax && (commits.empty() || !input.at_end())) commits.push_back(make(memory, tree, input, commits));
  const auto is_trusted = [](const ain::PublicKey& key) { return key == signer(true).public_key(); };
  const Vouched vouched(memory.repository(), to_id(commits.back().oid), is_trusted, moments);

  // The earliest time by which something trusted stood on each commit of the last one's history.
  constexpr int64_t kNever = INT64_MAX;
  std::vector<bool> in_history(commits.size(), false);
  std::vector<int64_t> earliest(commits.size(), kNever);
  in_history.back() = true;
  for (size_t i = commits.size(); i-- > 0;) {
    if (!in_history[i]) continue;
    if (commits[i].is_trusted) earliest[i] = std::min(earliest[i], commits[i].time_s);
    for (const size_t parent : commits[i].parents) {
      in_history[parent] = true;
      earliest[parent] = std::min(earliest[parent], earliest[i]);
    }
  }
  for (size_t i = 0; i < commits.size(); ++i) {
    for (const int64_t moment : moments) ain::must(vouched.before(commits[i].oid, moment) == (earliest[i] < moment));
  }
  return 0;
}
