#include "repo/walk/renames.h"

#include <algorithm>

#include "repo/tokens.h"

namespace ain::repo {
namespace {

constexpr int64_t kScoreMax = 60'000;
constexpr int64_t kScoreMin = kScoreMax / 2;
constexpr int64_t kSameNameScoreMin = kScoreMax * 3 / 4;
constexpr size_t kPieceBytesMax = 64;
constexpr uint32_t kHashes = 107'927;
constexpr size_t kCacheBytes = size_t{64} << 20;

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

}  // namespace

RenameFinder::RenameFinder(ObjectSource& source) : source_(source), recent_(kCacheBytes) {}

RenameFinder::FingerprintPtr RenameFinder::fingerprint(const git_oid& oid) {
  if (const FingerprintPtr* known = recent_.find(oid)) return *known;
  auto result = std::make_shared<Fingerprint>();
  if (const Bytes bytes = source_.read(oid, GIT_OBJECT_BLOB, kRenameBlobBytesMax)) {
    result->size = bytes->size();
    result->pieces = pieces_of(*bytes);
  }
  const size_t cost = result->pieces.size() * sizeof(result->pieces[0]) + 128;
  return recent_.add(oid, std::move(result), cost);
}

int64_t RenameFinder::likeness(const Fingerprint& old_file, const Fingerprint& new_file) {
  const auto larger = static_cast<int64_t>(std::max(old_file.size, new_file.size));
  const auto smaller = static_cast<int64_t>(std::min(old_file.size, new_file.size));
  if (smaller == 0 || larger * (kScoreMax - kScoreMin) < (larger - smaller) * kScoreMax) return 0;
  int64_t both = 0;
  auto at = new_file.pieces.begin();
  for (const auto& [hash, bytes] : old_file.pieces) {
    while (at != new_file.pieces.end() && at->first < hash) ++at;
    if (at == new_file.pieces.end()) break;
    if (at->first == hash) both += std::min(bytes, at->second);
  }
  return both * kScoreMax / larger;
}

const RemovedFile* RenameFinder::find(const std::vector<RemovedFile>& removed, const std::string& path,
                                      const git_oid& oid, bool all_rules) {
  if (removed.empty()) return nullptr;
  const std::string_view name = base_name(path);
  const RemovedFile* same = nullptr;
  const RemovedFile* namesake = nullptr;
  size_t namesakes = 0;
  for (const RemovedFile& file : removed) {
    const bool named_alike = base_name(file.path) == name;
    if (git_oid_equal(&file.oid, &oid) != 0) {
      if (same == nullptr || (named_alike && base_name(same->path) != name)) same = &file;
    }
    if (named_alike) {
      namesake = &file;
      ++namesakes;
    }
  }
  if (same != nullptr) return same;
  if (namesakes != 1 && !all_rules) return nullptr;
  const FingerprintPtr mine = fingerprint(oid);
  if (namesakes == 1 && likeness(*fingerprint(namesake->oid), *mine) >= kSameNameScoreMin) return namesake;
  if (!all_rules) return nullptr;
  const RemovedFile* best = nullptr;
  int64_t best_score = 0;
  for (const RemovedFile& file : removed) {
    const int64_t score = likeness(*fingerprint(file.oid), *mine);
    if (score < kScoreMin) continue;
    const bool better = best == nullptr || score > best_score ||
                        (score == best_score && base_name(file.path) == name && base_name(best->path) != name);
    if (!better) continue;
    best = &file;
    best_score = score;
  }
  return best;
}

}  // namespace ain::repo
