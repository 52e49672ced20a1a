// Where the body of a request goes while it comes in: memory first, a temporary file when it grows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "remote/http/message.h"

namespace ain::remote {

class BodySink {
 public:
  explicit BodySink(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(std::string_view bytes);  // throws `exhausted` when the disk is full
  int64_t size() const { return size_; }
  void finish(HttpRequest& request);  // moves the body there

 private:
  void spill();

  std::filesystem::path folder_;
  std::string memory_;
  Fd fd_;
  std::shared_ptr<const BodyFile> file_;
  int64_t size_ = 0;
};

}  // namespace ain::remote
