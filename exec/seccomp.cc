#include "exec/seccomp.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/handle.h"

namespace ain::exec {

namespace {

constexpr const char* kDenied[] = {
    "mount", "umount", "umount2", "pivot_root", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick",
    "mount_setattr", "chroot", "unshare", "setns", "bpf", "keyctl", "add_key", "request_key", "io_uring_setup",
    "io_uring_enter", "io_uring_register", "userfaultfd", "perf_event_open", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "open_by_handle_at", "name_to_handle_at", "reboot", "swapon",
    "swapoff", "acct", "quotactl", "quotactl_fd", "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
    "iopl", "ioperm", "nfsservctl", "lookup_dcookie", "vhangup", "fanotify_init"};

// Every flag of clone that makes a namespace; fork and threads use none of them.
constexpr uint64_t kNamespaceFlags[] = {CLONE_NEWUSER, CLONE_NEWNS,  CLONE_NEWPID,   CLONE_NEWNET,
                                        CLONE_NEWIPC,  CLONE_NEWUTS, CLONE_NEWCGROUP};

using Filter = Handle<void, seccomp_release>;

void deny(const Filter& filter, int code, int call, std::initializer_list<scmp_arg_cmp> arguments = {}) {
  if (call == __NR_SCMP_ERROR) return;  // this machine's kernel headers do not have it
  int rc = seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(static_cast<uint32_t>(code)), call,
                                  static_cast<unsigned>(arguments.size()), arguments.begin());
  if (rc < 0) fail(ErrorKind::failed, "cannot make the system call filter: {}", errno_text(-rc));
}

void deny_set_id_bits(const Filter& filter, const char* call, unsigned mode_argument) {
  for (uint64_t bit : {uint64_t{S_ISUID}, uint64_t{S_ISGID}})
    deny(filter, EPERM, seccomp_syscall_resolve_name(call), {SCMP_CMP64(mode_argument, SCMP_CMP_MASKED_EQ, bit, bit)});
}

}  // namespace

std::string job_filter() {
  Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) fail(ErrorKind::failed, "cannot make the system call filter");
  for (const char* name : kDenied) deny(filter, EPERM, seccomp_syscall_resolve_name(name));
  for (uint64_t flag : kNamespaceFlags)
    deny(filter, EPERM, seccomp_syscall_resolve_name("clone"), {SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, flag, flag)});
  // Its flags lie in memory, where a filter cannot look; the C library then uses clone.
  deny(filter, ENOSYS, seccomp_syscall_resolve_name("clone3"));
  for (uint64_t request : {uint64_t{TIOCSTI}, uint64_t{TIOCLINUX}})
    deny(filter, EPERM, seccomp_syscall_resolve_name("ioctl"), {SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, 0xffffffff, request)});
  deny_set_id_bits(filter, "chmod", 1);
  deny_set_id_bits(filter, "fchmod", 1);
  deny_set_id_bits(filter, "fchmodat", 2);
  constexpr int kFchmodat2 = 452;  // newer than libseccomp's table; the same number on every architecture
  deny(filter, ENOSYS, kFchmodat2);

  Fd file(memfd_create("ain-filter", MFD_CLOEXEC));
  if (!file || seccomp_export_bpf(filter.get(), file.get()) < 0 || lseek(file.get(), 0, SEEK_SET) != 0)
    fail_errno("cannot export the system call filter");
  return read_all(file.get(), 1 << 20, "the system call filter");
}

}  // namespace ain::exec
