// Files that are whole or absent: atomic writes, bounded reads, locks, private folders.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/handle.h"

namespace ain {

// Throws `failed` when it is missing, unreadable, or larger than `bytes_max`.
std::string read_file(const std::filesystem::path& path, size_t bytes_max = 64 << 20);
std::optional<std::string> read_file_if_exists(const std::filesystem::path& path, size_t bytes_max = 64 << 20);

// Writes beside the target, fsyncs, renames, fsyncs the folder. A full disk throws `exhausted` and leaves the old file.
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes, int mode = 0644);
// Gives `from` the name `to` of the same file system, never over a file that is there: throws `failed` when there is one. Where the file
// system can do neither that nor hard links, the name is taken by an empty file first, which is all that a crash then may leave.
void rename_new(const std::filesystem::path& from, const std::filesystem::path& to);
// Fails when PATH exists.
void write_new_file(const std::filesystem::path& path, std::string_view bytes, int mode = 0644);

void make_private_folder(const std::filesystem::path& path);  // with parents, 0700
void write_all(int fd, std::string_view bytes, std::string_view subject);
std::string read_all(int fd, size_t bytes_max, std::string_view subject);

// A file's bytes, read when they are looked at. Whoever shortens the file ends the program.
class MappedFile {
 public:
  static std::optional<MappedFile> open(const std::filesystem::path& path);  // nothing where it cannot be read, or is empty
  std::string_view bytes() const { return bytes_; }
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

// A folder that goes with its owner.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string_view name, const std::filesystem::path& parent = {});
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// An exclusive flock on PATH, created when missing; released with the object or the process.
class FileLock {
 public:
  static FileLock acquire(const std::filesystem::path& path);                     // waits
  static std::optional<FileLock> try_acquire(const std::filesystem::path& path);  // nothing when somebody holds it

 private:
  Fd fd_;
};

}  // namespace ain
