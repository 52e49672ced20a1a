// The job's output, framed and capped.
#pragma once

#include <cstdint>
#include <string_view>

namespace ain::shim {

class LogWriter {
 public:
  // Appends to LOG in `folder`; what is there counts towards the cap.
  bool open(int folder, int64_t bytes_max);
  void write(uint32_t stream, std::string_view data);

 private:
  bool append(uint32_t stream, std::string_view data);
  int fd_ = -1;
  int64_t size_ = 0;
  int64_t bytes_max_ = 0;
  bool full_ = false;
};

}  // namespace ain::shim
