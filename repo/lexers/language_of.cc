// Which language a file, a fence or a kernel is of: lists, and nothing else.
#include <algorithm>
#include <array>

#include "repo/lexers/languages.h"

namespace ain::repo {
namespace {

struct Named {
  std::string_view names;  // lower case, each between blanks
  Language language;
};

// Endings of files, and what else people write in a fence.
constexpr std::array<Named, 12> kNames = {{
    {" py pyi pyx pxd pxi pyw bzl star python python2 python3 py3 ipython ipython3 sage cython starlark ",
     Language::python},
    {" c h cc cpp cxx c++ hh hpp hxx h++ inl ipp tpp tcc inc cu cuh cuda cl opencl hip mm objc objective-c "
     "objectivec "
     "objective-c++ metal glsl hlsl vert frag comp ispc proto protobuf thrift ino l y td xcpp11 xcpp14 "
     "xcpp17 xcpp20 ",
     Language::c},
    {" rs rust evcxr ", Language::rust},
    {" go golang gophernotes ", Language::go},
    {" js mjs cjs jsx ts tsx mts cts javascript typescript node nodejs deno ", Language::javascript},
    {" java kt kts scala sc groovy gradle cs dart swift kotlin csharp c# jshell ", Language::java},
    {" sh bash zsh ksh dash ash bats fish shell command ebuild mk mak make makefile cmake dockerfile docker "
     "env ",
     Language::shell},
    {" yml yaml ini cfg conf properties cff ", Language::yaml},
    {" toml ", Language::toml},
    {" json jsonc json5 webmanifest code-workspace avsc ", Language::json},
    {" ipynb ", Language::notebook},
    {" md markdown mdown mkd mdx rmd qmd rst txt text adoc asciidoc org ", Language::markdown},
}};

// Whole names of files.
constexpr std::array<Named, 6> kFiles = {{
    {" build workspace buck sconstruct sconscript wscript snakefile tiltfile ", Language::python},
    {" jenkinsfile ", Language::java},
    {" dockerfile containerfile makefile gnumakefile kbuild justfile cmakelists.txt pkgbuild .bashrc "
     ".bash_profile .bash_aliases "
     ".profile .zshrc .zshenv .envrc .env ",
     Language::shell},
    {" .clang-format .clang-tidy .clangd .editorconfig .gitconfig .gitmodules .pylintrc .flake8 .coveragerc "
     ".npmrc .condarc ",
     Language::yaml},
    {" pipfile ", Language::toml},
    {" .babelrc .eslintrc .prettierrc .jshintrc .swcrc ", Language::json},
}};

constexpr std::array<std::string_view, 7> kProse = {"readme",       "changelog", "changes", "news",
                                                    "contributing", "authors",   "todo"};

template <size_t N>
std::optional<Language> find(const std::array<Named, N>& lists, std::string_view name) {
  // A blank in the name would match across two entries.
  if (name.empty() || name.find(' ') != name.npos) return std::nullopt;
  const std::string wanted = " " + std::string(name) + " ";
  for (const Named& list : lists) {
    if (list.names.find(wanted) != list.names.npos) return list.language;
  }
  return std::nullopt;
}

// The program that a line like "#!/usr/bin/env -S python3.11 -u" starts.
std::string_view interpreter(std::string_view line) {
  std::string_view program;
  while (!line.empty()) {
    const size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    line.remove_prefix(word.size());
    program = word.substr(word.rfind('/') + 1);
    // env, its options and its settings come before the program.
    if (program != "env" && !word.starts_with('-') && word.find('=') == word.npos) break;
  }
  return program;
}

}  // namespace

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

std::optional<Language> language_of_name(std::string_view name) { return find(kNames, name); }

std::optional<Language> language_of_path(std::string_view path) {
  const std::string name = lower_ascii(path.substr(path.rfind('/') + 1));
  if (const auto language = find(kFiles, name)) return language;
  // Pins for pip: a '#' begins a comment, strings are quoted.
  if ((name.starts_with("requirements") || name.starts_with("constraints")) && name.ends_with(".txt"))
    return Language::toml;
  if (name.starts_with("dockerfile.") || name.starts_with("makefile.")) return Language::shell;
  const size_t dot = name.rfind('.');
  if (dot != name.npos) return find(kNames, std::string_view(name).substr(dot + 1));
  if (std::find(kProse.begin(), kProse.end(), name) != kProse.end()) return Language::markdown;
  return std::nullopt;
}

std::optional<Language> language_of_shebang(std::string_view text) {
  if (!text.starts_with("#!")) return std::nullopt;
  std::string_view program =
      interpreter(text.substr(2, text.find('\n') == text.npos ? text.npos : text.find('\n') - 2));
  if (program.starts_with("pypy") || program == "uv") return Language::python;
  // python3.11 is python3.
  program = program.substr(0, program.find('.'));
  while (program.size() > 1 && program.back() >= '0' && program.back() <= '9') program.remove_suffix(1);
  if (program == "bun" || program == "ts-node") return Language::javascript;
  return find(kNames, program);
}

}  // namespace ain::repo
