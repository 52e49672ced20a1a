// Reading what the shim writes: the log, and the moments when there is more of it.
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/handle.h"
#include "base/time.h"
#include "exec/backend.h"
#include "exec/shim/files.h"

namespace ain::exec {

namespace fs = std::filesystem;

std::vector<LogChunk> read_log(const fs::path& folder, int64_t offset, size_t bytes_max) {
  std::vector<LogChunk> chunks;
  Fd file(open((folder / "shim" / shim::kLogFile).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file || offset < 0) return chunks;
  for (size_t total = 0;;) {
    char bytes[shim::kFrameHeaderBytes];
    if (pread(file.get(), bytes, sizeof bytes, offset) != static_cast<ssize_t>(sizeof bytes)) break;
    shim::FrameHeader header = shim::decode_frame_header(bytes);
    if (header.size > shim::kFrameDataMax) fail(ErrorKind::failed, "the log of '{}' is damaged", folder.string());
    if (!chunks.empty() && total + header.size > bytes_max) break;
    LogChunk chunk;
    chunk.data.resize(header.size);
    int64_t begin = offset + static_cast<int64_t>(sizeof bytes);
    if (pread(file.get(), chunk.data.data(), header.size, begin) != static_cast<ssize_t>(header.size)) break;
    offset = chunk.offset = begin + header.size;
    chunk.time_ms = header.time_ms;
    chunk.is_stderr = header.stream == 2;
    total += header.size;
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

static bool has_changed(const fs::path& files, int64_t log_offset) {
  struct stat info = {};
  if (stat((files / shim::kExitFile).c_str(), &info) == 0) return true;
  return stat((files / shim::kLogFile).c_str(), &info) == 0 && info.st_size > log_offset;
}

bool wait_for_change(const fs::path& folder, int64_t log_offset, int64_t timeout_ms) {
  fs::path files = folder / "shim";
  if (has_changed(files, log_offset)) return true;
  Fd watch(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch || inotify_add_watch(watch.get(), files.c_str(), IN_MOVED_TO | IN_MODIFY | IN_CREATE) < 0)
    fail_errno("cannot watch '" + files.string() + "'");
  int64_t deadline = monotonic_us() / 1000 + timeout_ms;
  for (;;) {
    // Looked at after the watch is there and after every event: nothing falls in between.
    if (has_changed(files, log_offset)) return true;
    int64_t left = deadline - monotonic_us() / 1000;
    if (left <= 0) return false;
    pollfd watched = {watch.get(), POLLIN, 0};
    poll(&watched, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
    char events[4096];
    while (read(watch.get(), events, sizeof events) > 0) {
    }
  }
}

}  // namespace ain::exec
