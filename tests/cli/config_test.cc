#include "cli/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/cli/scratch_home.h"

namespace ain::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  void write(std::string_view text) {
    make_private_folder(home.paths().config);
    write_file_atomic(home.paths().config / "config.toml", text);
  }
  Config load() const { return Config::load(home.paths()); }
  std::optional<std::vector<std::string>> option(const Config& config, const char* command, const char* name) {
    const Command* found = find_command(command);
    for (const Option& candidate : options_of(*found)) {
      if (candidate.name == name) return config.of_option(*found, candidate);
    }
    ADD_FAILURE() << command << " has no option " << name;
    return std::nullopt;
  }
  ScratchHome home;
};

TEST_F(ConfigTest, AnAbsentFileIsAnEmptyOne) { EXPECT_TRUE(load().entries().empty()); }

TEST_F(ConfigTest, WhatIsSavedIsReadAgain) {
  Config config = load();
  config.set("network", {"lab"});
  config.set("run.gpu", {"H100:8"});
  config.set("run.variable", {"A=1", "B=\"2\"\\"});
  config.set("quiet", {"true"});
  config.set("ledger-history.limit", {"5"});
  config.save();
  EXPECT_EQ(load().entries(), config.entries());
}

TEST_F(ConfigTest, ACommandsOwnKeyWins) {
  write("limit = \"7\"\nnetwork = \"lab\"\n[ledger-history]\nlimit = 5\n");
  const Config config = load();
  EXPECT_THAT(option(config, "ledger history", "limit"), testing::Optional(ElementsAre("5")));
  EXPECT_THAT(option(config, "ps", "limit"), testing::Optional(ElementsAre("7")));
  EXPECT_THAT(option(config, "ps", "network"), testing::Optional(ElementsAre("lab")));
  EXPECT_FALSE(option(config, "ps", "account").has_value());
}

TEST_F(ConfigTest, APlainKeyHoldsForOptionsOfItsKind) {
  write("follow = true\n");
  EXPECT_THAT(option(load(), "ledger history", "follow"), testing::Optional(ElementsAre("true")));
  EXPECT_FALSE(option(load(), "serve", "follow").has_value());
  write("[serve]\nfollow = \"URL\"\n");
  EXPECT_THAT(option(load(), "serve", "follow"), testing::Optional(ElementsAre("URL")));
}

TEST_F(ConfigTest, AnUnknownKeyIsNamedWithItsLineAndTheNearest) {
  write("quiet = true\nnetwrok = \"lab\"\n");
  const Error error = error_of([&] { load(); });
  EXPECT_THAT(error.message(), HasSubstr("config.toml': line 2: unknown key 'netwrok'"));
  EXPECT_EQ(error.hint(), "did you mean 'network'?");
  write("[run]\ngpuu = \"1\"\n");
  EXPECT_EQ(error_of([&] { load(); }).hint(), "did you mean 'run.gpu'?");
}

TEST_F(ConfigTest, AWrongTypeIsNamed) {
  write("quiet = \"perhaps\"\n");
  EXPECT_THAT(error_of([&] { load(); }).message(), HasSubstr("line 1: 'quiet' is true or false"));
  write("network = [\"a\", \"b\"]\n");
  EXPECT_THAT(error_of([&] { load(); }).message(), HasSubstr("'network' takes one value"));
  write("[run]\nsandbox = \"some\"\n");
  EXPECT_THAT(error_of([&] { load(); }).message(), HasSubstr("one of bubblewrap, none"));
}

TEST_F(ConfigTest, SettingHoldsToTheTable) {
  Config config = load();
  EXPECT_EQ(error_of([&] { config.set("netwrok", {"lab"}); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([&] { config.set("quiet", {"perhaps"}); }).kind(), ErrorKind::usage);
  // Where to work belongs to one call.
  EXPECT_EQ(error_of([&] { config.set("folder", {"/tmp"}); }).kind(), ErrorKind::usage);
  EXPECT_TRUE(config.entries().empty());
}

TEST_F(ConfigTest, UnsettingSaysWhetherThereWasAnything) {
  Config config = load();
  config.set("network", {"lab"});
  EXPECT_TRUE(config.unset("network"));
  EXPECT_FALSE(config.unset("network"));
}

}  // namespace
}  // namespace ain::cli
