// A folder with git in it, and git itself to ask. Nothing of the machine's git configuration counts here.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/files.h"
#include "base/keys.h"
#include "base/process.h"
#include "base/text.h"
#include "repo/repository.h"

namespace ain::repo {

namespace fs = std::filesystem;

class GitTest : public ::testing::Test {
 protected:
  GitTest() {
    // libgit2 looks once where the configuration lies, so that all tests of a process share one home.
    static const TemporaryFolder home("ain-repo-home");
    fs::remove(home.path() / ".gitconfig");
    ::setenv("HOME", home.path().c_str(), 1);
    ::setenv("XDG_CONFIG_HOME", home.path().c_str(), 1);
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "SSH_AUTH_SOCK"}) ::unsetenv(name);
  }

  const fs::path& root() const { return folder_.path(); }
  fs::path work() const { return root() / "work"; }

  // Runs a script in `folder`; a failing command fails the test and shows what it said.
  static std::string sh(const fs::path& folder, const std::string& script, int expected = 0) {
    ProcessSpec spec;
    spec.argv = {"bash", "-euo", "pipefail", "-c", script};
    spec.folder = folder;
    const Completed done = run_process(spec);
    EXPECT_EQ(done.exit_code, expected) << script << "\n" << done.out << done.err;
    return done.out;
  }
  std::string git(const std::string& arguments, int expected = 0) const {
    return sh(work(), "git " + arguments, expected);
  }
  std::string git_line(const std::string& arguments) const { return std::string(trim(git(arguments))); }

  // A repository with a person in it, by git.
  Repository make_work() const {
    fs::create_directory(work());
    git("init -q -b main && git config user.name Ada && git config user.email ada@example.org");
    return *Repository::discover(work());
  }
  void put(const std::string& path, const std::string& text) const {
    fs::create_directories((work() / path).parent_path());
    write(work() / path, text);
  }
  // Without the fsync of the product's own writer.
  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  }
  void commit_all(const std::string& message) const {
    git("add -A && git commit -q --allow-empty -m '" + message + "'");
  }

 private:
  TemporaryFolder folder_{"ain-repo-test"};
};

// Fails the test unless `action` throws an ain::Error; returns it.
template <typename Action>
Error error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorKind::bug, "nothing was thrown");
}

}  // namespace ain::repo
