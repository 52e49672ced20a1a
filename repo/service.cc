// git's smart HTTP, one request: the program does the work, this bounds it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "repo/git_program.h"
#include "repo/libgit.h"
#include "repo/packs.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kWantsBytesMax = int64_t{64} << 20;     // what a fetch may say
constexpr int64_t kCommandsBytesMax = int64_t{16} << 20;  // what a push may say beside its pack

int64_t body_bytes_max(const ServiceCall& call) {
  return call.service == "git-receive-pack" ? kPackBytesMax + kCommandsBytesMax : kWantsBytesMax;
}

void close_gzip(gzFile_s* file) { gzclose_r(file); }

// Unpacks into a nameless file beside the packed one; the limit is on what comes out.
Fd inflate_body(const ServiceCall& call) {
  const Handle<gzFile_s, close_gzip> input(gzopen(call.body.c_str(), "rb"));
  if (!input) fail_errno("cannot read the request's body");
  const TemporaryFolder folder("body", call.body.parent_path());
  const fs::path path = folder.path() / "unpacked";
  Fd output(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!output) fail_errno("cannot unpack the request's body");
  std::vector<char> buffer(256 << 10);
  int64_t total = 0;
  for (;;) {
    const int size = gzread(input.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (size < 0) fail(ErrorKind::failed, "the request's body is not gzip");
    if (size == 0) break;
    total += size;
    if (total > body_bytes_max(call)) {
      fail(ErrorKind::exhausted, "the request's body is larger than {}", bytes_text(body_bytes_max(call)));
    }
    write_all(output.get(), {buffer.data(), static_cast<size_t>(size)}, "the request's body");
  }
  // gzread takes a stream that ends early for whole; its state tells.
  int state = Z_OK;
  gzerror(input.get(), &state);
  if (state != Z_OK && state != Z_STREAM_END) fail(ErrorKind::failed, "the request's body is cut off");
  if (gzdirect(input.get()) != 0) fail(ErrorKind::failed, "the request's body is not gzip");
  if (::lseek(output.get(), 0, SEEK_SET) < 0) fail_errno("cannot read the request's body");
  return output;
}

Fd open_body(const ServiceCall& call) {
  if (call.gzip) return inflate_body(call);
  Fd body(::open(call.body.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info;
  if (!body || ::fstat(body.get(), &info) != 0) fail_errno("cannot read the request's body");
  if (info.st_size > body_bytes_max(call)) {
    fail(ErrorKind::exhausted, "the request's body is larger than {}", bytes_text(body_bytes_max(call)));
  }
  return body;
}

GitSettings settings_of(const ServiceCall& call) {
  if (call.service == "git-upload-pack") {
    return {{"uploadpack.allowAnySHA1InWant", "true"}, {"uploadpack.hideRefs", "refs/ain/wip"}};
  }
  GitSettings settings = {{"receive.maxInputSize", std::to_string(kPackBytesMax)},
                          {"receive.autogc", "false"},
                          {"receive.advertisePushOptions", "false"},
                          {"receive.shallowUpdate", "false"}};
  if (call.hooks_folder.empty()) {
    // Nobody judges the updates: history may only grow.
    settings.emplace_back("receive.denyNonFastForwards", "true");
    settings.emplace_back("receive.denyDeletes", "true");
  } else {
    settings.emplace_back("core.hooksPath", call.hooks_folder.string());
  }
  return settings;
}

// Version 2 exists for fetching only; git would answer a push in a form that its own client does not expect.
bool speaks_version_2(const ServiceCall& call) {
  return call.service == "git-upload-pack" && call.protocol == "version=2";
}

}  // namespace

void run_service(const Repository& repository, const ServiceCall& call,
                 const std::function<void(std::string_view)>& on_output) {
  if (call.service != "git-upload-pack" && call.service != "git-receive-pack") {
    fail(ErrorKind::refused, "'{}' is not a service of git", sanitize(call.service));
  }
  GitCall git;
  git.arguments = {call.service.substr(4), "--stateless-rpc"};
  if (call.advertise) git.arguments.emplace_back("--advertise-refs");
  git.arguments.push_back(repository.git_folder().string());
  git.environment = clean_environment(settings_of(call));
  git.environment.emplace_back(kAllocationLimit);
  if (speaks_version_2(call)) git.environment.emplace_back("GIT_PROTOCOL=version=2");
  git.environment.insert(git.environment.end(), call.environment.begin(), call.environment.end());
  Fd body;
  if (!call.advertise) {
    body = open_body(call);
    git.stdin_fd = body.get();
  } else if (!speaks_version_2(call)) {
    const std::string line = fmt::format("# service={}\n", call.service);
    on_output(fmt::format("{:04x}{}0000", line.size() + 4, line));
  }
  stream_git(git, fmt::format("{} failed", call.service), on_output);
}

}  // namespace ain::repo
