#include "remote/node/code.h"

#include "base/files.h"

namespace ain::remote {

CodeCache::CodeCache(std::filesystem::path folder, std::filesystem::path hosted_folder)
    : folder_(std::move(folder)), hosted_folder_(std::move(hosted_folder)) {
  make_private_folder(folder_);
}

repo::Repository CodeCache::open(const RepositoryId& id) {
  const std::lock_guard lock(mutex_);
  const auto folder = folder_ / (id.text() + ".git");
  if (!std::filesystem::exists(folder / "HEAD")) repo::Repository::init(folder, true);
  const auto hosted = hosted_folder_ / (id.text() + ".git") / "objects";
  const auto alternates = folder / "objects" / "info" / "alternates";
  if (std::filesystem::exists(hosted) && !std::filesystem::exists(alternates)) {
    make_private_folder(alternates.parent_path());
    write_file_atomic(alternates, hosted.string() + "\n");
  }
  return repo::Repository::open(folder);
}

bool CodeCache::has(const exec::JobSpec& spec) {
  const repo::Repository repository = open(RepositoryId::parse(spec.repository));
  return repository.has_commit(spec.commit) && repository.has_commit(spec.identity);
}

std::vector<repo::ObjectId> CodeCache::haves(const RepositoryId& id) {
  std::vector<repo::ObjectId> tips = repo::known_tips(open(id));
  const auto hosted = hosted_folder_ / (id.text() + ".git");
  if (std::filesystem::exists(hosted / "HEAD")) {
    for (auto& tip : repo::known_tips(repo::Repository::open(hosted))) tips.push_back(std::move(tip));
  }
  if (tips.size() > repo::kHavesMax) tips.resize(repo::kHavesMax);
  return tips;
}

void CodeCache::take(const exec::JobSpec& spec, const std::filesystem::path& pack, const std::string& name) {
  repo::Repository repository = open(RepositoryId::parse(spec.repository));
  repo::take_pack(repository, pack, {spec.commit, spec.identity});
  repository.set_reference("refs/ain/jobs/" + name + "/commit", spec.commit, "job " + name);
  repository.set_reference("refs/ain/jobs/" + name + "/identity", spec.identity, "job " + name);
}

}  // namespace ain::remote
