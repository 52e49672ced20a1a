#include "cli/pager.h"

#include <unistd.h>

#include <csignal>

#include "base/files.h"
#include "base/process.h"

namespace ain::cli {
namespace {

std::string pager_command(const std::optional<std::string>& configured) {
  if (const auto command = environment_variable("GIT_PAGER")) return *command;
  if (configured) return *configured;
  return environment_variable("PAGER").value_or("less");
}

std::vector<std::string> pager_environment() {
  std::vector<std::string> environment = current_environment();
  if (!environment_variable("LESS")) environment.emplace_back("LESS=FRX");
  if (!environment_variable("LV")) environment.emplace_back("LV=-c");
  return environment;
}

}  // namespace

void page(Output& out, std::string_view text, const std::optional<std::string>& configured) {
  const std::string command = pager_command(configured);
  if (!out.stdout_is_terminal() || command.empty() || command == "cat") return out.write(text);
  out.flush();
  Pipe pipe = make_pipe();
  Child pager = spawn({.argv = {"sh", "-c", command},
                       .environment = pager_environment(),
                       .stdin_fd = pipe.read_end.get(),
                       .stdout_fd = STDOUT_FILENO,
                       .stderr_fd = STDERR_FILENO});
  pipe.read_end.reset();
  // Ctrl-C is the pager's: it ends a search there, not the reading.
  const auto before = std::signal(SIGINT, SIG_IGN);
  try {
    write_all(pipe.write_end.get(), text, "the pager");
  } catch (const Error&) {
    // Who leaves the pager early has seen enough.
  }
  pipe.write_end.reset();
  pager.wait();
  std::signal(SIGINT, before);
}

}  // namespace ain::cli
