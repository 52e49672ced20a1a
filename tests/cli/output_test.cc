#include "cli/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "cli/listen.h"
#include "cli/run_request.h"
#include "tests/cli/scratch_home.h"

namespace ain::cli {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Errors, ForPeople) {
  testing::internal::CaptureStderr();
  print_error(Error(ErrorKind::usage, "cannot read 'a\x1b[31m'", "did you mean 'b'?"), false, false);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: cannot read 'a" + sanitize("\x1b") + "[31m'\nhint: did you mean 'b'?\n");
}

TEST(Errors, WithoutAHint) {
  testing::internal::CaptureStderr();
  print_error(Error(ErrorKind::failed, "it broke"), false, true);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "\x1b[31merror:\x1b[0m it broke\n");
}

TEST(Errors, ForPrograms) {
  testing::internal::CaptureStderr();
  print_error(Error(ErrorKind::no_money, "not enough", "ask"), true, true);
  EXPECT_EQ(parse_json(testing::internal::GetCapturedStderr(), "error"),
            (Json{{"error", {{"code", 103}, {"kind", "no_money"}, {"message", "not enough"}, {"hint", "ask"}}}}));
}

TEST(Errors, ForProgramsEvenWhenTheyAreNotUtf8) {
  testing::internal::CaptureStderr();
  print_error(Error(ErrorKind::failed, "bad \xff byte"), true, false);
  const Json error = parse_json(testing::internal::GetCapturedStderr(), "error");
  EXPECT_EQ(error.at("error").at("code"), 1);
}

TEST(Tables, ColumnsStandBelowEachOther) {
  EXPECT_EQ(table({"name", "n"}, {{"ä", "1"}, {"long name", "100"}}, {1}),
            "name         n\n"
            "ä            1\n"
            "long name  100\n");
  EXPECT_EQ(table({"", ""}, {{"a", "b"}}), "a  b\n");
}

TEST(Listening, AddressesInAllForms) {
  const Listen fallback{"127.0.0.1", 7433};
  EXPECT_EQ(parse_listen("", fallback), fallback);
  EXPECT_EQ(parse_listen("80", fallback), (Listen{"127.0.0.1", 80}));
  EXPECT_EQ(parse_listen(":0", fallback), (Listen{"127.0.0.1", 0}));
  EXPECT_EQ(parse_listen("0.0.0.0", fallback), (Listen{"0.0.0.0", 7433}));
  EXPECT_EQ(parse_listen("example.org:1", fallback), (Listen{"example.org", 1}));
  EXPECT_EQ(parse_listen("[::1]:2", fallback), (Listen{"::1", 2}));
  EXPECT_EQ(parse_listen("[::]", fallback), (Listen{"::", 7433}));
  for (const char* text : {"a:b", "a:70000", "::1", "[::1", "[::1]x", "a:-1"}) {
    EXPECT_EQ(error_of([&] { parse_listen(text, fallback); }).kind(), ErrorKind::usage) << text;
  }
}

TEST(Requests, VariablesComeFromTheCallerByName) {
  EXPECT_THAT(parse_variable("A=1=2"), Pair("A", "1=2"));
  EXPECT_THAT(parse_variable("A="), Pair("A", ""));
  const ScopedVariable variable("AIN_TEST_VALUE", "here");
  EXPECT_THAT(parse_variable("AIN_TEST_VALUE"), Pair("AIN_TEST_VALUE", "here"));
  EXPECT_EQ(error_of([] { parse_variable("AIN_TEST_ABSENT"); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([] { parse_variable("=1"); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([] { parse_variable(""); }).kind(), ErrorKind::usage);
}

TEST(Requests, AnEnvFileHasALineEach) {
  EXPECT_THAT(parse_env_file("# note\n\n A=1 \nB=x y=z\n", "'f'"), UnorderedElementsAre(Pair("A", "1"), Pair("B", "x y=z")));
  EXPECT_EQ(error_of([] { parse_env_file("A=1\nB\n", "'f'"); }).message(), "cannot read 'f': line 2: 'B' is no variable");
}

TEST(Requests, FlagsBecomeTheRequest) {
  Declaration declaration;
  declare_request(declaration);
  const auto options = declaration.options();
  const auto parse = [&](const std::vector<std::string>& words) {
    return request_of(Values(options, parse_arguments("run", options, words), {}));
  };
  const std::string provider = account_of(key_from_seed(std::string(32, 'p'))->public_key()).text();
  const remote::RunRequest request =
      parse({"train", "--gpu", "H100:2", "--cpu", "4+", "-e", "A=1", "-P", "lr=0.1", "--max-price", "3.6", "--timeout", "90s",
             "--output", "out/", "--on", provider, "--sandbox", "none", "--env", "system", "--", "echo", "hi"});
  EXPECT_EQ(request.job.job, "train");
  EXPECT_EQ(request.job.gpu, "H100:2");
  EXPECT_EQ(request.job.cpus, 4);
  EXPECT_THAT(request.job.variables, UnorderedElementsAre(Pair("A", "1")));
  EXPECT_THAT(request.job.params, UnorderedElementsAre(Pair("lr", "0.1")));
  EXPECT_EQ(request.job.price_per_hour_max, 3'600'000);
  EXPECT_EQ(request.job.timeout_ms, 90'000);
  EXPECT_THAT(request.job.outputs, testing::ElementsAre("out/"));
  EXPECT_EQ(request.provider, provider);
  EXPECT_TRUE(request.unsandboxed);
  EXPECT_THAT(request.job.command, testing::ElementsAre("echo", "hi"));
  EXPECT_EQ(error_of([&] { parse({"--cpu", "none"}); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([&] { parse({"-P", "lr"}); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([&] { parse({"--on", "ain1x"}); }).kind(), ErrorKind::usage);
}

TEST(Output, ATableFitsWhatItIsGiven) {
  const std::vector<std::string> headings{"n", "time", "by", "txid"};
  const std::vector<std::vector<std::string>> rows{{"1", "2026-11-25T19:22:00Z", "ada", std::string(64, 'a')},
                                                   {"22", "2026-11-25T19:22:01Z", "ain1" + std::string(38, 'q'), "ümläut" + std::string(20, 'x')}};
  const auto widest = [](const std::string& text) {
    size_t most = 0;
    for (const std::string& line : split(text, '\n')) most = std::max(most, width_of(line));
    return most;
  };
  const std::string whole = table(headings, rows);
  EXPECT_EQ(table(headings, rows, {}, widest(whole)), whole);
  const std::string at80 = table(headings, rows, {}, 80), at40 = table(headings, rows, {}, 40);
  EXPECT_EQ(widest(at80), 80u);
  EXPECT_LE(widest(at40), 40u);
  // Times stay whole as long as ids can give way, and nothing is cut within a character.
  EXPECT_NE(at80.find("2026-11-25T19:22:01Z  ain1qqq"), std::string::npos) << at80;
  EXPECT_NE(at80.find("…"), std::string::npos);
  EXPECT_TRUE(is_utf8(at40)) << at40;
  EXPECT_NE(at40.find("ümläutx…"), std::string::npos) << at40;
  // What cannot be made narrower is not.
  EXPECT_EQ(table({"a", "b"}, {{"12345678", "12345678"}}, {}, 5), table({"a", "b"}, {{"12345678", "12345678"}}));
}

}  // namespace
}  // namespace ain::cli
