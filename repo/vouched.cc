#include "repo/vouched.h"

#include <algorithm>
#include <limits>

#include "repo/commit_object.h"
#include "repo/walk/history.h"

namespace ain::repo {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

Vouched::Vouched(const Repository& repository, const ObjectId& tip,
                 const std::function<bool(const PublicKey&)>& is_trusted, std::vector<int64_t> moments) {
  std::sort(moments.begin(), moments.end());
  OdbSource source(repository);
  const GitOdb odb = object_store(repository);
  const auto nothing_known = [](const git_oid&) { return false; };
  const std::vector<HistoryCommit> commits =
      read_history(source, to_oid(tip), nothing_known, shallow_commits(repository));
  // Children before parents: what vouches for a commit vouches for all it descends from.
  for (auto at = commits.rbegin(); at != commits.rend(); ++at) {
    int64_t earliest = earliest_.try_emplace(at->oid, kNever).first->second;
    // A signature is looked at only where it can change an answer; mostly that is in the newest commits alone.
    if (moments.front() <= earliest) {
      const CommitObject commit = read_commit(odb.get(), at->oid);
      const auto next = std::upper_bound(moments.begin(), moments.end(), commit.committed_s);
      if (next != moments.end() && *next <= earliest) {
        const auto signer = signer_of(commit);
        if (signer && is_trusted(*signer)) earliest = commit.committed_s;
      }
    }
    earliest_[at->oid] = earliest;
    for (const git_oid& parent : at->parents) {
      int64_t& theirs = earliest_.try_emplace(parent, kNever).first->second;
      theirs = std::min(theirs, earliest);
    }
  }
}

bool Vouched::before(const git_oid& commit, int64_t moment) const {
  const auto found = earliest_.find(commit);
  return found != earliest_.end() && found->second < moment;
}

}  // namespace ain::repo
