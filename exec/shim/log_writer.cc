#include "exec/shim/log_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <string>

#include "exec/shim/files.h"
#include "exec/shim/processes.h"

namespace ain::shim {

bool LogWriter::open(int folder, int64_t bytes_max) {
  fd_ = openat(folder, kLogFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  bytes_max_ = bytes_max;
  struct stat info = {};
  if (fd_ < 0 || fstat(fd_, &info) != 0) return false;
  size_ = info.st_size;
  return true;
}

bool LogWriter::append(uint32_t stream, std::string_view data) {
  char header[kFrameHeaderBytes];
  encode_frame_header({wall_ms(), stream, static_cast<uint32_t>(data.size())}, header);
  iovec parts[2] = {{header, sizeof header}, {const_cast<char*>(data.data()), data.size()}};
  int64_t whole = static_cast<int64_t>(sizeof header + data.size());
  if (writev(fd_, parts, 2) == whole) {
    size_ += whole;
    return true;
  }
  // A full disk must not leave half a frame.
  [[maybe_unused]] int cut = ftruncate(fd_, size_);
  return false;
}

void LogWriter::write(uint32_t stream, std::string_view data) {
  if (full_ || data.empty()) return;
  if (size_ + static_cast<int64_t>(kFrameHeaderBytes + data.size()) <= bytes_max_) {
    append(stream, data);
    return;
  }
  full_ = true;
  append(2, "\nain: the output is longer than " + std::to_string(bytes_max_ >> 20) +
                " MiB; what follows is not kept\n");
}

}  // namespace ain::shim
