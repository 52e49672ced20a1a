#include "exec/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "base/encoding.h"
#include "base/text.h"
#include "exec/hardware.h"
#include "exec/nvml.h"
#include "exec/pip.h"
#include "exec/requirements.h"
#include "tests/exec/job_fixture.h"

namespace ain::exec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHash(64, 'a');

Error requirements_error(std::string_view text) {
  try {
    parse_requirements(text, "requirements.txt");
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "was read: " << text;
  return Error(ErrorKind::bug, "");
}

TEST(Requirements, AreReadAsTheToolsWriteThem) {
  auto requirements = parse_requirements("# made by a tool\n--index-url https://example.org/simple\n\n"
                                         "numpy==1.26.4 \\\n    --hash=sha256:" + kHash + " \\\n    --hash=sha256:" +
                                             std::string(64, 'b') + "\n    # via -r x.in\n"
                                         "foo[bar,baz]==2.0.post1 ; python_version >= '3.9' --hash=sha256:" + kHash + "  # why\r\n",
                                         "requirements.txt");
  ASSERT_EQ(requirements.size(), 2u);
  EXPECT_EQ(requirements[0].text, "numpy==1.26.4");
  EXPECT_THAT(requirements[0].hashes, ElementsAre(kHash, std::string(64, 'b')));
  EXPECT_EQ(requirements[1].text, "foo[bar,baz]==2.0.post1 ; python_version >= '3.9'");
  EXPECT_EQ(requirements[0].lock_line(), "numpy==1.26.4 --hash=sha256:" + kHash + " --hash=sha256:" + std::string(64, 'b') + "\n");
  EXPECT_TRUE(parse_requirements("# nothing\n", "r").empty());
}

TEST(Requirements, WhatWouldLeadPipElsewhereIsRefused) {
  const std::string hash = " --hash=sha256:" + kHash;
  for (const char* line : {"-r /etc/passwd", "-e .", "-c other.txt", "--find-links http://169.254.169.254/", "--no-binary :all:",
                                  "--trusted-host x", "--config-settings a=b"}) {
    EXPECT_THAT(requirements_error(line).message(), HasSubstr("line 1")) << line;
  }
  for (const std::string& line : std::vector<std::string>{"numpy" + hash, "numpy>=1" + hash, "numpy @ https://example.org/x.whl" + hash, "./local.whl" + hash,
                                  "https://example.org/x.whl" + hash, "git+https://example.org/x" + hash, "numpy==1.*" + hash,
                                  "numpy==1; $(id)" + hash, "numpy==1 --install-option=x" + hash, "numpy==1 --hash=md5:" + kHash,
                                  "numpy==1 --hash=sha256:AA", "numpy==1" + hash + " -r x", std::string("a\x01==1") + hash})
    EXPECT_EQ(requirements_error(line).kind(), ErrorKind::environment) << line;
  Error error = requirements_error("# c\nnumpy==1.0\n");
  EXPECT_EQ(error.message(), "cannot read 'requirements.txt': line 2: 'numpy==1.0' has no hash");
  EXPECT_THAT(error.hint(), HasSubstr("--generate-hashes"));
}

TEST(Environment, OfTheSystemNeedsNothing) {
  JobSpec spec;
  spec.environment = "system";
  Environment environment = build_environment(spec, "", "/nonexistent", nullptr);
  EXPECT_EQ(environment.kind, "system");
  EXPECT_TRUE(environment.folder.empty());
  EXPECT_EQ(environment.key.size(), 64u);
}

// A package index of this test's own: a folder of wheels.
class PipTest : public JobTest {
 protected:
  void SetUp() override {
    JobTest::SetUp();
    if (IsSkipped()) return;
    ProcessSpec process;
    process.argv = {kPython, "-I", "-m", "pip", "--version"};
    if (!fs::exists(kPython) || run_process(process).exit_code != 0)
      GTEST_SKIP() << "pip is not installed: apt install python3-pip";
    fs::create_directories(index_);
    for (const char* name : {"PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE"}) {
      const char* value = getenv(name);
      if (value != nullptr) before_[name] = value;
      unsetenv(name);
    }
    setenv("PIP_NO_INDEX", "1", 1);
    setenv("PIP_FIND_LINKS", index_.c_str(), 1);
    setenv("PIP_CONFIG_FILE", "/dev/null", 1);
  }
  void TearDown() override {
    for (const char* name : {"PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_CONFIG_FILE"}) unsetenv(name);
    for (const auto& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
    JobTest::TearDown();
  }

  // Makes NAME-VERSION with one module and one script; returns its line in a lock.
  std::string add_wheel(const std::string& name, const std::string& version, const std::string& requires_dist = "") {
    fs::path path = index_ / (name + "-" + version + "-py3-none-any.whl");
    ProcessSpec process;
    process.argv = {kPython, "-I", "-c", R"(
import sys, zipfile, hashlib, base64
path, name, version, needs = sys.argv[1:]
info = f'{name}-{version}.dist-info/'
files = {f'{name}/__init__.py': f'VERSION = "{version}"\ndef main():\n    print("{name} says", VERSION)\n',
         info + 'METADATA': f'Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n' + (f'Requires-Dist: {needs}\n' if needs else ''),
         info + 'WHEEL': 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
         info + 'entry_points.txt': f'[console_scripts]\n{name}-tool = {name}:main\n'}
record = ''
with zipfile.ZipFile(path, 'w') as z:
    for n, t in files.items():
        z.writestr(n, t)
        h = base64.urlsafe_b64encode(hashlib.sha256(t.encode()).digest()).rstrip(b'=').decode()
        record += f'{n},sha256={h},{len(t)}\n'
    z.writestr(info + 'RECORD', record + info + 'RECORD,,\n')
)", path.string(), name, version, requires_dist};
    Completed done = run_process(process);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return name + "==" + version + " --hash=sha256:" + to_hex(sha256(read_file(path))) + "\n";
  }
  Environment build(const std::string& lock) {
    lines_.clear();
    JobSpec spec;
    spec.environment = "pip";
    spec.lock = "requirements.txt";
    spec.lock_digest = to_hex(sha256(lock));
    return build_environment(spec, lock, cache_, [this](std::string_view line) { lines_.emplace_back(line); });
  }
  Error error_of(const std::string& lock) {
    try {
      build(lock);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "was built";
    return Error(ErrorKind::bug, "");
  }
  int count_entries(const fs::path& folder, std::string_view part) {
    int count = 0;
    if (!fs::exists(folder)) return 0;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename().string().find(part) != std::string::npos) ++count;
    return count;
  }

  fs::path index_ = folder_.path() / "index", cache_ = folder_.path() / "cache";
  std::map<std::string, std::string> before_;
  std::vector<std::string> lines_;
};

TEST_F(PipTest, IsBuiltOnceAndWorksInTheSandbox) {
  std::string lock = add_wheel("alpha", "1.0", "beta") + add_wheel("beta", "2.0");
  Environment environment = build(lock);
  EXPECT_FALSE(environment.cached);
  EXPECT_FALSE(lines_.empty());
  Environment again = build(lock);
  EXPECT_TRUE(again.cached);
  EXPECT_EQ(again.key, environment.key);
  EXPECT_EQ(again.folder, environment.folder);

  Launch launch = shell("python -c 'import alpha, beta, sys; print(alpha.VERSION, beta.VERSION, sys.prefix)'; alpha-tool; "
                        "python3 -c 'import sys; print([p for p in sys.path if \"dist-packages\" in p])'; "
                        "touch /ain/env/x 2>/dev/null || echo read-only");
  launch.environment = environment;
  Result result = run(launch);
  EXPECT_EQ(result.out, "1.0 2.0 /ain/env\nalpha says 1.0\n[]\nread-only\n") << result.err;

  launch = shell("python -c 'import alpha; print(alpha.VERSION)'; alpha-tool");
  launch.environment = environment;
  launch.isolation = Isolation::none;
  EXPECT_EQ(run(launch).out, "1.0\nalpha says 1.0\n");
}

TEST_F(PipTest, AWheelIsFetchedOnceForSeveralEnvironments) {
  std::string alpha = add_wheel("alpha", "1.0"), beta = add_wheel("beta", "2.0");
  build(alpha);
  fs::remove(index_ / "alpha-1.0-py3-none-any.whl");
  Environment both = build(alpha + beta);
  EXPECT_TRUE(fs::exists(both.folder / "lib" / ("python" + python_facts().minor) / "site-packages" / "alpha"));
  fs::remove(index_ / "beta-2.0-py3-none-any.whl");
  EXPECT_FALSE(build(beta).cached);  // wholly from the store
}

TEST_F(PipTest, TheKeyIsOfTheLock) {
  std::string alpha = add_wheel("alpha", "1.0");
  EXPECT_NE(build(alpha).key, build(alpha + "# other\n").key);
}

TEST_F(PipTest, AWrongHashBuildsNothing) {
  add_wheel("alpha", "1.0");
  Error error = error_of("alpha==1.0 --hash=sha256:" + kHash + "\n");
  EXPECT_EQ(error.kind(), ErrorKind::environment);
  EXPECT_FALSE(error.hint().empty());
  EXPECT_EQ(count_entries(cache_ / "environments", ".tmp-"), 0);
}

TEST_F(PipTest, ADependencyThatTheLockDoesNotListBuildsNothing) {
  std::string alpha = add_wheel("alpha", "1.0", "beta");
  add_wheel("beta", "2.0");
  EXPECT_EQ(error_of(alpha).kind(), ErrorKind::environment);
}

TEST_F(PipTest, APackageThatIsNotThereIsNamed) {
  Error error = error_of("missing-package==1.0 --hash=sha256:" + kHash + "\n");
  EXPECT_EQ(error.kind(), ErrorKind::environment);
  EXPECT_THAT(error.message(), HasSubstr("missing-package"));
}

TEST_F(PipTest, AnotherLockThanTheJobsIsRefused) {
  JobSpec spec;
  spec.environment = "pip";
  spec.lock = "requirements.txt";
  spec.lock_digest = kHash;
  EXPECT_THROW(build_environment(spec, "", cache_, nullptr), Error);
}

TEST_F(PipTest, AnUnfinishedBuildIsNotTakenForFinished) {
  std::string lock = add_wheel("alpha", "1.0");
  std::string key = build(lock).key;
  fs::path folder = cache_ / "environments" / key;
  // As a kill between any two steps leaves it: the folder's name only ever belongs to what is complete.
  fs::permissions(folder, fs::perms(0755));
  fs::rename(folder, cache_ / "environments" / (key + ".tmp-0123"));
  Environment environment = build(lock);
  EXPECT_FALSE(environment.cached);
  EXPECT_TRUE(fs::exists(environment.folder / ".complete"));
  EXPECT_EQ(count_entries(cache_ / "environments", ".tmp-"), 0);
}

TEST_F(PipTest, ABuilderThatIsKilledLeavesNothingInTheWay) {
  std::string lock = add_wheel("alpha", "1.0");
  for (int delay_ms : {5, 100, 400}) {
    pid_t child = fork();
    if (child == 0) {
      setpgid(0, 0);
      build(lock);
      _exit(0);
    }
    setpgid(child, child);
    usleep(static_cast<useconds_t>(delay_ms) * 1000);
    kill(-child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::string again = lock + "# " + std::to_string(delay_ms) + "\n";
    EXPECT_FALSE(build(again).cached);
  }
  build(lock);
  EXPECT_EQ(count_entries(cache_ / "environments", ".tmp-"), 0);
}

TEST_F(PipTest, TwoBuildersOfOneKeyBuildOnce) {
  std::string lock = add_wheel("alpha", "1.0");
  JobSpec spec;
  spec.environment = "pip";
  spec.lock = "requirements.txt";
  spec.lock_digest = to_hex(sha256(lock));
  std::atomic<int> built = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { built += build_environment(spec, lock, cache_, nullptr).cached ? 0 : 1; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(built, 1);
}

TEST_F(PipTest, AnEmptyLockIsAnEmptyEnvironment) {
  Launch launch = shell("python -c 'import sys; print(sys.prefix)'");
  launch.environment = build("# nothing\n");
  EXPECT_EQ(run(launch).out, "/ain/env\n");
}

TEST(Hardware, IsFound) {
  Hardware hardware = find_hardware();
  EXPECT_GE(hardware.cpus, 1);
  EXPECT_LE(hardware.cpus, sysconf(_SC_NPROCESSORS_CONF));
  EXPECT_GT(hardware.memory_bytes, int64_t{64} << 20);
  EXPECT_FALSE(hardware.architecture.empty());
  EXPECT_FALSE(hardware.cpu_model.empty());
  Json value = to_json(hardware);
  EXPECT_EQ(value["cpus"], hardware.cpus);
  EXPECT_EQ(value["gpus"].size(), hardware.gpus.size());
  for (const auto& gpu : hardware.gpus) EXPECT_GT(gpu.memory_bytes, 0);
}

TEST(Hardware, AffinityCounts) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &before)) {
      CPU_SET(cpu, &one);
      break;
    }
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(find_hardware().cpus, 1);
  sched_setaffinity(0, sizeof before, &before);
}

TEST(Hardware, ModelsHaveOneSpelling) {
  EXPECT_EQ(gpu_model("NVIDIA H200", 150'754'820'096), "H200-141GB");
  EXPECT_EQ(gpu_model("NVIDIA A100-SXM4-80GB", int64_t{81920} << 20), "A100-80GB");
  EXPECT_EQ(gpu_model("NVIDIA A100-PCIE-40GB", int64_t{40960} << 20), "A100-40GB");
  EXPECT_EQ(gpu_model("NVIDIA H100 80GB HBM3", int64_t{81559} << 20), "H100-80GB");
  EXPECT_EQ(gpu_model("Tesla T4", int64_t{15109} << 20), "T4-16GB");
  EXPECT_EQ(gpu_model("NVIDIA GeForce RTX 4090", int64_t{24564} << 20), "RTX4090-24GB");
  EXPECT_EQ(gpu_model("\x1b[31m", int64_t{8} << 30), "31m-8GB");
}

TEST(Gpu, TheSandboxShowsOnlyWhatIsLeased) {
  Hardware hardware = find_hardware();
  if (hardware.gpus.empty()) GTEST_SKIP() << "this machine has no NVIDIA GPU";
  if (!shared_backend().probe().sandbox) GTEST_SKIP() << shared_backend().probe().why_not;
  TemporaryFolder folder("ain-gpu-test");
  Launch launch;
  launch.nonce = "gpu";
  launch.folder = folder.path() / "job";
  launch.tree = launch.folder / "tree";
  fs::create_directories(launch.tree);
  launch.gpus = {hardware.gpus[0].index};
  launch.spec.command = {"python3", "-c",
                         "import ctypes, glob\nc = ctypes.CDLL('libcuda.so.1')\nn = ctypes.c_int()\n"
                         "print(c.cuInit(0), c.cuDeviceGetCount(ctypes.byref(n)), n.value)\n"
                         "print(sorted(glob.glob('/dev/nvidia[0-9]*')))"};
  shared_backend().start(launch);
  while (shared_backend().observe(launch.folder).phase == JobPhase::running) wait_for_change(launch.folder, INT64_MAX, 100);
  auto chunks = read_log(launch.folder, 0, 1 << 20);
  shared_backend().cleanup(launch.folder);
  std::string out;
  for (const auto& chunk : chunks) out += chunk.data;
  EXPECT_EQ(out, fmt::format("0 0 1\n['/dev/nvidia{}']\n", hardware.gpus[0].index));
}

}  // namespace
}  // namespace ain::exec
