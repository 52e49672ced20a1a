#include "repo/walk/objects.h"

#include <algorithm>
#include <mutex>

#include "repo/packs.h"
#include "repo/walk/packed.h"

namespace ain::repo {
namespace {

constexpr size_t kTreeObjectBytesMax = size_t{128} << 20;
constexpr size_t kModeDigitsMax = 6;

std::mutex trust_mutex;
int trusting = 0;

EntryKind kind_of(uint32_t mode) {
  switch (mode & 0170000) {
    case 0040000: return EntryKind::folder;
    case 0100000: return EntryKind::file;
    case 0120000: return EntryKind::link;
    default: return EntryKind::other;
  }
}

[[noreturn]] void fail_tree(const git_oid& oid, std::string_view why) {
  fail_with_hint(ErrorKind::failed, "run 'git fsck' to see what is damaged", "tree '{}' is malformed: {}",
                 to_id(oid), why);
}

}  // namespace

TrustedReads::TrustedReads() {
  const std::lock_guard lock(trust_mutex);
  if (trusting++ == 0) git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
}

TrustedReads::~TrustedReads() {
  const std::lock_guard lock(trust_mutex);
  if (--trusting == 0) git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
}

OdbSource::OdbSource(const Repository& repository) : odb_(object_store(repository)) {}
OdbSource::OdbSource(const Repository& repository, std::shared_ptr<PackedObjects> packs)
    : odb_(object_store(repository)), packs_(std::make_unique<PackReader>(std::move(packs))) {}
OdbSource::~OdbSource() = default;

Bytes OdbSource::read(const git_oid& oid, git_object_t type, size_t bytes_max) {
  if (packs_) {
    const auto packed = packs_->read(oid);
    if (packed && packed->type == type) return packed->bytes->size() <= bytes_max ? packed->bytes : nullptr;
  }
  GitOdbObject object;
  const auto fail_reading = [&oid](int code) { check(code, fmt::format("cannot read object '{}'", to_id(oid))); };
  size_t size = 0;
  git_object_t found = GIT_OBJECT_INVALID;
  if (type == GIT_OBJECT_BLOB) {  // only of these a size beyond the limit is no error
    fail_reading(git_odb_read_header(&size, &found, odb_.get(), &oid));
    if (found == type && size > bytes_max) return nullptr;
  }
  fail_reading(git_odb_read(out(object), odb_.get(), &oid));
  found = git_odb_object_type(object.get());
  if (found != type) {
    fail(ErrorKind::failed, "object '{}' is a {}, not a {}", to_id(oid), git_object_type2string(found),
         git_object_type2string(type));
  }
  if (git_odb_object_size(object.get()) > bytes_max) return nullptr;
  return std::make_shared<const std::string>(static_cast<const char*>(git_odb_object_data(object.get())),
                                             git_odb_object_size(object.get()));
}

const TreeItem* ParsedTree::find(std::string_view name) const {
  const auto at = std::lower_bound(items.begin(), items.end(), name,
                                   [](const TreeItem& item, std::string_view key) { return item.name < key; });
  return at != items.end() && at->name == name ? &*at : nullptr;
}

ParsedTree parse_tree(Bytes bytes, const git_oid& oid) {
  ParsedTree tree;
  std::string_view rest = *bytes;
  tree.items.reserve(rest.size() / 32);
  while (!rest.empty()) {
    uint32_t mode = 0;
    size_t digits = 0;
    while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '7') {
      mode = mode * 8 + static_cast<uint32_t>(rest[digits++] - '0');
      if (digits > kModeDigitsMax) fail_tree(oid, "a mode is too long");
    }
    if (digits == 0 || digits == rest.size() || rest[digits] != ' ') fail_tree(oid, "a mode is missing");
    rest.remove_prefix(digits + 1);
    const size_t end = rest.find('\0');
    if (end == rest.npos || rest.size() - end - 1 < GIT_OID_RAWSZ) fail_tree(oid, "it ends within an entry");
    TreeItem& item = tree.items.emplace_back();
    item.name = rest.substr(0, end);
    if (item.name.empty() || item.name.find('/') != item.name.npos) fail_tree(oid, "a name is not one");
    item.kind = kind_of(mode);
    std::memcpy(item.oid.id, rest.data() + end + 1, GIT_OID_RAWSZ);
    rest.remove_prefix(end + 1 + GIT_OID_RAWSZ);
    if (static_cast<int64_t>(tree.items.size()) > kTreeEntriesMax) {
      fail(ErrorKind::failed, "history holds a folder with more than {} entries", kTreeEntriesMax);
    }
  }
  const auto by_name = [](const TreeItem& a, const TreeItem& b) { return a.name < b.name; };
  if (!std::is_sorted(tree.items.begin(), tree.items.end(), by_name)) {
    std::sort(tree.items.begin(), tree.items.end(), by_name);
  }
  for (size_t i = 1; i < tree.items.size(); ++i) {
    if (tree.items[i - 1].name == tree.items[i].name) fail_tree(oid, "a name is there twice");
  }
  tree.bytes = std::move(bytes);
  return tree;
}

std::string path_below(const std::string& folder, std::string_view name) {
  if (folder.size() + name.size() > kTreePathBytesMax) {
    fail(ErrorKind::failed, "history holds a path of more than {} bytes", kTreePathBytesMax);
  }
  std::string path = folder;
  path += name;
  return path;
}

TreeReader::TreeReader(ObjectSource& source, std::shared_ptr<TreeCache> recent, Effort* effort)
    : source_(source), recent_(std::move(recent)), effort_(effort) {}

ParsedTreePtr TreeReader::read(const git_oid& oid) {
  auto tree = recent_->find(oid);
  if (!tree) {
    Bytes bytes = source_.read(oid, GIT_OBJECT_TREE, kTreeObjectBytesMax);
    if (bytes == nullptr) fail(ErrorKind::failed, "history holds a folder of more than {} bytes", kTreeObjectBytesMax);
    tree = std::make_shared<const ParsedTree>(parse_tree(std::move(bytes), oid));
    const size_t cost = (*tree)->bytes->size() + (*tree)->items.size() * sizeof(TreeItem) + 256;
    tree = recent_->add(oid, *tree, cost);
  }
  if (effort_ != nullptr) effort_->read_tree((*tree)->bytes->size());
  return *tree;
}

}  // namespace ain::repo
