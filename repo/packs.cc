#include "repo/packs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "repo/commit_object.h"
#include "repo/git_program.h"
#include "repo/libgit.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kPackObjectsMax = 20'000'000;
constexpr int64_t kPackedObjectBytesMin = 9;  // one byte of header, the shortest zlib stream

struct PackHeader {
  int64_t bytes = 0;
  int64_t objects = 0;
};

// index-pack allocates by the count that the header claims, so that has to be plausible first.
PackHeader read_header(const Fd& file, const fs::path& path) {
  struct stat info;
  if (::fstat(file.get(), &info) != 0) fail_errno(fmt::format("cannot read '{}'", path.string()));
  if (info.st_size > kPackBytesMax) {
    fail(ErrorKind::exhausted, "the pack has {}, the limit is {}", bytes_text(info.st_size),
         bytes_text(kPackBytesMax));
  }
  std::array<unsigned char, 12> bytes{};
  const bool whole = ::pread(file.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size());
  if (!whole || std::string_view(reinterpret_cast<char*>(bytes.data()), 4) != "PACK") {
    fail(ErrorKind::failed, "the file is not a git pack");
  }
  PackHeader header{info.st_size, 0};
  for (size_t i = 8; i < 12; ++i) header.objects = header.objects << 8 | bytes[i];
  if (header.objects > kPackObjectsMax) {
    fail(ErrorKind::exhausted, "the pack has {} objects, the limit is {}", header.objects, kPackObjectsMax);
  }
  if (header.objects > header.bytes / kPackedObjectBytesMin) {
    fail(ErrorKind::failed, "the pack is corrupt: it cannot hold {} objects", header.objects);
  }
  return header;
}

// Alternates are separated by ':' and may be quoted as in C.
std::string quoted_store(const fs::path& folder) {
  std::string result = "\"";
  for (const char c : folder.string()) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// A store of its own for what a stranger sent: nothing of it is visible until it is judged. `git prune` knows
// the folder's name and removes what a killed process left.
class Quarantine {
 public:
  explicit Quarantine(const Repository& repository)
      : objects_(repository.git_folder() / "objects"), folder_("tmp_objdir-ain", objects_) {
    if (::mkdir((folder_.path() / "pack").c_str(), 0700) != 0) fail_errno("cannot make room for the pack");
    environment_ = clean_environment();
    environment_.push_back("GIT_DIR=" + repository.git_folder().string());
    environment_.push_back("GIT_OBJECT_DIRECTORY=" + folder_.path().string());
    environment_.push_back("GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quoted_store(objects_));
    environment_.push_back(kAllocationLimit);
  }

  const std::vector<std::string>& environment() const { return environment_; }

  // The index goes last: it is what makes a pack visible.
  void release() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_.path() / "pack")) files.push_back(entry.path());
    std::stable_sort(files.begin(), files.end(),
                     [](const fs::path& a, const fs::path& b) { return rank(a) < rank(b); });
    for (const fs::path& file : files) {
      const fs::path target = objects_ / "pack" / file.filename();
      if (::link(file.c_str(), target.c_str()) != 0 && errno != EEXIST) {
        fail_errno(fmt::format("cannot keep the pack '{}'", target.filename().string()));
      }
    }
    const Fd folder(::open((objects_ / "pack").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) != 0) fail_errno("cannot keep the pack");
  }

 private:
  static int rank(const fs::path& file) {
    return file.extension() == ".pack" ? 0 : file.extension() == ".idx" ? 2 : 1;
  }

  fs::path objects_;
  TemporaryFolder folder_;
  std::vector<std::string> environment_;
};

void index_pack(const Quarantine& quarantine, const Fd& file) {
  if (::lseek(file.get(), 0, SEEK_SET) < 0) fail_errno("cannot read the pack");
  run_git({.arguments = {"index-pack", "--stdin", "--fix-thin", "--strict",
                         fmt::format("--max-input-size={}", kPackBytesMax)},
           .environment = quarantine.environment(),
           .stdin_fd = file.get()},
          "the pack was refused");
}

// Everything that `commits` reach and no reference already vouches for must be there.
void check_connected(const Quarantine& quarantine, const std::vector<ObjectId>& commits) {
  std::string input;
  for (const ObjectId& commit : commits) input += commit + "^{commit}\n";
  run_git({.arguments = {"rev-list", "--objects", "--quiet", "--stdin", "--not", "--all"},
           .environment = quarantine.environment(),
           .input = input},
          fmt::format("commit '{}' is not wholly there", join(commits, "' or '")));
}

}  // namespace

void write_pack(const Repository& repository, const std::vector<ObjectId>& wants,
                const std::vector<ObjectId>& haves, const fs::path& file) {
  std::string revisions;
  for (const ObjectId& want : wants) {
    if (!repository.has_commit(want)) fail(ErrorKind::failed, "commit '{}' is not in this repository", want);
    revisions += want + "\n";
  }
  if (haves.size() > kHavesMax) fail(ErrorKind::failed, "more than {} known commits were named", kHavesMax);
  for (const ObjectId& have : haves) {
    if (repository.has_commit(have)) revisions += "^" + have + "\n";
  }
  const Fd output(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!output) fail_errno(fmt::format("cannot write '{}'", file.string()));
  std::vector<std::string> environment = clean_environment();
  environment.push_back("GIT_DIR=" + repository.git_folder().string());
  run_git({.arguments = {"pack-objects", "--revs", "--stdout", "--thin", "--delta-base-offset", "-q"},
           .environment = environment,
           .input = revisions,
           .stdout_fd = output.get()},
          "cannot pack the objects");
  const int64_t size = static_cast<int64_t>(fs::file_size(file));
  if (size > kPackBytesMax) {
    fail(ErrorKind::exhausted, "the pack has {}, the limit is {}", bytes_text(size),
         bytes_text(kPackBytesMax));
  }
}

void take_pack(Repository& repository, const fs::path& file, const std::vector<ObjectId>& commits) {
  for (const ObjectId& commit : commits) to_oid(commit);
  const Fd input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input) fail_errno(fmt::format("cannot read '{}'", file.string()));
  const PackHeader header = read_header(input, file);
  const Quarantine quarantine(repository);
  if (header.objects > 0) index_pack(quarantine, input);
  check_connected(quarantine, commits);
  if (header.objects == 0) return;
  quarantine.release();
  check(git_odb_refresh(object_store(repository).get()), "cannot read the new pack");
}

std::vector<ObjectId> known_tips(const Repository& repository) {
  const GitOdb odb = object_store(repository);
  std::vector<std::pair<int64_t, ObjectId>> tips;
  for (const auto& [name, target] : repository.references("refs/")) {
    const git_oid oid = to_oid(target);
    GitObject object;
    GitObject commit;
    if (git_object_lookup(out(object), repository.raw(), &oid, GIT_OBJECT_ANY) < 0) continue;
    if (git_object_peel(out(commit), object.get(), GIT_OBJECT_COMMIT) < 0) continue;
    const git_oid& found = *git_object_id(commit.get());
    tips.emplace_back(-read_commit(odb.get(), found).committed_s, to_id(found));
  }
  if (const auto head = repository.head_commit()) {
    tips.emplace_back(-read_commit(odb.get(), to_oid(*head)).committed_s, *head);
  }
  std::sort(tips.begin(), tips.end());
  tips.erase(std::unique(tips.begin(), tips.end()), tips.end());
  if (tips.size() > kHavesMax) tips.resize(kHavesMax);
  std::vector<ObjectId> result;
  for (auto& tip : tips) result.push_back(std::move(tip.second));
  return result;
}

}  // namespace ain::repo
