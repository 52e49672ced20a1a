#include "exec/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <random>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/process.h"
#include "repo/repository.h"

namespace ain::exec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RepositoryId some_repository() {
  RepositoryId id;
  id.bytes.fill(7);
  return id;
}

JobSpec some_job() {
  JobSpec spec;
  spec.repository = some_repository().text();
  spec.identity = std::string(40, 'd');
  spec.commit = std::string(40, 'a');
  spec.tree = std::string(40, 'b');
  spec.name = "train";
  spec.command = {"python", "train.py"};
  spec.variables = {{"A", "1"}};
  spec.outputs = {"out/"};
  spec.environment = "pip";
  spec.lock = "requirements.txt";
  spec.lock_digest = std::string(64, 'c');
  spec.resources.price_per_hour_max = 5;
  spec.run_us_max = 1'000'000;
  spec.grace_ms = 100;
  return spec;
}

TEST(Job, GoesThroughJsonUnchanged) {
  JobSpec spec = some_job();
  std::string text = canonical(to_json(spec));
  JobSpec again = job_from_json(parse_json(text, "job"));
  EXPECT_EQ(canonical(to_json(again)), text);
  EXPECT_EQ(job_digest(again), job_digest(spec));
  EXPECT_EQ(again.resources, spec.resources);
}

TEST(Job, TheDigestIsOfTheCanonicalJson) {
  JobSpec spec = some_job();
  EXPECT_EQ(job_digest(spec), sha256("ain-job\n" + canonical(to_json(spec))));
  JobSpec other = spec;
  other.resources.cpus = 2;
  EXPECT_NE(job_digest(spec), job_digest(other));
}

// Pins the wire format: a change here means another digest for the same job.
TEST(Job, TheWireFormatStays) {
  EXPECT_EQ(canonical(to_json(some_job())),
            R"({"command":["python","train.py"],"commit":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","environment":"pip",)"
            R"("grace_ms":100,"identity":"dddddddddddddddddddddddddddddddddddddddd","lock":"requirements.txt",)"
            R"("lock_digest":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","name":"train",)"
            R"("outputs":["out/"],"repository":")" + some_repository().text() +
            R"(","resources":{"cpus":1,"disk_bytes":10737418240,"gpu_memory_bytes":0,"gpu_model":"","gpus":0,)"
            R"("memory_bytes":1073741824,"price_per_hour_max":5},"run_us_max":1000000,)"
            R"("tree":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","variables":{"A":"1"}})");
}

TEST(Job, EveryBoundIsChecked) {
  struct Case {
    const char* what;
    std::function<void(Json&)> change;
  };
  const Case cases[] = {
      {"repository", [](Json& j) { j["repository"] = "repo1x"; }},
      {"identity", [](Json& j) { j["identity"] = "HEAD"; }},
      {"commit", [](Json& j) { j["commit"] = "A" + std::string(39, 'a'); }},
      {"tree", [](Json& j) { j["tree"] = "abc"; }},
      {"no command", [](Json& j) { j["command"] = Json::array(); }},
      {"empty program", [](Json& j) { j["command"] = {""}; }},
      {"too many arguments", [](Json& j) { j["command"] = std::vector<std::string>(kArgumentsMax + 1, "a"); }},
      {"argument too long", [](Json& j) { j["command"] = {std::string(200 << 10, 'a')}; }},
      {"zero byte", [](Json& j) { j["command"] = {std::string("a\0b", 3)}; }},
      {"number as argument", [](Json& j) { j["command"] = {1}; }},
      {"variable name", [](Json& j) { j["variables"]["A=B"] = "x"; }},
      {"variable value", [](Json& j) { j["variables"]["A"] = 1; }},
      {"zero byte in a variable", [](Json& j) { j["variables"]["A"] = std::string("a\0b", 3); }},
      {"output above", [](Json& j) { j["outputs"] = {"a/../../b"}; }},
      {"absolute output", [](Json& j) { j["outputs"] = {"/etc"}; }},
      {"environment", [](Json& j) { j["environment"] = "nix"; }},
      {"lock of system", [](Json& j) { j["environment"] = "system"; }},
      {"lock above", [](Json& j) { j["lock"] = "../lock"; }},
      {"lock digest", [](Json& j) { j["lock_digest"] = std::string(64, 'X'); }},
      {"time", [](Json& j) { j["run_us_max"] = kRunTimeMaxUs + 1; }},
      {"negative time", [](Json& j) { j["run_us_max"] = -1; }},
      {"grace", [](Json& j) { j["grace_ms"] = kGraceMsMax + 1; }},
      {"cores", [](Json& j) { j["resources"]["cpus"] = 0; }},
      {"gpus", [](Json& j) { j["resources"]["gpus"] = kGpusMax + 1; }},
      {"memory", [](Json& j) { j["resources"]["memory_bytes"] = 1; }},
      {"model", [](Json& j) { j["resources"]["gpu_model"] = "H100\n"; }},
      {"unknown member", [](Json& j) { j["extra"] = 1; }},
      {"unknown resource", [](Json& j) { j["resources"]["extra"] = 1; }},
      {"missing", [](Json& j) { j.erase("tree"); }},
      {"name", [](Json& j) { j["name"] = "\x1b[31m"; }},
      {"size", [](Json& j) { j["command"] = std::vector<std::string>(4, std::string(90 << 10, 'a')); }},
  };
  for (const auto& [what, change] : cases) {
    Json value = to_json(some_job());
    change(value);
    EXPECT_THROW(job_from_json(value), Error) << what;
  }
}

Json random_json(std::mt19937& random, int depth) {
  switch (random() % (depth > 3 ? 4 : 6)) {
    case 0: return static_cast<int64_t>(random()) * static_cast<int64_t>(random());
    case 1: return random() % 2 == 0;
    case 2: return nullptr;
    case 3: {
      std::string text;
      for (size_t i = random() % 8; i > 0; --i) text += static_cast<char>(random() % 128);
      return text;
    }
    case 4: {
      Json list = Json::array();
      for (size_t i = random() % 4; i > 0; --i) list.push_back(random_json(random, depth + 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (size_t i = random() % 4; i > 0; --i) object[std::string(1, static_cast<char>('A' + random() % 26))] =
          random_json(random, depth + 1);
      return object;
    }
  }
}

TEST(Job, RandomMembersNeverDoMoreThanFail) {
  std::mt19937 random(2);
  const Json good = to_json(some_job());
  std::vector<std::string> names;
  for (const auto& [name, value] : good.items()) names.push_back(name);
  int accepted = 0;
  for (int i = 0; i < 5000; ++i) {
    Json value = good;
    for (size_t changes = 1 + random() % 3; changes > 0; --changes)
      value[names[random() % names.size()]] = random_json(random, 0);
    try {
      JobSpec spec = job_from_json(value);
      EXPECT_EQ(to_json(spec), value);  // what is accepted is understood whole
      ++accepted;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::failed);
    }
  }
  EXPECT_GT(accepted, 0);
}

TEST(Job, TheUnitOfPriceIsTheGpuElseTheCore) {
  JobSpec spec = some_job();
  spec.resources.cpus = 3;
  EXPECT_EQ(spec.units(), 3);
  spec.resources.gpus = 2;
  EXPECT_EQ(spec.units(), 2);
}

// A real repository with one commit, made by git itself.
class MakeJob : public testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("git")) GTEST_SKIP() << "git is not installed: apt install git";
    git({"init", "-q", "-b", "main"});
  }
  void git(std::vector<std::string> arguments) {
    ProcessSpec process;
    process.argv = {"git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"};
    process.argv.insert(process.argv.end(), arguments.begin(), arguments.end());
    process.folder = folder_.path();
    Completed done = run_process(process);
    ASSERT_EQ(done.exit_code, 0) << done.err;
    out_ = done.out;
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_.path() / name) << text; }
  JobSpec make(const JobRequest& request) {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", "x"});
    auto repository = repo::Repository::discover(folder_.path());
    repo::Snapshot snapshot;
    snapshot.commit = *repository->head_commit();
    snapshot.tree = repository->tree_of(snapshot.commit);
    return make_job(*repository, snapshot, some_repository().text(), std::string(40, 'd'), request);
  }
  Error error_of(const JobRequest& request) {
    try {
      make(request);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "was accepted";
    return Error(ErrorKind::bug, "");
  }

  TemporaryFolder folder_{"ain-job-test"};
  std::string out_;
};

TEST_F(MakeJob, OfABareCommand) {
  JobRequest request;
  request.command = {"true"};
  request.params = {{"lr", "0.5"}};
  request.cpus = 2;
  request.memory = "2GB";
  request.timeout_ms = 5000;
  JobSpec spec = make(request);
  EXPECT_EQ(spec.name, "");
  EXPECT_THAT(spec.command, ElementsAre("true"));
  EXPECT_EQ(spec.environment, "system");
  EXPECT_EQ(spec.resources.cpus, 2);
  EXPECT_EQ(spec.resources.memory_bytes, 2'000'000'000);
  EXPECT_EQ(spec.run_us_max, 5'000'000);
  EXPECT_EQ(spec.variables.at("AIN_PARAM_lr"), "0.5");
  EXPECT_EQ(spec.identity, std::string(40, 'd'));
}

TEST_F(MakeJob, OfAProject) {
  write("ain.toml",
        "[job.train]\nrun = 'python t.py --lr {lr} {other} ${HOME}'\nparams = { lr = 0.1, n = 3 }\nvars = ['A=1']\n"
        "outputs = ['out/']\n");
  JobRequest request;
  request.params = {{"lr", "0.5"}};
  request.variables = {{"B", "2"}};
  JobSpec spec = make(request);
  EXPECT_EQ(spec.name, "train");
  EXPECT_EQ(spec.command.back(), "python t.py --lr 0.5 {other} ${HOME}");
  EXPECT_EQ(spec.variables.at("AIN_PARAM_lr"), "0.5");
  EXPECT_EQ(spec.variables.at("AIN_PARAM_n"), "3");
  EXPECT_EQ(spec.variables.at("A"), "1");
  EXPECT_EQ(spec.variables.at("B"), "2");
  EXPECT_THAT(spec.outputs, ElementsAre("out/"));
}

TEST_F(MakeJob, TheFileOfTheCommitCountsNotTheOneInTheFolder) {
  write("ain.toml", "[job.main]\nrun = 'echo committed'\n");
  make({});
  write("ain.toml", "[job.main]\nrun = 'echo changed'\n");
  auto repository = repo::Repository::discover(folder_.path());
  repo::Snapshot snapshot;
  snapshot.commit = *repository->head_commit();
  snapshot.tree = repository->tree_of(snapshot.commit);
  EXPECT_EQ(make_job(*repository, snapshot, some_repository().text(), std::string(40, 'd'), {}).command.back(), "echo committed");
}

TEST_F(MakeJob, TheFolderSaysWhatRunsLeaveInIt) {
  EXPECT_THAT(outputs_in(folder_.path(), {}), IsEmpty());
  write("ain.toml", "[job.a]\nrun = 'x'\noutputs = ['out/', 'm.bin']\n[job.b]\nrun = 'x'\noutputs = ['logs/', 'out/']\n");
  JobRequest request;
  request.outputs = {"more/", "../above", ""};
  EXPECT_THAT(outputs_in(folder_.path(), request), ElementsAre("logs/", "m.bin", "more/", "out/"));
  write("ain.toml", "[job.a]\nrum = 'x'\n");
  try {
    outputs_in(folder_.path(), {});
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("cannot read 'ain.toml': line 2"));
  }
}

TEST_F(MakeJob, MistakesAreNamed) {
  EXPECT_EQ(error_of({}).kind(), ErrorKind::usage);  // neither a command nor ain.toml
  write("ain.toml", "[job.train]\nrun = 'x'\nparams = { lr = 1 }\nvars = ['AIN_TEST_UNSET_VARIABLE']\n");
  JobRequest request;
  request.variables = {{"AIN_TEST_UNSET_VARIABLE", "x"}};
  request.params = {{"lrr", "1"}};
  EXPECT_THAT(error_of(request).hint(), HasSubstr("'lr'"));
  EXPECT_THAT(error_of({}).hint(), HasSubstr("-e AIN_TEST_UNSET_VARIABLE="));
  request = {};
  request.job = "tran";
  EXPECT_THAT(error_of(request).hint(), HasSubstr("'train'"));
}

TEST_F(MakeJob, TheEnvironmentIsFound) {
  JobRequest request;
  request.command = {"true"};
  std::string lock = "numpy==1.0 --hash=sha256:" + std::string(64, 'a') + "\n";
  write("requirements.txt", lock);
  JobSpec spec = make(request);
  EXPECT_EQ(spec.environment, "pip");
  EXPECT_EQ(spec.lock, "requirements.txt");
  EXPECT_EQ(spec.lock_digest, to_hex(sha256(lock)));
  request.environment = "system";
  EXPECT_EQ(make(request).environment, "system");
  request.environment = std::nullopt;
  write("requirements.txt", "numpy==1.0\n");
  Error error = error_of(request);
  EXPECT_EQ(error.kind(), ErrorKind::environment);
  EXPECT_THAT(error.message(), HasSubstr("has no hash"));
  std::filesystem::remove(folder_.path() / "requirements.txt");
  write("uv.lock", "version = 1\n");
  EXPECT_THAT(error_of(request).message(), HasSubstr("'uv.lock' are not supported yet"));
}

}  // namespace
}  // namespace ain::exec
