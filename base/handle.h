// One owner for any C object that has a free function: Handle<git_commit, git_commit_free>.
#pragma once

#include <memory>

namespace ain {

template <typename T, auto free_function>
struct HandleDeleter {
  void operator()(T* object) const noexcept { free_function(object); }
};

template <typename T, auto free_function>
using Handle = std::unique_ptr<T, HandleDeleter<T, free_function>>;

// Lets a C function write into a Handle: git_commit_lookup(out(commit), ...).
template <typename H>
class OutPointer {
 public:
  explicit OutPointer(H& handle) : handle_(handle) {}
  ~OutPointer() { handle_.reset(raw_); }
  OutPointer(const OutPointer&) = delete;
  OutPointer& operator=(const OutPointer&) = delete;
  operator typename H::pointer*() { return &raw_; }

 private:
  H& handle_;
  typename H::pointer raw_ = nullptr;
};

template <typename H>
OutPointer<H> out(H& handle) {
  return OutPointer<H>(handle);
}

// A file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset();

 private:
  int fd_ = -1;
};

}  // namespace ain
