// The code a provider runs: one bare repository for each repository id it has seen, apart from those it hosts (whose objects it
// borrows, so that a commit already hosted here is not sent again).
#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/ids.h"
#include "exec/job.h"
#include "repo/packs.h"

namespace ain::remote {

class CodeCache {
 public:
  CodeCache(std::filesystem::path folder, std::filesystem::path hosted_folder);

  repo::Repository open(const RepositoryId& id);              // made when missing
  bool has(const exec::JobSpec& spec);                        // the job's commit, and the identity that it names
  std::vector<repo::ObjectId> haves(const RepositoryId& id);  // what a sender may leave out
  // Takes a stranger's pack and keeps commit and identity alive under refs/ain/jobs/NAME/.
  void take(const exec::JobSpec& spec, const std::filesystem::path& pack, const std::string& name);

 private:
  std::filesystem::path folder_, hosted_folder_;
  std::mutex mutex_;  // making a repository
};

}  // namespace ain::remote
