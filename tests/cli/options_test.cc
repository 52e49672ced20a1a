#include "cli/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/command.h"
#include "tests/cli/scratch_home.h"

namespace ain::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Option> sample() {
  Declaration declaration;
  declaration.flag("all", 'a', "all of it")
      .value("max-price", 0, "PRICE", "at most")
      .list("variable", 'e', "K=V", "a variable")
      .choice("sandbox", 0, {"bubblewrap", "none"}, "which")
      .positional("JOB", "the job", false)
      .rest("COMMAND", "the command");
  return declaration.options();
}

Values parse(const std::vector<std::string>& words, Values::Lookup config = {}) {
  return Values(sample(), parse_arguments("sample", sample(), words), std::move(config));
}

Values::Lookup config_with(const std::string& name, const std::string& value) {
  return [=](const Option& option) -> std::optional<std::vector<std::string>> {
    if (option.name != name) return std::nullopt;
    return std::vector<std::string>{value};
  };
}

TEST(Options, WordsBecomeValues) {
  const Values values = parse({"train", "-a", "--max-price=0.5/h", "-e", "A=1", "-eB=2", "--", "python", "-c", "--all"});
  EXPECT_TRUE(values.flag("all"));
  EXPECT_EQ(values.text("max-price"), "0.5/h");
  EXPECT_THAT(values.texts("variable"), ElementsAre("A=1", "B=2"));
  EXPECT_EQ(values.text("JOB"), "train");
  EXPECT_THAT(values.texts("COMMAND"), ElementsAre("python", "-c", "--all"));
}

TEST(Options, ARestIsNeverTakenForAPositional) {
  const Values values = parse({"--", "true"});
  EXPECT_FALSE(values.text("JOB").has_value());
  EXPECT_THAT(values.texts("COMMAND"), ElementsAre("true"));
}

TEST(Options, OneWordThenAnyNumber) {
  Declaration declaration;
  declaration.positional("KEY", "one", false).positionals("VALUE", "more");
  const auto given = [&](const std::vector<std::string>& words) { return parse_arguments("config", declaration.options(), words); };
  EXPECT_THAT(given({"a", "b", "c"}).at("KEY"), ElementsAre("a"));
  EXPECT_THAT(given({"a", "b", "c"}).at("VALUE"), ElementsAre("b", "c"));
  EXPECT_FALSE(given({"a"}).contains("VALUE"));
  EXPECT_TRUE(given({}).empty());
}

TEST(Options, TheCommandLineWinsOverTheEnvironmentAndThatOverTheConfig) {
  const auto config = config_with("max-price", "3/h");
  EXPECT_EQ(parse({}, config).text("max-price"), "3/h");
  EXPECT_EQ(parse({}, config).origin("max-price"), Origin::config);
  const ScopedVariable variable("AIN_MAX_PRICE", "2/h");
  EXPECT_EQ(parse({}, config).text("max-price"), "2/h");
  EXPECT_EQ(parse({}, config).origin("max-price"), Origin::environment);
  EXPECT_EQ(parse({"--max-price", "1/h"}, config).text("max-price"), "1/h");
  EXPECT_EQ(parse({"--max-price", "1/h"}, config).origin("max-price"), Origin::command_line);
}

TEST(Options, NothingGivenIsNothing) {
  const Values values = parse({});
  EXPECT_FALSE(values.flag("all"));
  EXPECT_FALSE(values.text("max-price").has_value());
  EXPECT_THAT(values.texts("variable"), IsEmpty());
  EXPECT_EQ(values.origin("all"), Origin::none);
}

TEST(Options, AFlagInTheEnvironmentMustBeYesOrNo) {
  {
    const ScopedVariable variable("AIN_ALL", "0");
    EXPECT_FALSE(parse({}).flag("all"));
  }
  {
    const ScopedVariable variable("AIN_ALL", "yes");
    EXPECT_TRUE(parse({}).flag("all"));
  }
  const ScopedVariable variable("AIN_ALL", "maybe");
  const Error error = error_of([] { parse({}).flag("all"); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.message(), HasSubstr("AIN_ALL"));
}

TEST(Options, AListInTheEnvironmentHasALineEach) {
  const ScopedVariable variable("AIN_VARIABLE", "A=1\nB=2");
  EXPECT_THAT(parse({}).texts("variable"), ElementsAre("A=1", "B=2"));
}

TEST(Options, AnUnknownOptionGetsTheNearest) {
  const Error error = error_of([] { parse({"--max-prize", "1"}); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_EQ(error.message(), "'ain sample' has no option '--max-prize'");
  EXPECT_EQ(error.hint(), "did you mean '--max-price'?");
}

TEST(Options, WhatIsMissingOrTooMuchIsSaid) {
  EXPECT_EQ(error_of([] { parse({"--max-price"}); }).message(), "option '--max-price' needs a value");
  EXPECT_EQ(error_of([] { parse({"one", "two"}); }).message(), "too many arguments for 'ain sample'");
  Declaration strict;
  strict.positional("URL", "where");
  const Error error = error_of([&] { parse_arguments("clone", strict.options(), {}); });
  EXPECT_EQ(error.message(), "'ain clone' needs URL");
  EXPECT_EQ(error.kind(), ErrorKind::usage);
}

TEST(Options, AChoiceIsHeldToItsList) {
  EXPECT_EQ(parse({"--sandbox", "none"}).text("sandbox"), "none");
  const Error error = error_of([] { parse({"--sandbox", "non"}).text("sandbox"); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_EQ(error.hint(), "did you mean 'none'?");
}

TEST(Options, NumbersAndDurationsHaveLimits) {
  EXPECT_EQ(parse({"--max-price", "7"}).integer("max-price", 1, 9), 7);
  EXPECT_EQ(error_of([] { parse({"--max-price", "10"}).integer("max-price", 1, 9); }).kind(), ErrorKind::usage);
  EXPECT_EQ(parse({"--max-price", "2h"}).duration_ms("max-price"), 2 * 3600 * 1000);
}

TEST(Options, GlobalOnesComeWithEveryCommand) {
  const Command* status = find_command("status");
  ASSERT_NE(status, nullptr);
  const auto options = options_of(*status);
  const Given given = parse_arguments("status", options, {"--json", "-C", "/tmp"});
  EXPECT_TRUE(given.contains("json"));
  EXPECT_THAT(given.at("folder"), ElementsAre("/tmp"));
}

TEST(Options, TheNameInTheEnvironment) { EXPECT_EQ(environment_name("max-price"), "AIN_MAX_PRICE"); }

}  // namespace
}  // namespace ain::cli
