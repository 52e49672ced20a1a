#include "repo/loose_reader.h"

#include <git2/sys/odb_backend.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>

#include "base/files.h"
#include "base/text.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLooseBytesMax = size_t{4} << 30;
constexpr size_t kHeaderBytesMax = 64;
constexpr int kAlternateDepthMax = 5;  // as git
constexpr int kPriority = 1;           // after packs, as libgit2's own loose backend

struct LooseBackend {
  git_odb_backend base;  // first: libgit2 hands out pointers to it
  std::vector<fs::path> folders;
};

struct Header {
  git_object_t type = GIT_OBJECT_INVALID;
  size_t size = 0;
};

Header parse_header(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == text.npos) fail(ErrorKind::failed, "its header is malformed");
  const Header header{
      git_object_string2type(std::string(text.substr(0, space)).c_str()),
      static_cast<size_t>(parse_integer(text.substr(space + 1), 0, kLooseBytesMax).value_or(-1))};
  if (header.type == GIT_OBJECT_INVALID || header.size > kLooseBytesMax)
    fail(ErrorKind::failed, "its header is malformed");
  return header;
}

void end_inflate(z_stream* stream) { inflateEnd(stream); }

// Unpacks one whole object into memory that libgit2 will free.
class Unpacker {
 public:
  explicit Unpacker(const std::string& file) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
    stream_.avail_in = static_cast<uInt>(file.size());
    if (file.size() > UINT_MAX || inflateInit(&stream_) != Z_OK)
      fail(ErrorKind::failed, "it cannot be unpacked");
    owner_.reset(&stream_);
    read_header();
    // Before there is memory for it: a few damaged bytes can say anything.
    if (header_.size / kInflateFactorMax > file.size()) fail(ErrorKind::failed, "it is shorter than it says");
  }

  const Header& header() const { return header_; }

  void unpack(char* target) {
    AIN_ASSERT(started_.size() <= header_.size);
    std::memcpy(target, started_.data(), started_.size());
    size_t done = started_.size();
    while (!ended_) {
      char surplus;
      const bool full = done == header_.size;
      const size_t room = full ? 1 : std::min(header_.size - done, size_t{1} << 30);
      const size_t made = inflate_into(full ? &surplus : target + done, room);
      if (full && made > 0) fail(ErrorKind::failed, "it is longer than it says");
      done += made;
    }
    if (done != header_.size) fail(ErrorKind::failed, "it is shorter than it says");
  }

 private:
  size_t inflate_into(char* target, size_t room) {
    stream_.next_out = reinterpret_cast<Bytef*>(target);
    stream_.avail_out = static_cast<uInt>(room);
    const int code = ::inflate(&stream_, Z_SYNC_FLUSH);
    const size_t made = room - stream_.avail_out;
    if (code == Z_STREAM_END) {
      ended_ = true;
    } else if (code != Z_OK || made == 0) {
      if (code == Z_DATA_ERROR) fail(ErrorKind::failed, "its compression is damaged");
      fail(ErrorKind::failed, "it is cut off");
    }
    return made;
  }

  void read_header() {
    std::array<char, kHeaderBytesMax> buffer;
    size_t size = 0;
    const char* end = nullptr;
    while (end == nullptr) {
      if (ended_ || size == buffer.size()) fail(ErrorKind::failed, "its header is malformed");
      size += inflate_into(buffer.data() + size, buffer.size() - size);
      end = static_cast<const char*>(std::memchr(buffer.data(), '\0', size));
    }
    header_ = parse_header({buffer.data(), static_cast<size_t>(end - buffer.data())});
    started_.assign(end + 1, static_cast<size_t>(buffer.data() + size - end - 1));
    if (started_.size() > header_.size) fail(ErrorKind::failed, "it is longer than it says");
  }

  z_stream stream_{};
  Handle<z_stream, end_inflate> owner_;
  Header header_;
  std::string started_;  // what came with the header
  bool ended_ = false;
};

std::string relative_path(const git_oid& oid) {
  const ObjectId id = to_id(oid);
  return id.substr(0, 2) + "/" + id.substr(2);
}

int read_loose(void** data, size_t* size, git_object_t* type, git_odb_backend* base, const git_oid* oid) {
  try {
    for (const fs::path& folder : reinterpret_cast<LooseBackend*>(base)->folders) {
      const auto file = read_file_if_exists(folder / relative_path(*oid), kLooseBytesMax);
      if (!file) continue;
      Unpacker unpacker(*file);
      const Header header = unpacker.header();
      void* target = git_odb_backend_data_alloc(base, header.size + 1);
      if (target == nullptr) return -1;
      try {
        unpacker.unpack(static_cast<char*>(target));
      } catch (...) {
        git_odb_backend_data_free(base, target);
        throw;
      }
      static_cast<char*>(target)[header.size] = '\0';
      *data = target;
      *size = header.size;
      *type = header.type;
      return 0;
    }
    return GIT_ENOTFOUND;
  } catch (const std::exception& error) {
    git_error_set_str(GIT_ERROR_ODB,
                      fmt::format("object {} is damaged: {}", to_id(*oid), error.what()).c_str());
    return -1;
  }
}

// The one object whose id starts with the first `length` digits of `key`.
int find_by_prefix(git_oid* found, const LooseBackend& backend, const git_oid& key, size_t length) {
  const ObjectId prefix = to_id(key).substr(0, length);
  std::optional<ObjectId> match;
  for (const fs::path& folder : backend.folders) {
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(folder / prefix.substr(0, 2), absent)) {
      const ObjectId id = prefix.substr(0, 2) + entry.path().filename().string();
      if (id.size() != GIT_OID_HEXSZ || !id.starts_with(prefix) || id == match) continue;
      if (match) return GIT_EAMBIGUOUS;
      match = id;
    }
  }
  if (!match) return GIT_ENOTFOUND;
  return git_oid_fromstr(found, match->c_str());
}

int read_loose_prefix(git_oid* found, void** data, size_t* size, git_object_t* type, git_odb_backend* base,
                      const git_oid* key, size_t length) {
  try {
    if (length < 2) return GIT_EAMBIGUOUS;
    const int code = find_by_prefix(found, *reinterpret_cast<LooseBackend*>(base), *key, length);
    return code < 0 ? code : read_loose(data, size, type, base, found);
  } catch (const std::exception& error) {
    git_error_set_str(GIT_ERROR_ODB, error.what());
    return -1;
  }
}

void free_backend(git_odb_backend* base) { delete reinterpret_cast<LooseBackend*>(base); }

void add_folders(const fs::path& objects, int depth, std::vector<fs::path>& folders) {
  if (depth > kAlternateDepthMax || std::find(folders.begin(), folders.end(), objects) != folders.end())
    return;
  folders.push_back(objects);
  const std::string lines = read_file_if_exists(objects / "info" / "alternates", 1 << 20).value_or("");
  for (const std::string& line : split(lines, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    add_folders(fs::path(line).is_absolute() ? fs::path(line) : objects / line, depth + 1, folders);
  }
}

}  // namespace

std::vector<fs::path> object_folders(const fs::path& objects) {
  std::vector<fs::path> folders;
  add_folders(objects, 0, folders);
  return folders;
}

void replace_loose_reading(git_odb* odb, std::vector<fs::path> folders) {
  for (size_t i = 0; i < git_odb_num_backends(odb); ++i) {
    git_odb_backend* backend = nullptr;
    check(git_odb_get_backend(&backend, odb, i), "cannot open the object store");
    const bool loose = backend->write != nullptr && backend->writepack == nullptr;
    if (!loose) continue;
    backend->read = nullptr;
    backend->read_prefix = nullptr;
  }
  auto own = std::make_unique<LooseBackend>();
  check(git_odb_init_backend(&own->base, GIT_ODB_BACKEND_VERSION), "cannot open the object store");
  own->base.read = read_loose;
  own->base.read_prefix = read_loose_prefix;
  own->base.free = free_backend;
  own->folders = std::move(folders);
  check(git_odb_add_backend(odb, &own->base, kPriority), "cannot open the object store");
  own.release();
}

}  // namespace ain::repo
