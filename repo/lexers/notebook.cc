// Jupyter notebooks, formats 3 and 4. What was written is the source of the cells; outputs and metadata are
// made by the program. The source is read decoded, and its tokens are put back to where they stand in the
// JSON.
#include <algorithm>
#include <array>
#include <string>

#include "repo/lexers/json_reader.h"
#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

enum class CellType : uint8_t { other, code, markdown };

struct Cell {
  CellType type = CellType::other;
  std::vector<JsonSpan> source;  // its strings, in order
};

// These leave the rest of their cell Python.
constexpr std::array<std::string_view, 7> kPythonMagics = {"time",  "timeit", "capture", "prun",
                                                           "memit", "mprun",  "lprun"};

class NotebookReader {
 public:
  explicit NotebookReader(std::string_view text) : text_(text), json_(text) {}

  // False when the text is no notebook; then what was read counts for nothing.
  bool read() {
    return json_.object([&](std::string_view key) { return member(key); }) && json_.at_end();
  }

  const std::vector<Cell>& cells() const { return cells_; }
  Language kernel() const {
    const std::string& name = language_info_.empty() ? kernelspec_ : language_info_;
    return name.empty() ? Language::python : language_of_name(name).value_or(Language::words);
  }

 private:
  bool member(std::string_view key) {
    if (key == "cells") return read_cells();
    if (key == "metadata") return read_metadata();
    if (key == "worksheets") {
      return json_.array([&] {
        return json_.object(
            [&](std::string_view name) { return name == "cells" ? read_cells() : json_.skip_value(); });
      });
    }
    return json_.skip_value();
  }

  bool read_cells() {
    return json_.array([&] {
      cells_.emplace_back();
      return json_.object([&](std::string_view key) { return read_cell_member(key, cells_.back()); });
    });
  }

  // A member that comes twice is the later one, as JSON's readers have it.
  bool read_cell_member(std::string_view key, Cell& cell) {
    if (key == "cell_type") {
      std::string type;
      if (!read_string(type)) return false;
      cell.type = type == "code" ? CellType::code : type == "markdown" ? CellType::markdown : CellType::other;
      return true;
    }
    if (key != "source" && key != "input") return json_.skip_value();
    cell.source.clear();
    if (json_.next() != '[') return read_span(cell);
    return json_.array([&] { return read_span(cell); });
  }

  bool read_span(Cell& cell) {
    JsonSpan span;
    if (!json_.string(span)) return false;
    cell.source.push_back(span);
    return true;
  }

  bool read_metadata() {
    if (json_.next() != '{') return json_.skip_value();
    return json_.object([&](std::string_view key) {
      if (key == "kernelspec") return read_name("language", kernelspec_);
      if (key == "language_info") return read_name("name", language_info_);
      return json_.skip_value();
    });
  }

  bool read_name(std::string_view member, std::string& name) {
    if (json_.next() != '{') return json_.skip_value();
    return json_.object(
        [&](std::string_view key) { return key == member ? read_string(name) : json_.skip_value(); });
  }

  bool read_string(std::string& value) {
    if (json_.next() != '"') return json_.skip_value();
    JsonSpan span;
    if (!json_.string(span)) return false;
    value = lower_ascii(text_.substr(span.begin, span.end - span.begin));
    return true;
  }

  std::string_view text_;
  JsonReader json_;
  std::vector<Cell> cells_;
  std::string kernelspec_;
  std::string language_info_;
};

// What follows the first line of a cell that begins with %%name.
Language language_of_magic(std::string_view line) {
  const std::string name = lower_ascii(line.substr(0, line.find_first_of(" \t\r")));
  if (std::find(kPythonMagics.begin(), kPythonMagics.end(), name) != kPythonMagics.end())
    return Language::python;
  const Language language = language_of_name(name).value_or(Language::words);
  return language == Language::notebook ? Language::words : language;
}

void lex_python_cell(std::string_view source, std::vector<CodeToken>& tokens) {
  size_t begin = 0;
  Language language = Language::python;
  if (source.starts_with("%%")) {
    begin = std::min(source.find('\n'), source.size());
    language = language_of_magic(source.substr(2, begin - 2));
    lex_part(Language::words, source, 0, begin, tokens);
  }
  if (language != Language::python) return lex_part(language, source, begin, source.size(), tokens);
  Scanner scanner(source, begin, tokens);
  lex_python(scanner, true);
}

void lex_cell(const Cell& cell, Language kernel, std::string_view source, std::vector<CodeToken>& tokens) {
  if (cell.type == CellType::markdown) return lex_part(Language::markdown, source, 0, source.size(), tokens);
  if (cell.type != CellType::code) return;
  if (kernel == Language::python) return lex_python_cell(source, tokens);
  // A kernel cannot be for notebooks; a file that says so is not to bring the lexer back in here.
  lex_part(kernel == Language::notebook ? Language::words : kernel, source, 0, source.size(), tokens);
}

// Two tokens never share a unit unless a lexer cut a letter in two; then the later one loses it.
void put_back(std::string_view text, const std::vector<uint32_t>& places, const std::vector<CodeToken>& found,
              std::vector<CodeToken>& tokens) {
  for (const CodeToken& token : found) {
    const uint32_t last = places[token.end - 1];
    const auto end = static_cast<uint32_t>(last + json_unit_bytes(text, last));
    const uint32_t begin = std::max(places[token.begin], tokens.empty() ? 0 : tokens.back().end);
    if (begin < end) tokens.push_back({begin, end});
  }
}

}  // namespace

void lex_notebook(Scanner& scanner) {
  const std::string_view text = scanner.text();
  NotebookReader notebook(text);
  if (notebook.read()) {
    std::string source;
    std::vector<uint32_t> places;
    std::vector<CodeToken> found;
    for (const Cell& cell : notebook.cells()) {
      source.clear();
      places.clear();
      found.clear();
      for (const JsonSpan& span : cell.source) json_decode(text, span, source, places);
      lex_cell(cell, notebook.kernel(), source, found);
      put_back(text, places, found, scanner.tokens());
    }
  }
  scanner.go_to(text.size());
}

}  // namespace ain::repo
