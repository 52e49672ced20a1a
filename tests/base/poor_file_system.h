// A file system without hard links and without renames that spare what is there, as NFS, FUSE or FAT can be: for one thread of this process,
// whose kernel then answers as theirs does.
#pragma once

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <functional>
#include <iterator>
#include <thread>

namespace ain {

// Which calls the kernel refuses there.
enum class Poor { exclusive_renames, links_too };

inline bool become_poor(Poor poor) {
  constexpr unsigned kNumber = offsetof(seccomp_data, nr), kFlags = offsetof(seccomp_data, args) + 4 * sizeof(uint64_t);
#ifdef SYS_link
  constexpr unsigned kLink = SYS_link;
#else
  constexpr unsigned kLink = SYS_linkat;
#endif
  const unsigned link_answer = poor == Poor::links_too ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW;
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kLink, 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_linkat, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 2),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kFlags),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, link_answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
  };
  const sock_fprog filter{static_cast<unsigned short>(std::size(program)), program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) return false;
  const bool renames = renameat2(AT_FDCWD, "", AT_FDCWD, "", RENAME_NOREPLACE) == 0 || errno != EINVAL;
  const bool links = link("", "") == 0 || errno != EPERM;
  return !renames && links == (poor == Poor::exclusive_renames);
}

// Does it there. What it throws is thrown here; false where this kernel has no filters.
inline bool on_a_poor_file_system(Poor poor, const std::function<void()>& what) {
  bool poorer = false;
  std::exception_ptr thrown;
  std::thread([&] {
    poorer = become_poor(poor);
    if (!poorer) return;
    try {
      what();
    } catch (...) {
      thrown = std::current_exception();
    }
  }).join();
  if (thrown) std::rethrow_exception(thrown);
  return poorer;
}

}  // namespace ain
