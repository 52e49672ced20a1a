#include "repo/walk/renames.h"

#include <algorithm>

#include "base/text.h"
#include "repo/packs.h"
#include "repo/text_file.h"

namespace ain::repo {
namespace {

constexpr int64_t kScoreMax = 60'000;
constexpr int64_t kScoreMin = kScoreMax / 2;
constexpr int64_t kSameNameScoreMin = kScoreMax * 3 / 4;
constexpr size_t kPieceBytesMax = 64;
constexpr uint32_t kHashes = 107'927;
constexpr size_t kCacheBytes = size_t{64} << 20;
constexpr size_t kSameBlobsMax = 100;
constexpr size_t kCandidates = 4;
constexpr size_t kComparedPerStep = 64;  // bytes that are cut into pieces, or pieces that are compared

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

std::vector<std::pair<uint32_t, uint32_t>> pieces_of(std::string_view bytes) {
  std::vector<std::pair<uint32_t, uint32_t>> pieces;
  const bool text = !is_binary(bytes);
  uint32_t low = 0;
  uint32_t high = 0;
  uint32_t count = 0;
  const auto end_piece = [&] {
    pieces.emplace_back((low + high * 0x61) % kHashes, count);
    low = high = count = 0;
  };
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (text && byte == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n') continue;
    const uint32_t before = low;
    low = (low << 7) ^ (high >> 25);
    high = (high << 7) ^ (before >> 25);
    low += byte;
    if (++count == kPieceBytesMax || byte == '\n') end_piece();
  }
  if (count > 0) end_piece();
  std::sort(pieces.begin(), pieces.end());
  size_t kept = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (kept > 0 && pieces[kept - 1].first == pieces[i].first) {
      pieces[kept - 1].second += pieces[i].second;
    } else {
      pieces[kept++] = pieces[i];
    }
  }
  pieces.resize(kept);
  pieces.shrink_to_fit();
  return pieces;
}

// Lists what one tree has and another lacks.
class RemovedLister {
 public:
  explicit RemovedLister(TreeReader& trees) : trees_(trees) {}

  void list(const git_oid& before, const git_oid* after, const std::string& path, int level) {
    if (after != nullptr && git_oid_equal(&before, after) != 0) return;
    if (level > kTreeDepthMax) fail(ErrorKind::failed, "history holds a tree deeper than {} folders", kTreeDepthMax);
    const ParsedTreePtr old_tree = trees_.read(before);
    const ParsedTreePtr new_tree = after ? trees_.read(*after) : nullptr;
    for (const TreeItem& item : old_tree->items) {
      const TreeItem* now = new_tree ? new_tree->find(item.name) : nullptr;
      const bool is_folder_now = now != nullptr && now->kind == EntryKind::folder;
      std::string below = path_below(path, item.name);
      if (item.kind == EntryKind::folder) list(item.oid, is_folder_now ? &now->oid : nullptr, below + "/", level + 1);
      else if (now == nullptr || is_folder_now) add({std::move(below), item.oid, item.kind});
    }
  }

  std::vector<PathVersion> files;

 private:
  void add(PathVersion file) {
    path_bytes_ += file.path.size();
    if (std::ssize(files) >= kTreeEntriesMax || path_bytes_ > kChangedPathBytesMax) {
      fail(ErrorKind::failed, "history holds a commit that takes away more than {} files, or more than {} of their paths", kTreeEntriesMax,
           bytes_text(static_cast<int64_t>(kChangedPathBytesMax)));
    }
    files.push_back(std::move(file));
  }

  TreeReader& trees_;
  size_t path_bytes_ = 0;
};

}  // namespace

RemovedFiles::RemovedFiles(TreeReader& trees, const git_oid& before, const git_oid* after)
    : RemovedFiles([&] {
        RemovedLister removed(trees);
        removed.list(before, after, "", 1);
        std::sort(removed.files.begin(), removed.files.end(),
                  [](const PathVersion& a, const PathVersion& b) { return a.path < b.path; });
        return std::move(removed.files);
      }()) {}

RemovedFiles::RemovedFiles(std::vector<PathVersion> files) : files_(std::move(files)) {
  for (uint32_t i = 0; i < files_.size(); ++i) {
    by_blob_[files_[i].oid].push_back(i);
    by_name_[base_name(files_[i].path)].push_back(i);
  }
}

const PathVersion* RemovedFiles::same(const PathVersion& file) const {
  const auto versions = by_blob_.find(file.oid);
  if (versions == by_blob_.end()) return nullptr;
  const PathVersion* found = nullptr;
  size_t seen = 0;
  for (const uint32_t i : versions->second) {
    if (files_[i].kind != file.kind) continue;
    if (base_name(files_[i].path) == base_name(file.path)) return &files_[i];
    if (found == nullptr) found = &files_[i];
    if (++seen == kSameBlobsMax) break;
  }
  return found;
}

const PathVersion* RemovedFiles::only_namesake(const PathVersion& file) const {
  const auto namesakes = by_name_.find(base_name(file.path));
  return namesakes != by_name_.end() && namesakes->second.size() == 1 ? &files_[namesakes->second[0]] : nullptr;
}

RenameFinder::RenameFinder(ObjectSource& source, Effort* effort) : source_(source), effort_(effort), recent_(kCacheBytes) {}

void RenameFinder::count(size_t amount) {
  if (effort_ != nullptr) effort_->add(static_cast<int64_t>(amount / kComparedPerStep));
}

RenameFinder::FingerprintPtr RenameFinder::fingerprint(const git_oid& oid) {
  if (auto known = recent_.find(oid)) return *known;
  auto result = std::make_shared<Fingerprint>();
  if (const Bytes bytes = source_.read(oid, GIT_OBJECT_BLOB, kRenameBlobBytesMax)) {
    count(bytes->size());
    result->size = bytes->size();
    result->pieces = pieces_of(*bytes);
  }
  const size_t cost = result->pieces.size() * sizeof(result->pieces[0]) + 128;
  return recent_.add(oid, std::move(result), cost);
}

int64_t RenameFinder::likeness(const PathVersion& old_version, const Fingerprint& new_file) {
  if (old_version.kind != EntryKind::file) return 0;
  const FingerprintPtr kept = fingerprint(old_version.oid);
  const Fingerprint& old_file = *kept;
  const auto larger = static_cast<int64_t>(std::max(old_file.size, new_file.size));
  const auto smaller = static_cast<int64_t>(std::min(old_file.size, new_file.size));
  if (smaller == 0 || larger * (kScoreMax - kScoreMin) < (larger - smaller) * kScoreMax) return 0;
  count(old_file.pieces.size() + new_file.pieces.size());
  int64_t both = 0;
  auto at = new_file.pieces.begin();
  for (const auto& [hash, bytes] : old_file.pieces) {
    while (at != new_file.pieces.end() && at->first < hash) ++at;
    if (at == new_file.pieces.end()) break;
    if (at->first == hash) both += std::min(bytes, at->second);
  }
  return both * kScoreMax / larger;
}

const PathVersion* RenameFinder::find_obvious(const RemovedFiles& removed, const PathVersion& file) {
  if (const PathVersion* same = removed.same(file)) return same;
  const PathVersion* namesake = removed.only_namesake(file);
  if (namesake == nullptr || file.kind != EntryKind::file) return nullptr;
  return likeness(*namesake, *fingerprint(file.oid)) >= kSameNameScoreMin ? namesake : nullptr;
}

const PathVersion* RenameFinder::find(const RemovedFiles& removed, const PathVersion& file) {
  const PathVersion* obvious = find_obvious(removed, file);
  if (obvious != nullptr || removed.all().size() > kRenamePairsMax) return obvious;
  return find_most_alike(removed, file);
}

const PathVersion* RenameFinder::find_most_alike(const RemovedFiles& removed, const PathVersion& file) {
  if (file.kind != EntryKind::file || removed.all().empty()) return nullptr;
  const FingerprintPtr mine = fingerprint(file.oid);
  struct Candidate {
    const PathVersion* version = nullptr;
    int64_t score = -1;
    bool namesake = false;

    bool is_better_than(const Candidate& other) const {
      return score != other.score ? score > other.score : namesake && !other.namesake;
    }
  };
  std::array<Candidate, kCandidates> best;
  const auto is_better = [](const Candidate& a, const Candidate& b) { return a.is_better_than(b); };
  for (const PathVersion& old_version : removed.all()) {
    const Candidate next{&old_version, likeness(old_version, *mine),
                         base_name(old_version.path) == base_name(file.path)};
    Candidate& worst = *std::max_element(best.begin(), best.end(), is_better);
    if (next.is_better_than(worst)) worst = next;
  }
  const Candidate& found = *std::min_element(best.begin(), best.end(), is_better);
  return found.score >= kScoreMin ? found.version : nullptr;
}

}  // namespace ain::repo
