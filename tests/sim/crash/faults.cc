// The program's own definitions of the C library's calls: the linker takes them for SQLite's and ours alike, be their libraries static or not.
#include "tests/sim/crash/faults.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>

namespace ain::ledger::crash {
namespace {

enum class Call { change, write, read, none };

Plan plan;
bool armed = false, hit = false;
int64_t count = 0;

bool is_point(Call call) {
  switch (plan.fault) {
    case Fault::torn: return call == Call::write;
    case Fault::unread: return call == Call::read;
    case Fault::full:
    case Fault::broken: return call == Call::change || call == Call::write;
    default: return call != Call::read;
  }
}

// True when the call must fail; does not return when the program is to end here.
bool fails(Call call) {
  if (!armed || !is_point(call)) return false;
  ++count;
  const bool now = count == plan.at || (plan.lasting && count > plan.at);
  if (plan.fault == Fault::none || !now) return false;
  hit = true;
  if (plan.fault == Fault::kill) raise(SIGKILL);
  return true;
}

int error_number() { return plan.fault == Fault::full ? ENOSPC : EIO; }

template <typename... Arguments>
long call(Call kind, long number, Arguments... arguments) {
  if (!fails(kind)) return syscall(number, arguments...);
  errno = error_number();
  return -1;
}

// `put(bytes)` writes the first so many of `size`.
template <typename Put>
ssize_t write_or_fail(size_t size, Put put) {
  if (!fails(Call::write)) return put(size);
  if (plan.fault == Fault::torn) {
    put(size / 2);
    raise(SIGKILL);
  }
  const bool fills_up = plan.fault == Fault::full && plan.lasting && count == plan.at && size > 1;
  if (fills_up) return put(size / 2);
  if (plan.fault == Fault::broken) put(size / 2);
  errno = error_number();
  return -1;
}

ssize_t pwrite_or_fail(int fd, const void* bytes, size_t size, off64_t at) {
  return write_or_fail(size, [&](size_t some) { return syscall(SYS_pwrite64, fd, bytes, some, at); });
}

int open_or_fail(const char* path, int flags, va_list more) {
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  const bool makes = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  return static_cast<int>(call(makes ? Call::change : Call::none, SYS_openat, AT_FDCWD, path, flags, mode));
}

}  // namespace

void arm(const Plan& with) {
  plan = with;
  armed = true;
  hit = false;
  count = 0;
}
void mend() { armed = false; }
int64_t points() { return count; }
bool struck() { return hit; }
void point() { fails(Call::none); }

}  // namespace ain::ledger::crash

using namespace ain::ledger::crash;

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  return write_or_fail(size, [&](size_t some) { return syscall(SYS_write, fd, bytes, some); });
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) { return pwrite_or_fail(fd, bytes, size, at); }
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) { return pwrite_or_fail(fd, bytes, size, at); }
ssize_t read(int fd, void* bytes, size_t size) { return call(Call::read, SYS_read, fd, bytes, size); }
ssize_t pread(int fd, void* bytes, size_t size, off_t at) { return call(Call::read, SYS_pread64, fd, bytes, size, at); }
ssize_t pread64(int fd, void* bytes, size_t size, off64_t at) { return call(Call::read, SYS_pread64, fd, bytes, size, at); }

int fsync(int fd) { return static_cast<int>(call(Call::change, SYS_fsync, fd)); }
int fdatasync(int fd) { return static_cast<int>(call(Call::change, SYS_fdatasync, fd)); }
int ftruncate(int fd, off_t size) noexcept { return static_cast<int>(call(Call::change, SYS_ftruncate, fd, size)); }
int ftruncate64(int fd, off64_t size) noexcept { return static_cast<int>(call(Call::change, SYS_ftruncate, fd, size)); }
int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(call(Call::change, SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int unlink(const char* path) noexcept { return static_cast<int>(call(Call::change, SYS_unlinkat, AT_FDCWD, path, 0)); }
int mkdir(const char* path, mode_t mode) noexcept { return static_cast<int>(call(Call::change, SYS_mkdirat, AT_FDCWD, path, mode)); }

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int fd = open_or_fail(path, flags, more);
  va_end(more);
  return fd;
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int fd = open_or_fail(path, flags | O_LARGEFILE, more);
  va_end(more);
  return fd;
}

}
