#include "exec/shim/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ain::shim {

std::string join_records(const Records& records, char end) {
  std::string text;
  for (const auto& [key, value] : records) {
    text += key;
    text += '=';
    text += value;
    text += end;
  }
  return text;
}

Records split_records(std::string_view text, char end) {
  Records records;
  while (!text.empty()) {
    size_t length = text.find(end);
    std::string_view record = text.substr(0, length);
    size_t equals = record.find('=');
    if (equals != std::string_view::npos)
      records.emplace_back(std::string(record.substr(0, equals)), std::string(record.substr(equals + 1)));
    if (length == std::string_view::npos) break;
    text.remove_prefix(length + 1);
  }
  return records;
}

std::string value_of(const Records& records, std::string_view key) {
  for (const auto& record : records)
    if (record.first == key) return record.second;
  return {};
}

std::vector<std::string> values_of(const Records& records, std::string_view key) {
  std::vector<std::string> values;
  for (const auto& record : records)
    if (record.first == key) values.push_back(record.second);
  return values;
}

int64_t number_of(const Records& records, std::string_view key) {
  return strtoll(value_of(records, key).c_str(), nullptr, 10);
}

void encode_frame_header(const FrameHeader& header, char* bytes) {
  auto put = [](char* to, uint64_t value, size_t count) {
    for (size_t i = 0; i < count; ++i) to[i] = static_cast<char>(value >> (8 * i));
  };
  put(bytes, static_cast<uint64_t>(header.time_ms), 8);
  put(bytes + 8, header.stream, 4);
  put(bytes + 12, header.size, 4);
}

FrameHeader decode_frame_header(const char* bytes) {
  auto get = [](const char* from, size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value |= uint64_t{static_cast<unsigned char>(from[i])} << (8 * i);
    return value;
  };
  return {static_cast<int64_t>(get(bytes, 8)), static_cast<uint32_t>(get(bytes + 8, 4)),
          static_cast<uint32_t>(get(bytes + 12, 4))};
}

std::string read_small_file(const char* path, size_t bytes_max) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return {};
  std::string text;
  char buffer[16 << 10];
  for (;;) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || text.size() + static_cast<size_t>(got) > bytes_max) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  return text;
}

static bool write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

bool write_existing_file(const char* path, std::string_view text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  // One write: the kernel takes a control file's value whole.
  ssize_t put = write(fd, text.data(), text.size());
  int error = errno;
  close(fd);
  errno = error;
  return put == static_cast<ssize_t>(text.size());
}

bool replace_file(int folder, const char* name, std::string_view bytes, Durable durable, unsigned mode) {
  std::string temporary = std::string(name) + ".tmp";
  int fd = openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  bool ok = write_whole(fd, bytes) && fchmod(fd, mode) == 0 &&
            renameat(folder, temporary.c_str(), folder, name) == 0;
  if (ok && durable == Durable::yes) ok = fsync(fd) == 0 && fsync(folder) == 0;
  return close(fd) == 0 && ok;
}

}  // namespace ain::shim
