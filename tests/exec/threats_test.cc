// What a hostile job tries, and that it fails: the threats of a sandbox without a network.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/text.h"
#include "exec/seccomp.h"
#include "exec/shim/files.h"
#include "tests/exec/job_fixture.h"

namespace ain::exec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class Threats : public JobTest {
 protected:
  void SetUp() override {
    JobTest::SetUp();
    if (!fs::exists("/usr/bin/python3")) GTEST_SKIP() << "python3 is not installed: apt install python3";
  }
};

TEST_F(Threats, TheJobHasNoPowerInside) {
  Result result = run(shell("id -u; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status"));
  EXPECT_THAT(result.out, testing::StartsWith("1000\n"));
  EXPECT_THAT(result.out, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(result.out, HasSubstr("CapBnd:\t0000000000000000"));
  EXPECT_THAT(result.out, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(result.out, HasSubstr("Seccomp:\t2"));
}

TEST_F(Threats, TheJobIsNotRootOutside) {
  std::string mark = "7655." + std::to_string(getpid());
  backend().start(shell("exec sleep " + mark));
  pid_t payload = 0;
  ASSERT_TRUE(eventually([&] { return (payload = process_with(mark)) > 0; }));
  // As this process's namespace sees it; inside, the map ends at a namespace in between.
  for (const char* map : {"uid_map", "gid_map"}) {
    long inside = -1, outside = -1, count = -1;
    std::string text = read_file(fmt::format("/proc/{}/{}", payload, map));
    ASSERT_EQ(sscanf(text.c_str(), "%ld %ld %ld", &inside, &outside, &count), 3) << text;
    EXPECT_EQ(inside, 1000);
    EXPECT_EQ(count, 1);
    EXPECT_NE(outside, 0) << "the job is the host's root";
    if (geteuid() != 0) {
      EXPECT_EQ(outside, map[0] == 'u' ? static_cast<long>(getuid()) : static_cast<long>(getgid()));
    }
  }
}

TEST_F(Threats, TheProcessOutsideHasAUserOfItsOwn) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give each job a user of its own";
  std::string mark = "7654." + std::to_string(getpid());
  Launch first = shell("sleep " + mark + "1"), second = shell("sleep " + mark + "2");
  backend().start(first);
  backend().start(second);
  struct stat one = {}, two = {};
  ASSERT_EQ(stat(first.tree.c_str(), &one), 0);
  ASSERT_EQ(stat(second.tree.c_str(), &two), 0);
  EXPECT_NE(one.st_uid, 0u);
  EXPECT_NE(one.st_uid, two.st_uid);
}

TEST_F(Threats, HostSettingsCannotBeWritten) {
  const char* settings[] = {"/proc/sys/kernel/core_pattern", "/proc/sys/vm/swappiness", "/proc/sys/kernel/hostname"};
  std::vector<std::string> before;
  for (const char* path : settings) before.push_back(read_file(path));
  Result result = run(shell(
      "for f in /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness /proc/sys/kernel/hostname /proc/sysrq-trigger; do "
      "echo 1 > $f && echo WRITTEN $f; done; echo 1000 > /proc/1/oom_score_adj && echo WRITTEN init; true"));
  EXPECT_THAT(result.out, Not(HasSubstr("WRITTEN /proc")));
  for (size_t i = 0; i < std::size(settings); ++i) EXPECT_EQ(read_file(settings[i]), before[i]) << settings[i];
}

TEST_F(Threats, ChildrenThatDetachAreGoneWithTheJob) {
  std::string mark = "6543." + std::to_string(getpid());
  Launch launch = shell("for i in 1 2 3 4 5; do (setsid setsid sleep " + mark + " &) ; done; sleep 0.3; echo ready; read -t 0.5 < <(sleep 9); exit 0");
  backend().start(launch);
  ASSERT_TRUE(wait_for_change(launch.folder, 0, 10'000));
  EXPECT_GE(processes_with(mark), 5);
  EXPECT_EQ(finish(launch).seen.exit_code, 0);
  EXPECT_EQ(processes_with(mark), 0);
}

TEST_F(Threats, ChildrenThatDetachAreGoneOnStop) {
  std::string mark = "5432." + std::to_string(getpid());
  Launch launch = shell("for i in 1 2 3 4 5; do (trap '' TERM; setsid sleep " + mark + " &) ; done; echo ready; sleep 1000");
  backend().start(launch);
  ASSERT_TRUE(eventually([&] { return processes_with("sleep\0" + mark) >= 5 || processes_with(mark) >= 5; }));
  int64_t begin = monotonic_us();
  backend().stop(launch.folder, 0);
  EXPECT_EQ(finish(launch).seen.exit_code, 137);
  EXPECT_EQ(processes_with(mark), 0);
  EXPECT_LT(monotonic_us() - begin, 5'000'000);
}

constexpr const char* kForkBomb = R"(
import os, time, sys
made = 0
try:
    while made < 100000:
        if os.fork() == 0:
            time.sleep(1000)
            os._exit(0)
        made += 1
except OSError as e:
    print(made, e.errno)
)";

TEST_F(Threats, AForkBombHitsItsLimit) {
  Launch launch = python(kForkBomb);
  launch.spec.resources.memory_bytes = int64_t{4} << 30;
  Result result = run(launch);
  int made = 0, code = 0;
  ASSERT_EQ(sscanf(result.out.c_str(), "%d %d", &made, &code), 2) << result.out << result.err;
  EXPECT_EQ(code, EAGAIN);
  EXPECT_LT(made, kProcessesMax);
  EXPECT_GT(made, 100);
  EXPECT_EQ(result.seen.exit_code, 0);
}

constexpr const char* kMemoryBomb = "b = []\nwhile True: b.append(bytearray(4 << 20))";

TEST_F(Threats, AMemoryBombIsEndedAndNamed) {
  Launch neighbour = shell("sleep 1000");
  backend().start(neighbour);
  Launch launch = python(kMemoryBomb);
  launch.spec.resources.memory_bytes = int64_t{128} << 20;
  Result result = run(launch);
  EXPECT_TRUE(result.seen.out_of_memory);
  EXPECT_EQ(result.seen.exit_code, 137);
  EXPECT_EQ(backend().observe(neighbour.folder).phase, JobPhase::running);
}

TEST_F(Threats, AMemoryBombInAChildEndsTheWholeJob) {
  Launch launch = shell(std::string("python3 -c '") + kMemoryBomb + "'; echo SURVIVED; sleep 1000");
  launch.spec.resources.memory_bytes = int64_t{128} << 20;
  Result result = run(launch);
  EXPECT_TRUE(result.seen.out_of_memory);
  EXPECT_NE(result.seen.exit_code, 0);
}

TEST_F(Threats, FilesInMemoryCountAsMemory) {
  Launch launch = shell("head -c 1G /dev/zero > /tmp/big; echo $?; head -c 1G /dev/zero > /dev/shm/big; echo $?; df -k /tmp /dev/shm | tail -2");
  launch.spec.resources.memory_bytes = int64_t{256} << 20;
  Result result = run(launch);
  // Either the file system is full or the limit of the memory is hit; never a gigabyte.
  if (!result.seen.out_of_memory) {
    EXPECT_THAT(result.out, testing::StartsWith("1\n"));
  }
}

// The same limits on a machine without control groups.
class ThreatsWithoutGroups : public Threats {
 protected:
  Backend& backend() override {
    static std::unique_ptr<Backend> own = local_backend(shim_path(), false);
    return *own;
  }
};

TEST_F(ThreatsWithoutGroups, AForkBombHitsItsLimit) {
  Launch launch = python(kForkBomb);
  launch.spec.resources.memory_bytes = int64_t{8} << 30;
  Result result = run(launch);
  int made = 0, code = 0;
  ASSERT_EQ(sscanf(result.out.c_str(), "%d %d", &made, &code), 2) << result.out << result.err;
  EXPECT_EQ(code, EAGAIN);
  EXPECT_LT(made, kProcessesMax);
}

TEST_F(ThreatsWithoutGroups, AMemoryBombIsEndedAndNamed) {
  Launch launch = python("import time\nb = []\nwhile True:\n b.append(bytearray(4 << 20))\n time.sleep(0.01)");
  launch.spec.resources.memory_bytes = int64_t{128} << 20;
  Result result = run(launch);
  EXPECT_TRUE(result.seen.out_of_memory);
  EXPECT_EQ(result.seen.exit_code, 137);
}

TEST_F(Threats, NoFileGrowsPastTheDisk) {
  Launch launch = shell("head -c 10M /dev/zero > big; stat -c %s big");
  launch.spec.resources.disk_bytes = 1 << 20;
  Result result = run(launch);
  EXPECT_LE(fs::file_size(launch.tree / "big"), 1u << 20);
}

TEST_F(Threats, TheHostCannotBeRead) {
  TemporaryFolder canary("ain-canary");
  std::ofstream(canary.path() / "canary") << "CANARY";
  ASSERT_EQ(chmod(canary.path().c_str(), 0755), 0);
  Launch neighbour = shell("echo CANARY > secret; sleep 1000");
  backend().start(neighbour);
  Result result = run(shell("cat " + (canary.path() / "canary").string() + " " + (neighbour.tree / "secret").string() +
                            " /etc/shadow; ls -a /root /home /run /var /srv /mnt; ls /; cat /proc/1/environ | tr '\\0' ' '; "
                            "find / -xdev -name canary 2>/dev/null"));
  EXPECT_THAT(result.out, Not(HasSubstr("CANARY")));
  for (const char* folder : {"root\n", "home\n", "run\n", "var\n", "sys\n", "boot\n"})
    EXPECT_THAT(result.out, Not(HasSubstr(std::string("\n") + folder)));
}

TEST_F(Threats, OnlyTheTreeAndTmpCanBeWritten) {
  Result result = run(shell(
      "for d in / /usr /usr/bin /etc /dev /ain /proc /bin/; do touch $d/x 2>/dev/null && echo WRITTEN $d; done; "
      "touch /job/x /tmp/x /dev/shm/x && echo FINE"));
  EXPECT_EQ(result.out, "FINE\n");
}

TEST_F(Threats, OtherProcessesCannotBeSeenOrSignalled) {
  Result result = run(shell(fmt::format("ls /proc | grep -c '^[0-9]'; kill -0 {} 2>/dev/null && echo REACHED; true", getpid())));
  EXPECT_THAT(result.out, Not(HasSubstr("REACHED")));
  EXPECT_LT(std::stoi(result.out), 8);
}

TEST_F(Threats, NoNetworkIsReachable) {
  Fd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(listener.get(), 8), 0);
  socklen_t size = sizeof address;
  getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  int abstract = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Fd unix_listener(abstract);
  Result result = run(python(fmt::format(R"(
import socket
for target in [('127.0.0.1', {0}), ('192.0.2.1', 80), ('8.8.8.8', 53)]:
    s = socket.socket()
    s.settimeout(1)
    try:
        s.connect(target)
        s.send(b'leak')
        print('CONNECTED', target)
    except OSError as e:
        print('no', e.errno)
print(socket.if_nameindex())
)", ntohs(address.sin_port))));
  EXPECT_THAT(result.out, Not(HasSubstr("CONNECTED")));
  EXPECT_THAT(result.out, HasSubstr("no "));
  EXPECT_THAT(result.out, HasSubstr("[(1, 'lo')]"));
  pollfd watched = {listener.get(), POLLIN, 0};
  EXPECT_EQ(poll(&watched, 1, 100), 0) << "something reached the canary listener";
}

TEST_F(Threats, DangerousSystemCallsAreRefused) {
  Result result = run(python(R"(
import ctypes, errno, os, fcntl
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    ctypes.set_errno(0)
    r = getattr(libc, name)(*args)
    print(name, 'OK' if r >= 0 else errno.errorcode[ctypes.get_errno()])
call('unshare', 0x10000000)
call('unshare', 0x00020000)
call('setns', 0, 0)
call('mount', b'none', b'/tmp', b'tmpfs', 0, None)
call('umount2', b'/tmp', 0)
call('chroot', b'/tmp')
call('syscall', 250, 0, 0)      # keyctl on x86-64
call('syscall', 321, 0, 0, 0)   # bpf
call('syscall', 425, 1, 0)      # io_uring_setup
call('syscall', 323, 0)         # userfaultfd
call('syscall', 56, 0x10000000 | 17, 0, 0, 0, 0)  # clone(CLONE_NEWUSER)
for mode in (0o4755, 0o2755, 0o6755):
    open('f', 'w').close()
    try:
        os.chmod('f', mode)
        print('chmod OK', oct(os.stat('f').st_mode))
    except OSError as e:
        print('chmod', errno.errorcode[e.errno])
os.chmod('f', 0o755)
try:
    fcntl.ioctl(0, 0x5412, b'x')
    print('TIOCSTI OK')
except OSError as e:
    print('TIOCSTI', errno.errorcode[e.errno])
try:
    os.mknod('device', 0o20666, os.makedev(1, 3))
    print('mknod OK')
except OSError as e:
    print('mknod', errno.errorcode[e.errno])
)"));
  EXPECT_EQ(result.seen.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, Not(HasSubstr("OK")));
  EXPECT_THAT(result.out, HasSubstr("unshare EPERM"));
  EXPECT_THAT(result.out, HasSubstr("TIOCSTI EPERM"));
  EXPECT_THAT(result.out, HasSubstr("chmod EPERM"));
}

TEST_F(Threats, OrdinaryProgramsDoNotNoticeTheFilter) {
  Result result = run(python(R"(
import threading, subprocess, multiprocessing, tempfile, os, mmap, socket
t = threading.Thread(target=lambda: print('thread')); t.start(); t.join()
print(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout, end='')
with multiprocessing.get_context('fork').Pool(2) as p: print(sum(p.map(abs, [-1, -2, -3])))
with tempfile.NamedTemporaryFile() as f: f.write(b'x'); os.fchmod(f.fileno(), 0o600)
m = mmap.mmap(-1, 1 << 20); m[0] = 1
os.close(os.memfd_create('x'))
a, b = socket.socketpair(); a.send(b'pair'); print(b.recv(9).decode())
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); c = socket.create_connection(s.getsockname()); print('loopback')
)"));
  EXPECT_EQ(result.seen.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "thread\nchild\n6\npair\nloopback\n");
}

TEST_F(Threats, AFloodOfOutputIsCapped) {
  Launch launch = shell("head -c 400M /dev/zero; echo done >&2");
  Result result;
  backend().start(launch);
  while (backend().observe(launch.folder).phase == JobPhase::running) wait_for_change(launch.folder, INT64_MAX, 1000);
  Observation seen = backend().observe(launch.folder);
  EXPECT_EQ(seen.exit_code, 0) << "a job is not stopped for talking";
  fs::path log = launch.folder / "shim" / "log";
  EXPECT_LE(fs::file_size(log), static_cast<uintmax_t>(kLogBytesMax) + 4096);
  EXPECT_GT(fs::file_size(log), static_cast<uintmax_t>(kLogBytesMax) / 2);
  std::string last;
  for (int64_t offset = 0;;) {
    auto chunks = read_log(launch.folder, offset, 8 << 20);
    if (chunks.empty()) break;
    offset = chunks.back().offset;
    last = chunks.back().data;
  }
  EXPECT_THAT(last, HasSubstr("is longer than 256 MiB"));
}

TEST_F(Threats, TheJobCannotForgeItsEndOrReachItsSupervisor) {
  Result result = run(shell(
      "ls -la /proc/self/fd | grep -c ' -> ' ; for fd in 3 4 5 6 7 8 9 10; do (echo x >&$fd) 2>/dev/null && echo OPEN $fd; done; "
      "mkdir -p shim; echo code=0 > shim/exit; exit 3"));
  EXPECT_EQ(result.seen.exit_code, 3);
  EXPECT_THAT(result.out, Not(HasSubstr("OPEN")));
}

TEST_F(Threats, NoTerminalIsHeld) {
  EXPECT_THAT(run(shell("(echo x > /dev/tty) 2>/dev/null && echo TTY; tty; true")).out, HasSubstr("not a tty"));
}

TEST(Seccomp, TheFilterIsAProgramOfTheKernel) {
  std::string filter = job_filter();
  EXPECT_GT(filter.size(), 100u);
  EXPECT_EQ(filter.size() % 8, 0u);
  EXPECT_EQ(filter, job_filter());
}

}  // namespace
}  // namespace ain::exec
