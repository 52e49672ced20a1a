#include "cli/output.h"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cwchar>

#include "base/process.h"
#include "base/text.h"

namespace ain::cli {
namespace {

constexpr size_t kAnswerBytesMax = 256;

// Found out while talking; told when stdout is next flushed.
bool stdout_broken = false;

std::string paint(Style style, std::string_view text, bool color) {
  static constexpr const char* kCodes[] = {"", "1", "2", "31", "32", "33"};
  if (!color || style == Style::plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<int>(style)], text);
}

void write_stderr(std::string_view text) {
  // In the order in which things were said, where both go to one place.
  if (std::fflush(stdout) != 0 && errno == EPIPE) stdout_broken = true;
  // Where stderr itself is broken there is nobody left to tell.
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

bool color_wanted(int fd, bool no_color) {
  if (no_color || !isatty(fd)) return false;
  const auto unwanted = environment_variable("NO_COLOR");
  const auto terminal = environment_variable("TERM");
  return (!unwanted || unwanted->empty()) && (!terminal || *terminal != "dumb");
}

Output::Output(OutputConfig config)
    : config_(config),
      stdout_terminal_(isatty(STDOUT_FILENO)),
      stderr_terminal_(isatty(STDERR_FILENO)),
      color_(!config.no_color) {}

bool Output::can_ask() const { return stderr_terminal_ && isatty(STDIN_FILENO); }

void Output::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) {
    if (errno == EPIPE) throw BrokenPipe{};
    fail_errno("cannot write to stdout");
  }
}

void Output::document(const Json& value) {
  write(value.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
  // A reader of JSON lines wants each when it happens.
  flush();
}

void Output::flush() {
  if (!stdout_broken && std::fflush(stdout) == 0) return;
  if (stdout_broken || errno == EPIPE) throw BrokenPipe{};
  fail_errno("cannot write to stdout");
}

void Output::talk(std::string_view line) {
  if (!config_.quiet) talk_always(line);
}

void Output::talk_always(std::string_view line) { write_stderr(std::string(line) + '\n'); }

void Output::write_talk(std::string_view bytes) { write_stderr(bytes); }

std::string Output::ask(std::string_view question) {
  write_stderr(std::string(question) + ' ');
  std::string answer;
  char c = 0;
  while (answer.size() < kAnswerBytesMax) {
    const ssize_t got = read(STDIN_FILENO, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == '\n') break;
    answer += c;
  }
  return std::string(trim(answer));
}

std::string Output::shown(std::string_view text) const {
  return stdout_terminal_ ? sanitize(text) : std::string(text);
}

std::string Output::styled(Style style, std::string_view text) const {
  return paint(style, text, color_wanted(STDOUT_FILENO, !color_));
}

std::string Output::styled_talk(Style style, std::string_view text) const {
  return paint(style, text, color_wanted(STDERR_FILENO, !color_));
}

size_t width_of(std::string_view text) {
  static const locale_t kUtf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = uselocale(kUtf8);
  size_t width = 0;
  std::mbstate_t state{};
  for (size_t i = 0; i < text.size();) {
    wchar_t character = 0;
    const size_t bytes = std::mbrtowc(&character, text.data() + i, text.size() - i, &state);
    if (bytes == 0 || bytes > text.size()) {  // no text: a column a byte
      width = text.size();
      break;
    }
    width += static_cast<size_t>(std::max(0, wcwidth(character)));
    i += bytes;
  }
  uselocale(before);
  return width;
}

namespace {

constexpr size_t kColumnGap = 2, kColumnMin = 8;
constexpr size_t kIdWidth = 21;  // what is as wide is an id or free text; a time is narrower

// As wide as the terminal on stdout; 0: it does not say.
size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void narrow(std::vector<size_t>& widths, size_t width_max) {
  size_t total = kColumnGap * (widths.size() - 1);
  for (const size_t width : widths) total += width;
  std::vector<bool> long_ones;
  for (const size_t width : widths) long_ones.push_back(width >= kIdWidth);
  for (const bool only_long : {true, false}) {
    while (total > width_max) {
      size_t* widest = nullptr;
      for (size_t i = 0; i < widths.size(); ++i) {
        if ((long_ones[i] || !only_long) && (!widest || widths[i] > *widest)) widest = &widths[i];
      }
      if (!widest || *widest <= kColumnMin) break;
      --*widest;
      --total;
    }
  }
}

std::string cut(const std::string& cell, size_t width) {
  if (width_of(cell) <= width) return cell;
  std::string kept;
  for (size_t at = 0; at < cell.size();) {
    size_t end = at + 1;
    while (end < cell.size() && (static_cast<unsigned char>(cell[end]) & 0xc0) == 0x80) ++end;
    if (width_of(cell.substr(0, end)) > width - 1) break;
    kept = cell.substr(0, end);
    at = end;
  }
  return kept + "…";
}

}  // namespace

void Output::write_table(const std::vector<std::string>& headings, std::vector<std::vector<std::string>> rows, const std::vector<size_t>& right) {
  const size_t width = stdout_terminal_ ? terminal_width() : 0;
  write(table(headings, std::move(rows), right, width > 0 ? width : SIZE_MAX));
}

std::string table(const std::vector<std::string>& headings, std::vector<std::vector<std::string>> rows, const std::vector<size_t>& right,
                  size_t width_max) {
  // A name may hold anything; a row is one line.
  for (auto& row : rows) {
    for (std::string& cell : row) std::replace_if(cell.begin(), cell.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, '?');
  }
  std::vector<size_t> widths;
  for (const std::string& heading : headings) widths.push_back(width_of(heading));
  for (const auto& row : rows) {
    AIN_ASSERT(row.size() == headings.size());
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  narrow(widths, width_max);
  std::string text;
  const auto add = [&](const std::vector<std::string>& row) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string cell = cut(row[i], widths[i]), gap(widths[i] - width_of(cell), ' ');
      const bool to_right = std::find(right.begin(), right.end(), i) != right.end();
      line += (i ? std::string(kColumnGap, ' ') : "") + (to_right ? gap + cell : cell + gap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  if (std::any_of(headings.begin(), headings.end(), [](const std::string& heading) { return !heading.empty(); })) {
    add(headings);
  }
  for (const auto& row : rows) add(row);
  return text;
}

Json error_json(const Error& error) {
  return Json{{"error",
               {{"code", static_cast<int>(error.kind())},
                {"kind", kind_name(error.kind())},
                {"message", error.message()},
                {"hint", error.hint()}}}};
}

void print_error(const Error& error, bool json, bool color) {
  if (json) {
    write_stderr(error_json(error).dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
    return;
  }
  std::string text = paint(Style::red, "error:", color) + ' ' + sanitize(error.message()) + '\n';
  if (!error.hint().empty()) text += paint(Style::yellow, "hint:", color) + ' ' + sanitize(error.hint()) + '\n';
  write_stderr(text);
}

}  // namespace ain::cli
