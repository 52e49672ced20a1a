#include "exec/outputs.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "exec/project.h"

namespace ain::exec {

namespace fs = std::filesystem;

namespace {

constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kSkippedMax = 1000;

// Opens below `folder`, never through a symlink, another mount or "..".
Fd open_below(int folder, const std::string& path, uint64_t flags) {
  open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  return Fd(static_cast<int>(syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how)));
}

Fd open_root(const fs::path& path) {
  Fd root(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) fail_errno("cannot open '" + path.string() + "'");
  return root;
}

class Collector {
 public:
  Collector(Fd root, fs::path store) : root_(std::move(root)), store_(std::move(store)) {}

  void collect(std::string path) {
    while (path.ends_with('/')) path.pop_back();
    visit(path, 0);
  }
  OutputSet take() {
    std::sort(set_.skipped.begin(), set_.skipped.end());
    for (auto& [path, file] : files_) set_.files.push_back(std::move(file));
    return std::move(set_);
  }

 private:
  void skip(const std::string& path, std::string_view why) {
    if (set_.skipped.size() < kSkippedMax) set_.skipped.push_back(fmt::format("{}: {}", sanitize(path), why));
  }
  void visit(const std::string& path, int depth);
  void visit_folder(const std::string& path, Fd folder, int depth);
  void copy(const std::string& path, int64_t expected);

  Fd root_;
  fs::path store_;
  OutputSet set_;
  std::map<std::string, OutputFile> files_;
  int64_t bytes_ = 0;
  int64_t entries_ = 0;
};

void Collector::visit(const std::string& path, int depth) {
  if (!is_output_path(path)) return skip(path, "not a name that can be sent");
  if (files_.contains(path)) return;
  if (++entries_ > 2 * kOutputFilesMax || static_cast<int64_t>(files_.size()) >= kOutputFilesMax)
    return skip(path, fmt::format("more than {} files", kOutputFilesMax));
  // O_PATH touches nothing: opening a device or a FIFO for reading may have effects.
  Fd handle = open_below(root_.get(), path, O_PATH);
  if (!handle && errno == ENOENT) return skip(path, "not there");
  if (!handle && errno == ELOOP) return skip(path, "a symbolic link");
  if (!handle) return skip(path, errno_text());
  struct stat info = {};
  if (fstat(handle.get(), &info) != 0) return skip(path, errno_text());
  if (S_ISDIR(info.st_mode)) {
    if (depth >= kOutputDepthMax) return skip(path, fmt::format("more than {} folders deep", kOutputDepthMax));
    Fd folder = open_below(root_.get(), path, O_RDONLY | O_DIRECTORY);
    if (!folder) return skip(path, errno_text());
    visit_folder(path, std::move(folder), depth);
  } else if (S_ISREG(info.st_mode)) {
    copy(path, info.st_size);
  } else {
    skip(path, "not a regular file");
  }
}

void Collector::visit_folder(const std::string& path, Fd folder, int depth) {
  Handle<DIR, closedir> entries(fdopendir(folder.get()));
  if (!entries) return skip(path, errno_text());
  folder.release();
  std::vector<std::string> names;
  while (const dirent* entry = readdir(entries.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (static_cast<int64_t>(names.size()) >= kOutputFilesMax) {
      skip(path, fmt::format("more than {} files", kOutputFilesMax));
      break;
    }
    names.push_back(std::move(name));
  }
  entries.reset();
  std::sort(names.begin(), names.end());
  for (const auto& name : names) visit(path + "/" + name, depth + 1);
}

// Into the store under a temporary name, hashing on the way.
void Collector::copy(const std::string& path, int64_t expected) {
  // The size as the file says, holes included: it is what the receiver would have to store.
  if (expected > kOutputBytesMax - bytes_) return skip(path, fmt::format("more than {} in all", bytes_text(kOutputBytesMax)));
  Fd file = open_below(root_.get(), path, O_RDONLY | O_NONBLOCK);
  struct stat info = {};
  if (!file || fstat(file.get(), &info) != 0) return skip(path, errno_text());
  if (!S_ISREG(info.st_mode)) return skip(path, "not a regular file");
  fs::path temporary = store_ / ("tmp-" + to_hex(random_bytes(12)));
  Fd target(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!target) fail_errno("cannot write '" + temporary.string() + "'");
  Sha256 hash;
  std::string buffer(kBufferBytes, '\0');
  int64_t size = 0;
  try {
    for (ssize_t got; (got = read(file.get(), buffer.data(), buffer.size())) != 0;) {
      if (got < 0) fail_errno("cannot read the output '" + sanitize(path) + "'");
      size += got;
      if (size > expected) fail(ErrorKind::failed, "the output '{}' grows while it is read", sanitize(path));
      std::string_view part = std::string_view(buffer).substr(0, static_cast<size_t>(got));
      hash.update(part);
      write_all(target.get(), part, temporary.string());
    }
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  OutputFile output{path, to_hex(hash.finish()), size, (info.st_mode & S_IXUSR) != 0};
  fs::rename(temporary, store_ / output.hash);
  bytes_ += size;
  files_.emplace(path, std::move(output));
}

// The folder of PATH below `root`, made where it is missing.
Fd make_folders(Fd folder, const std::vector<std::string>& names) {
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    if (mkdirat(folder.get(), names[i].c_str(), 0755) != 0 && errno != EEXIST)
      fail_errno("cannot make the folder '" + names[i] + "'");
    Fd below = open_below(folder.get(), names[i], O_RDONLY | O_DIRECTORY);
    if (!below)
      fail_with_hint(ErrorKind::failed, "move it away and fetch the outputs again",
                     "'{}' is in the way of an output: {}", names[i], errno_text());
    folder = std::move(below);
  }
  return folder;
}

}  // namespace

OutputSet collect_outputs(const fs::path& tree, const std::vector<std::string>& outputs, const fs::path& store) {
  make_private_folder(store);
  Collector collector(open_root(tree), store);
  for (const auto& path : outputs) {
    if (!is_output_path(path)) fail(ErrorKind::failed, "'{}' is not a path below the job's folder", sanitize(path));
    collector.collect(path);
  }
  return collector.take();
}

Json to_json(const OutputFile& file) {
  return {{"path", file.path}, {"hash", file.hash}, {"size", file.size}, {"executable", file.executable}};
}

OutputFile output_from_json(const Json& value) {
  ObjectReader reader(value, "output");
  OutputFile file;
  file.path = reader.string("path", 1024 + kOutputDepthMax * 256);
  if (!is_output_path(file.path) || file.path.ends_with('/')) reader.fail_member("path", "is not a path below the folder");
  file.hash = reader.string("hash", 64);
  auto bytes = from_hex(file.hash);
  if (!bytes || bytes->size() != 32 || to_hex(*bytes) != file.hash) reader.fail_member("hash", "is not a SHA-256");
  file.size = reader.integer("size", 0, kOutputBytesMax);
  file.executable = reader.boolean("executable");
  reader.finish();
  return file;
}

void place_output(const fs::path& folder, const OutputFile& file, const fs::path& content) {
  if (!is_output_path(file.path) || file.path.ends_with('/'))
    fail(ErrorKind::failed, "'{}' is not a path below the folder", sanitize(file.path));
  std::vector<std::string> names = split(file.path, '/');
  Fd parent = make_folders(open_root(folder), names);
  if (chmod(content.c_str(), file.executable ? 0755 : 0644) != 0) fail_errno("cannot change '" + content.string() + "'");
  if (renameat(AT_FDCWD, content.c_str(), parent.get(), names.back().c_str()) == 0) return;
  if (errno != EXDEV) fail_errno("cannot write the output '" + file.path + "'");
  // Another file system: copy beside the target, then rename.
  std::string temporary = ".ain-" + to_hex(random_bytes(8));
  Fd source(open(content.c_str(), O_RDONLY | O_CLOEXEC));
  Fd target(openat(parent.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file.executable ? 0755 : 0644));
  if (!source || !target) fail_errno("cannot write the output '" + file.path + "'");
  std::string buffer(kBufferBytes, '\0');
  try {
    for (ssize_t got; (got = read(source.get(), buffer.data(), buffer.size())) != 0;) {
      if (got < 0) fail_errno("cannot read '" + content.string() + "'");
      write_all(target.get(), std::string_view(buffer).substr(0, static_cast<size_t>(got)), file.path);
    }
    if (renameat(parent.get(), temporary.c_str(), parent.get(), names.back().c_str()) != 0)
      fail_errno("cannot write the output '" + file.path + "'");
  } catch (...) {
    unlinkat(parent.get(), temporary.c_str(), 0);
    throw;
  }
  unlink(content.c_str());
}

}  // namespace ain::exec
