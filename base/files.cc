#include "base/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"

namespace ain {
namespace {

std::optional<std::string> read_opened(const std::filesystem::path& path, size_t bytes_max) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    fail_errno(fmt::format("cannot read '{}'", path.string()));
  }
  return read_all(fd.get(), bytes_max, path.string());
}

void sync_folder(const std::filesystem::path& folder) {
  const Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) fsync(fd.get());
}

std::filesystem::path parent_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// Writes `bytes` to a new file beside `path` and returns its name; removes it when anything fails.
std::filesystem::path write_beside(const std::filesystem::path& path, std::string_view bytes, int mode) {
  std::filesystem::path temporary = path;
  temporary += ".tmp-" + to_hex(random_bytes(6));
  const Fd fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  const std::string what = fmt::format("cannot write '{}'", path.string());
  if (!fd) fail_errno(what);
  try {
    write_all(fd.get(), bytes, path.string());
    if (fchmod(fd.get(), static_cast<mode_t>(mode)) != 0 || fsync(fd.get()) != 0) fail_errno(what);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  return temporary;
}

// The ways to name a file without replacing another, best first; 0 or what errno says.
int rename_exclusively(const char* from, const char* to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : errno; }

int rename_by_link(const char* from, const char* to) {
  if (link(from, to) != 0) return errno;
  unlink(from);
  return 0;
}

int rename_over_a_claim(const char* from, const char* to) {
  if (!Fd(open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600))) return errno;
  if (rename(from, to) == 0) return 0;
  const int code = errno;
  unlink(to);
  return code;
}

}  // namespace

std::string read_file(const std::filesystem::path& path, size_t bytes_max) {
  if (auto bytes = read_opened(path, bytes_max)) return std::move(*bytes);
  fail(ErrorKind::failed, "cannot read '{}': {}", path.string(), errno_text(ENOENT));
}

std::optional<std::string> read_file_if_exists(const std::filesystem::path& path, size_t bytes_max) {
  return read_opened(path, bytes_max);
}

void write_file_atomic(const std::filesystem::path& path, std::string_view bytes, int mode) {
  const auto temporary = write_beside(path, bytes, mode);
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int code = errno;
    unlink(temporary.c_str());
    errno = code;
    fail_errno(fmt::format("cannot write '{}'", path.string()));
  }
  sync_folder(parent_of(path));
}

void rename_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const auto way : {rename_exclusively, rename_by_link, rename_over_a_claim}) {
    const int code = way(from.c_str(), to.c_str());
    if (code == 0) return sync_folder(parent_of(to));
    if (code == EEXIST) fail(ErrorKind::failed, "'{}' exists already", to.string());
    // What the file system cannot do it says in many ways; the last one says what is really wrong.
    errno = code;
  }
  fail_errno(fmt::format("cannot write '{}'", to.string()));
}

void write_new_file(const std::filesystem::path& path, std::string_view bytes, int mode) {
  const auto temporary = write_beside(path, bytes, mode);
  try {
    rename_new(temporary, path);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
}

void make_private_folder(const std::filesystem::path& path) {
  if (path.empty()) return;
  struct stat info {};
  if (stat(path.c_str(), &info) == 0) {
    if (!S_ISDIR(info.st_mode)) fail(ErrorKind::failed, "'{}' is not a folder", path.string());
    return;
  }
  if (path.has_parent_path() && path.parent_path() != path) make_private_folder(path.parent_path());
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    fail_errno(fmt::format("cannot make the folder '{}'", path.string()));
  }
}

void write_all(int fd, std::string_view bytes, std::string_view subject) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno(fmt::format("cannot write '{}'", subject));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

std::string read_all(int fd, size_t bytes_max, std::string_view subject) {
  std::string bytes;
  struct stat info {};
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
    bytes.reserve(std::min(bytes_max, static_cast<size_t>(info.st_size)) + 1);
  }
  char buffer[64 << 10];
  while (true) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_errno(fmt::format("cannot read '{}'", subject));
    if (got == 0) return bytes;
    if (bytes.size() + static_cast<size_t>(got) > bytes_max) {
      fail(ErrorKind::failed, "'{}' is larger than {}", subject, bytes_text(static_cast<int64_t>(bytes_max)));
    }
    bytes.append(buffer, static_cast<size_t>(got));
  }
}

std::optional<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info;
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0) return std::nullopt;
  const auto size = static_cast<size_t>(info.st_size);
  void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (bytes == MAP_FAILED) return std::nullopt;
  return MappedFile({static_cast<const char*>(bytes), size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

TemporaryFolder::TemporaryFolder(std::string_view name, const std::filesystem::path& parent) {
  const auto base = parent.empty() ? std::filesystem::temp_directory_path() : parent;
  path_ = base / fmt::format("{}-{}", name, to_hex(random_bytes(6)));
  if (mkdir(path_.c_str(), 0700) != 0) fail_errno(fmt::format("cannot make the folder '{}'", path_.string()));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what a job made unreadable stays for the next clean-up
  std::filesystem::remove_all(path_, ignored);
}

FileLock FileLock::acquire(const std::filesystem::path& path) {
  FileLock lock;
  lock.fd_ = Fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.fd_) fail_errno(fmt::format("cannot open the lock '{}'", path.string()));
  while (flock(lock.fd_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) fail_errno(fmt::format("cannot lock '{}'", path.string()));
  }
  return lock;
}

std::optional<FileLock> FileLock::try_acquire(const std::filesystem::path& path) {
  FileLock lock;
  lock.fd_ = Fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.fd_) fail_errno(fmt::format("cannot open the lock '{}'", path.string()));
  if (flock(lock.fd_.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) return std::nullopt;
  fail_errno(fmt::format("cannot lock '{}'", path.string()));
}

}  // namespace ain
