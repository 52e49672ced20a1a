#include "remote/http/body_sink.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/files.h"

namespace ain::remote {

void BodySink::add(std::string_view bytes) {
  size_ += static_cast<int64_t>(bytes.size());
  if (!fd_ && memory_.size() + bytes.size() <= kBodyInMemoryMax) {
    memory_ += bytes;
    return;
  }
  if (!fd_) spill();
  write_all(fd_.get(), bytes, "the body of a request");
}

void BodySink::spill() {
  const std::filesystem::path folder = folder_.empty() ? std::filesystem::temp_directory_path() : folder_;
  std::string name = (folder / "ain-body-XXXXXX").string();
  fd_ = Fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd_) fail_errno(fmt::format("cannot create a file in '{}'", folder.string()));
  file_ = BodyFile::temporary(name);
  write_all(fd_.get(), memory_, "the body of a request");
  memory_ = std::string();
}

void BodySink::finish(HttpRequest& request) {
  fd_.reset();
  request.body = std::move(memory_);
  request.body_file = std::move(file_);
}

}  // namespace ain::remote
