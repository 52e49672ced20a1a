#include "exec/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <random>

#include "base/error.h"
#include "base/files.h"

namespace ain::exec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Error error_of(std::string_view text) {
  try {
    parse_project(text);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "was read: " << text;
  return Error(ErrorKind::bug, "");
}

constexpr const char* kFull = R"(
[job.train]
run = "python train.py --lr {lr}"
params = { lr = 1e-3, epochs = 20, fast = true, name = "a b" }
inputs = ["."]
outputs = ["out/", "model.npz"]
metrics = []
checkpoint = ""
vars = ["LR=0.1", "EMPTY=", "TEAM"]
secrets = []
network = "none"
timeout = "90s"
grace = "5s"
determinism = "none"
[job.train.env]
kind = "pip"
lock = "locks/requirements.txt"
image = ""
system = []
[job.train.resources]
gpu = "H100:8"
cpu = "2+"
memory = "8GB+"
disk = "50GB"
nodes = 1
max_price = "0.1/h"
[job.eval]
run = ["python", "eval.py"]
[royalty]
rate = "12.5%"
[authors]
)";

TEST(Project, ReadsEveryKey) {
  Project project = parse_project(kFull);
  ASSERT_EQ(project.jobs.size(), 2u);
  const ProjectJob& job = project.jobs[0];
  EXPECT_EQ(job.name, "train");
  EXPECT_THAT(job.command, ElementsAre("bash", "-euo", "pipefail", "-c", "python train.py --lr {lr}"));
  EXPECT_EQ(job.params.at("lr"), "0.001");
  EXPECT_EQ(job.params.at("epochs"), "20");
  EXPECT_EQ(job.params.at("fast"), "true");
  EXPECT_EQ(job.params.at("name"), "a b");
  EXPECT_THAT(job.outputs, ElementsAre("out/", "model.npz"));
  EXPECT_EQ(job.variables.at("LR"), "0.1");
  EXPECT_EQ(job.variables.at("EMPTY"), "");
  EXPECT_THAT(job.variables_of_caller, ElementsAre("TEAM"));
  EXPECT_EQ(job.timeout_ms, 90'000);
  EXPECT_EQ(job.grace_ms, 5'000);
  EXPECT_EQ(job.environment, EnvironmentKind::pip);
  EXPECT_EQ(job.lock, "locks/requirements.txt");
  EXPECT_EQ(job.resources.gpus, 8);
  EXPECT_EQ(job.resources.gpu_model, "H100");
  EXPECT_EQ(job.resources.cpus, 2);
  EXPECT_EQ(job.resources.memory_bytes, 8'000'000'000);
  EXPECT_EQ(job.resources.disk_bytes, 50'000'000'000);
  EXPECT_EQ(job.resources.price_per_hour_max, 100'000);
  EXPECT_EQ(project.royalty->value, 125'000);
  EXPECT_THAT(project.jobs[1].command, ElementsAre("python", "eval.py"));
  EXPECT_EQ(project.jobs[1].grace_ms, 60'000);
}

TEST(Project, OnlyRunIsRequired) {
  Project project = parse_project("[job.main]\nrun = 'true'\n");
  EXPECT_EQ(project.job("").name, "main");
  EXPECT_EQ(project.royalty, std::nullopt);
  EXPECT_TRUE(parse_project("").jobs.empty());
  EXPECT_THAT(error_of("[job.a]\nparams = {}\n").message(), HasSubstr("a job needs 'run'"));
}

TEST(Project, ARoyaltyIsOfOneKind) {
  const auto royalty = [](const std::string& lines) { return parse_project("[royalty]\n" + lines).royalty; };
  EXPECT_EQ(royalty("rate = '12.5%'"), (Royalty{RoyaltyKind::rate, 125'000}));
  EXPECT_EQ(royalty("per_run = '0.5'"), (Royalty{RoyaltyKind::per_run, 500'000}));
  EXPECT_EQ(royalty("per_gpu_hour = '1'"), (Royalty{RoyaltyKind::per_hour, 1'000'000}));
  for (const char* lines : {"per_run = '1'\nrate = '1%'\n", "per_run = '-1'\n", "per_gpu_hour = '-1'\n", "rate = '101%'\n", "per_run = '9000000000'\n"}) {
    EXPECT_THROW(royalty(lines), Error) << lines;
  }
}

TEST(Project, JobsComeInTheFilesOrder) {
  Project project = parse_project("[job.zeta]\nrun='a'\n[job.alpha]\nrun='b'\n[job.main]\nrun='c'\n");
  ASSERT_EQ(project.jobs.size(), 3u);
  EXPECT_EQ(project.jobs[0].name, "zeta");
  EXPECT_EQ(project.jobs[1].name, "alpha");
  EXPECT_EQ(project.job("").name, "main");
}

TEST(Project, ARoyaltyIsOneOfThree) {
  EXPECT_EQ(parse_project("[royalty]\nrate = '2.5%'").royalty, (Royalty{RoyaltyKind::rate, 25'000}));
  EXPECT_EQ(parse_project("[royalty]\nper_run = '0.5'").royalty, (Royalty{RoyaltyKind::per_run, 500'000}));
  EXPECT_EQ(parse_project("[royalty]\nper_gpu_hour = '20u'").royalty, (Royalty{RoyaltyKind::per_hour, 20}));
  EXPECT_THAT(error_of("[royalty]\nrate = '1%'\nper_run = '1'\n").message(), HasSubstr("a run pays one"));
  EXPECT_THAT(error_of("[royalty]\nper_run = '100000000'\n").message(), HasSubstr("is more than"));
}

TEST(Project, AnUnknownKeyNamesTheLineAndTheNearest) {
  Error error = error_of("[job.train]\nrun = 'x'\n[job.train.resources]\ngpuu = 1\n");
  EXPECT_EQ(error.kind(), ErrorKind::failed);
  EXPECT_EQ(error.message(), "cannot read 'ain.toml': line 4: unknown key 'gpuu'");
  EXPECT_EQ(error.hint(), "did you mean 'gpu'?");
}

TEST(Project, AnUnknownJobNamesTheNearest) {
  Project project = parse_project("[job.train]\nrun='a'\n[job.eval]\nrun='b'\n");
  try {
    project.job("trian");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.hint(), HasSubstr("'train'"));
  }
  EXPECT_THROW(project.job(""), Error);
}

// What the format has and this version has not must not be passed over in silence.
class Unsupported : public testing::TestWithParam<const char*> {};
TEST_P(Unsupported, IsRefused) {
  Error error = error_of(std::string("[job.main]\nrun = 'x'\n") + GetParam());
  EXPECT_EQ(error.kind(), ErrorKind::failed);
  EXPECT_THAT(error.message(), HasSubstr("not supported yet"));
}
INSTANTIATE_TEST_SUITE_P(
    Project, Unsupported,
    testing::Values("secrets = ['HF_TOKEN']", "checkpoint = 'ckpt/'", "metrics = ['m.json']", "inputs = ['src']",
                    "network = { allow = ['example.org'] }", "determinism = 'bitwise'", "env = { kind = 'nix' }",
                    "env = { kind = 'conda' }", "env = { kind = 'oci' }", "env = { image = 'x' }",
                    "env = { system = ['ffmpeg'] }", "resources = { nodes = 2 }", "retry = { on = ['error'] }",
                    "resources = { gpu = 'A100:40GB..80GB' }", "[authors]\nx = 'y'"));

class Malformed : public testing::TestWithParam<const char*> {};
TEST_P(Malformed, IsRefused) {
  Error error = error_of(std::string("[job.main]\nrun = 'x'\n") + GetParam());
  EXPECT_EQ(error.kind(), ErrorKind::failed);
  EXPECT_THAT(error.message(), HasSubstr("cannot read 'ain.toml': line "));
}
INSTANTIATE_TEST_SUITE_P(
    Project, Malformed,
    testing::Values("[dependencies]\nx = 'y'", "[dependencies]\nx = { repository = 'repo1x' }",
                    "outputs = ['../x']", "outputs = ['/etc/passwd']", "outputs = ['a//b']", "outputs = 'out'",
                    "outputs = [\"a\\u0007\"]", "timeout = 'soon'", "timeout = 5", "grace = '2h'", "vars = ['1X=2']",
                    "params = { 'a-b' = 1 }", "params = { a = [1] }", "resources = { cpu = 0 }",
                    "resources = { memory = '1KB' }", "resources = { memory = 'much' }", "resources = { gpu = 'H 100' }",
                    "env = { kind = 'system', lock = 'requirements.txt' }", "env = { lock = '../x' }", "env = 3",
                    "[royalty]\nrate = '101%'", "[royalty]\nrate = 10", "[job.'a b']\nrun = 'x'", "run = 'twice'"));

TEST(Project, Gpus) {
  auto parse = [](std::string_view text) {
    Resources resources;
    parse_gpu(text, resources);
    return std::tuple(resources.gpus, resources.gpu_model, resources.gpu_memory_bytes);
  };
  EXPECT_EQ(parse("1"), std::tuple(1, "", 0));
  EXPECT_EQ(parse(""), std::tuple(0, "", 0));
  EXPECT_EQ(parse("0"), std::tuple(0, "", 0));
  EXPECT_EQ(parse("H100"), std::tuple(1, "H100", 0));
  EXPECT_EQ(parse("H100:8"), std::tuple(8, "H100", 0));
  EXPECT_EQ(parse("A100-80GB:4"), std::tuple(4, "A100-80GB", 0));
  EXPECT_EQ(parse("A100:40GB.."), std::tuple(1, "A100", 40'000'000'000));
  EXPECT_EQ(parse("A100:40GB..:2"), std::tuple(2, "A100", 40'000'000'000));
  for (const char* bad : {"-1", "257", "H100:0", "H100:", ":", "H100:8:9:1", "A100:1..2", "A 100", "H100:9999999999999999999"})
    EXPECT_THROW(parse(bad), Error) << bad;
}

TEST(Project, Memory) {
  EXPECT_EQ(parse_memory("32GB"), 32'000'000'000);
  EXPECT_EQ(parse_memory("32GB+"), 32'000'000'000);
  EXPECT_EQ(parse_memory("24GiB.."), int64_t{24} << 30);
  for (const char* bad : {"", "GB", "24GB..32GB", "-1GB", "1e3GB", "99999999999999999999GB"})
    EXPECT_THROW(parse_memory(bad), Error) << bad;
}

TEST(Project, AMistakeThatTheParserDidNotExpectIsAnError) {
  for (const char* text : {"[.x]\n", "[[=]]\n", "[ #x]\n", "[a.=]\n"})
    EXPECT_THAT(error_of(text).message(), HasSubstr("cannot read 'ain.toml'")) << text;
}

TEST(Project, RandomBytesNeverDoMoreThanFail) {
  std::mt19937 random(1);
  const std::string full = kFull;
  int read = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = full;
    for (int changes = 1 + static_cast<int>(random() % 4); changes > 0; --changes) {
      size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, random() % 20); break;
        case 2: text.insert(at, text.substr(random() % text.size(), random() % 30)); break;
        default: text.resize(at); break;
      }
      if (text.empty()) break;
    }
    try {
      parse_project(text);
      ++read;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::failed) << text;
      EXPECT_FALSE(error.message().empty());
    }
  }
  EXPECT_GT(read, 0);
}

TEST(Project, ARunThatIsNoCommandIsNamed) {
  const Error error = error_of("[job.main]\nrun = 5\n");
  EXPECT_THAT(error.message(), HasSubstr("line 2: 'run' must be a text or a list of texts"));
  EXPECT_THAT(error.hint(), HasSubstr("python train.py"));
}

TEST(Project, AFileThatCannotBeReadIsToldBeforeGitMeetsIt) {
  const TemporaryFolder folder("ain-project");
  const auto told = [&] {
    try {
      check_project_file(folder.path());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::failed);
      EXPECT_FALSE(error.hint().empty());
      return error.message();
    }
    return std::string();
  };
  const auto file = folder.path() / "ain.toml";
  EXPECT_EQ(told(), "");  // none is needed
  std::filesystem::create_symlink("elsewhere", file);
  EXPECT_THAT(told(), HasSubstr("symbolic link"));
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_THAT(told(), HasSubstr("is a folder"));
  std::filesystem::remove(file);
  write_file_atomic(file, "[job.main]\nrun = 'true'\n", 0000);
  if (geteuid() != 0) {
    EXPECT_THAT(told(), HasSubstr("Permission denied"));
  }
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  EXPECT_EQ(told(), "");
}

}  // namespace
}  // namespace ain::exec
