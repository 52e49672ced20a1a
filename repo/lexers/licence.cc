// Licence texts, by name and by wording. A text is a licence when it has the phrases of one and little
// beside: a manual that quotes the MIT licence at its end is a manual.
#include <algorithm>
#include <array>
#include <string>

#include "repo/lexers/languages.h"
#include "repo/lexers/weightless.h"

namespace ain::repo {
namespace {

constexpr size_t kLicenceBytesMax = 64 << 10;  // the longest known one has 35 KiB

// Phrases in lower case, words between single blanks, without punctuation; all must be there. `words` is how
// long the licence is.
struct Licence {
  std::array<std::string_view, 2> phrases;
  size_t words;
};
constexpr std::array<Licence, 24> kLicences = {{
    {{"permission is hereby granted free of charge to any person obtaining a copy",
      "the software is provided as is without warranty of any kind"},
     170},
    {{"permission to use copy modify and or distribute this software for any purpose",
      "the software is provided as is and the author disclaims all warranties"},
     130},
    {{"redistribution and use in source and binary forms with or without modification",
      "redistributions in binary form must reproduce the above copyright notice"},
     230},
    {{"apache license version 2 0 january 2004",
      "terms and conditions for use reproduction and distribution"},
     1700},
    {{"licensed under the apache license version 2 0",
      "distributed under the license is distributed on an as is basis"},
     110},
    {{"gnu general public license version 2",
      "terms and conditions for copying distribution and modification"},
     3000},
    {{"gnu general public license version 3", "the gnu general public license is a free copyleft license"},
     5700},
    {{"gnu affero general public license version 3",
      "specifically designed to ensure cooperation with the community"},
     5600},
    {{"gnu lesser general public license",
      "version 3 of the gnu general public license supplemented by the additional permissions"},
     1200},
    {{"gnu lesser general public license version 2 1",
      "this license agreement applies to any software library"},
     4400},
    {{"gnu library general public license version 2",
      "this license agreement applies to any software library"},
     4200},
    {{"is free software you can redistribute it and or modify it under the terms of the gnu",
      "without even the implied warranty of merchantability"},
     130},
    {{"mozilla public license version 2 0", "each contributor hereby grants you a world wide royalty free"},
     2600},
    {{"this source code form is subject to the terms of the mozilla public license",
      "if a copy of the mpl was not distributed"},
     60},
    {{"eclipse public license", "any use reproduction or distribution of the program constitutes"}, 2300},
    {{"this is free and unencumbered software released into the public domain",
      "anyone is free to copy modify publish use"},
     220},
    {{"boost software license version 1 0",
      "the software and accompanying documentation covered by this license"},
     250},
    {{"this software is provided as is without any express or implied warranty",
      "the origin of this software must not be misrepresented"},
     150},
    {{"do what the fuck you want to public license", "everyone is permitted to copy and distribute verbatim"},
     110},
    {{"cc0 1 0 universal", "affirmer"}, 1150},
    {{"creative commons attribution", "by exercising the licensed rights"}, 4000},
    {{"creative commons", "the licensor offers the licensed material"}, 4000},
    {{"sil open font license version 1 1",
      "the fonts including any derivative works can be bundled embedded redistributed"},
     750},
    {{"python software foundation license version 2",
      "psf hereby grants licensee a nonexclusive royalty free"},
     2500},
}};

constexpr std::array<std::string_view, 9> kNames = {
    "license", "licence", "copying", "unlicense", "unlicence", "copyright", "notice", "patents", "eula"};

// The words in lower case, a blank before and after each, and how many there are.
struct Words {
  std::string text = " ";
  size_t count = 0;
};

Words words_of(std::string_view text) {
  Words words;
  words.text.reserve(text.size() + 1);
  for (const char c : lower_ascii(text)) {
    if (is_wordy(kPlainBytes[static_cast<unsigned char>(c)])) {
      words.text.push_back(c);
    } else if (words.text.back() != ' ') {
      words.text.push_back(' ');
      ++words.count;
    }
  }
  return words;
}

bool is_mainly(const Words& words, const Licence& licence) {
  // Half as much again leaves room for names, years and an introduction.
  if (words.count > licence.words + licence.words / 2 + 30) return false;
  return std::all_of(licence.phrases.begin(), licence.phrases.end(),
                     [&](std::string_view phrase) { return words.text.find(phrase) != std::string::npos; });
}

}  // namespace

bool is_licence_name(const PathParts& path, Language language) {
  // REUSE keeps every licence in a folder of this name.
  if (("/" + std::string(path.folders)).ends_with("/LICENSES/")) return true;
  if (language != Language::words && language != Language::markdown) return false;
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
    if (!path.lower.starts_with(name)) return false;
    std::string_view rest = path.lower.substr(name.size());
    if (rest.starts_with('s')) rest.remove_prefix(1);
    return rest.empty() || std::string_view(".-_").find(rest[0]) != std::string_view::npos;
  });
}

bool is_licence_text(std::string_view text) {
  if (text.size() > kLicenceBytesMax) return false;
  const Words words = words_of(text);
  return std::any_of(kLicences.begin(), kLicences.end(),
                     [&](const Licence& licence) { return is_mainly(words, licence); });
}

}  // namespace ain::repo
