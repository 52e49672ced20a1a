#include "cli/interrupts.h"

#include <poll.h>
#include <unistd.h>

#include <csignal>

#include "base/text.h"
#include "remote/run/follower.h"

namespace ain::cli {
namespace {

constexpr int kLeaveAtOnceAfter = 3;  // Ctrl-Cs
constexpr int kLeftExit = 128 + SIGINT;
constexpr const char* kQuestion = "\nstop (s), detach (d) or go on (g)?";

volatile std::sig_atomic_t interrupted = 0, terminated = 0, hung_up = 0;

void on_signal(int number) {
  if (number == SIGTERM) terminated = 1;
  if (number == SIGHUP) hung_up = 1;
  if (number != SIGINT) return;
  interrupted = interrupted + 1;
  // Nobody answers any more; what was begun is found and finished by the next `ain`.
  if (interrupted >= kLeaveAtOnceAfter) _exit(static_cast<int>(ErrorKind::stopped));
}

void handle_all(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
}

void hold_signals() {
  interrupted = 0;
  terminated = 0;
  hung_up = 0;
  handle_all(on_signal);
}

}  // namespace

StopSignals::StopSignals() { hold_signals(); }
StopSignals::~StopSignals() { handle_all(SIG_DFL); }
bool StopSignals::stop() const { return interrupted > 0 || terminated || hung_up; }

Interrupts::Interrupts(Output& out) : out_(out) { hold_signals(); }

Interrupts::~Interrupts() { handle_all(SIG_DFL); }

remote::Wish Interrupts::wish() {
  using remote::Wish;
  if (decided_ != Wish::go_on) return decided_;
  if (hung_up) return decided_ = Wish::detach;
  if (terminated) return decided_ = Wish::stop;
  if (interrupted > seen_) {
    seen_ = interrupted;
    if (!out_.can_ask()) return decided_ = Wish::stop;
    if (asking_) return decided_ = Wish::detach;
    asking_ = true;
    out_.talk_always(kQuestion);
  }
  return asking_ ? answer() : Wish::go_on;
}

remote::Wish Interrupts::answer() {
  using remote::Wish;
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (poll(&input, 1, 0) <= 0) return Wish::go_on;
  char line[64];
  const ssize_t size = read(STDIN_FILENO, line, sizeof line);
  if (size <= 0) return decided_ = Wish::detach;  // a closed terminal cannot watch
  return decide(trim({line, static_cast<size_t>(size)}));
}

remote::Wish Interrupts::decide(std::string_view answer) {
  using remote::Wish;
  if (answer == "s" || answer == "stop") return decided_ = Wish::stop;
  if (answer == "d" || answer == "detach") return decided_ = Wish::detach;
  if (answer == "g" || answer == "go on") {
    asking_ = false;
    seen_ = 0;
    interrupted = 0;
  } else {
    out_.talk_always(kQuestion);
  }
  return Wish::go_on;
}

int exit_code_of(int followed) { return followed == remote::kDetached ? kLeftExit : followed; }

}  // namespace ain::cli
