// ain-shim: supervises one job and outlives the node that started it. One thread, no exceptions, statically linked.
//   ain-shim FOLDER READY_FD                                    the supervisor; FOLDER is the job's folder/shim
//   ain-shim inner PROCESSES_MAX FILE_BYTES_MAX -- COMMAND…     inside the sandbox, on its way to the command
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "exec/shim/launch.h"
#include "exec/shim/supervisor.h"

namespace {

constexpr int kUsage = 2;

// Leaves the caller's session, terminal and parent; the original process ends at once.
void detach() {
  // Each is waited for by who made it: an init that reaps nobody must not be left with one of them.
  if (const pid_t between = fork(); between != 0) {
    waitpid(between, nullptr, 0);
    _exit(0);
  }
  setsid();
  if (fork() != 0) _exit(0);
  prctl(PR_SET_NAME, "ain-shim");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  umask(077);
}

void keep_only(int ready) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
  dup2(ready, 3);
  syscall(SYS_close_range, 4, ~0U, 0);
  fcntl(3, F_SETFD, FD_CLOEXEC);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc >= 6 && strcmp(argv[1], ain::shim::kInnerWord) == 0 && strcmp(argv[4], "--") == 0)
    ain::shim::run_inner(ain::shim::kHelloFd, strtoll(argv[2], nullptr, 10), strtoll(argv[3], nullptr, 10), argv + 5,
                         environ);
  if (argc != 3) return kUsage;
  detach();
  keep_only(atoi(argv[2]));
  int folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 || chdir("/") != 0) return 1;
  return ain::shim::supervise(folder, 3);
}
