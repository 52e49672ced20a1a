// What ain prints: data to stdout, talk to stderr.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace ain::cli {

// Whoever read our stdout has gone; ain leaves with kBrokenPipeExit and says nothing.
struct BrokenPipe {};
inline constexpr int kBrokenPipeExit = 141;

enum class Style { plain, bold, dim, red, green, yellow };

struct OutputConfig {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
};

class Output {
 public:
  explicit Output(OutputConfig config = {});

  bool json() const { return config_.json; }
  bool quiet() const { return config_.quiet; }
  bool verbose() const { return config_.verbose; }
  bool stdout_is_terminal() const { return stdout_terminal_; }
  bool stderr_is_terminal() const { return stderr_terminal_; }
  bool can_ask() const;  // stdin and stderr are a terminal

  void write(std::string_view bytes);  // stdout, as it is
  // table() on stdout; on a terminal as wide as that at most.
  void write_table(const std::vector<std::string>& headings, std::vector<std::vector<std::string>> rows, const std::vector<size_t>& right = {});
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    write(fmt::format(format, std::forward<Args>(args)...) + '\n');
  }
  void document(const Json& value);  // one line of JSON
  void flush();                      // throws BrokenPipe or `exhausted`

  void talk(std::string_view line);         // stderr, unless quiet
  void talk_always(std::string_view line);  // stderr
  void write_talk(std::string_view bytes);  // stderr, as it is
  template <typename... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    talk(fmt::format(format, std::forward<Args>(args)...));
  }
  // A question on the terminal; the answer's first line, trimmed. Empty at end of input.
  std::string ask(std::string_view question);

  // Text that strangers wrote: made harmless when it goes to a terminal, raw otherwise.
  std::string shown(std::string_view text) const;
  std::string styled(Style style, std::string_view text) const;  // for stdout
  std::string styled_talk(Style style, std::string_view text) const;

 private:
  OutputConfig config_;
  bool stdout_terminal_, stderr_terminal_, color_;
};

// Rows under headings, columns two spaces apart; `right` columns are aligned to the right. Where a row would be wider than `width_max`, what is
// longest is cut: ids and free text first, which whoever wants them whole gets with --json.
std::string table(const std::vector<std::string>& headings, std::vector<std::vector<std::string>> rows, const std::vector<size_t>& right = {},
                  size_t width_max = SIZE_MAX);
// Columns that `text` takes on a terminal, as git counts them: wide characters take two, what is no UTF-8 one a byte.
size_t width_of(std::string_view text);

// {"error":{code, kind, message, hint}}
Json error_json(const Error& error);
// Writes an error to stderr, as people or programs read it.
void print_error(const Error& error, bool json, bool color);
bool color_wanted(int fd, bool no_color);

}  // namespace ain::cli
