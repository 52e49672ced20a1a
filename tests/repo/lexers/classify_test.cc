#include "repo/lexers/classify.h"

#include <gtest/gtest.h>

#include <string>

#include "repo/text_file.h"

namespace ain::repo {
namespace {

Language language(std::string_view path, std::string_view text = "x") {
  return classify(path, text).language;
}
Weightless why(std::string_view path, std::string_view text = "x") { return classify(path, text).why; }

TEST(Classify, TheLanguageIsOfThePath) {
  const std::vector<std::pair<const char*, Language>> cases = {{"a.py", Language::python},
                                                               {"a/b.PYX", Language::python},
                                                               {"BUILD", Language::python},
                                                               {"a.cu", Language::c},
                                                               {"a.cuh", Language::c},
                                                               {"a.h", Language::c},
                                                               {"a.rs", Language::rust},
                                                               {"a.go", Language::go},
                                                               {"a.tsx", Language::javascript},
                                                               {"a.mjs", Language::javascript},
                                                               {"a.kt", Language::java},
                                                               {"a.sh", Language::shell},
                                                               {"Dockerfile", Language::shell},
                                                               {"Dockerfile.gpu", Language::shell},
                                                               {"Makefile", Language::shell},
                                                               {"CMakeLists.txt", Language::shell},
                                                               {"a.cmake", Language::shell},
                                                               {".github/w.yml", Language::yaml},
                                                               {"setup.cfg", Language::yaml},
                                                               {"pyproject.toml", Language::toml},
                                                               {"requirements-dev.txt", Language::toml},
                                                               {"a.json", Language::json},
                                                               {"a.ipynb", Language::notebook},
                                                               {"README.md", Language::markdown},
                                                               {"README", Language::markdown},
                                                               {"a.txt", Language::markdown},
                                                               {"a.lua", Language::words},
                                                               {"a", Language::words},
                                                               {"a.b/c", Language::words},
                                                               {"", Language::words}};
  for (const auto& [path, expected] : cases)
    EXPECT_STREQ(language_name(language(path)), language_name(expected)) << path;
}

TEST(Classify, AShebangIsAskedWhereThePathSaysNothing) {
  EXPECT_EQ(language("run", "#!/usr/bin/env python3.11\n"), Language::python);
  EXPECT_EQ(language("run", "#!/usr/bin/env -S A=1 uv run --script\n"), Language::python);
  EXPECT_EQ(language("run", "#! /bin/bash -e\r\n"), Language::shell);
  EXPECT_EQ(language("run", "#!/usr/bin/node"), Language::javascript);
  EXPECT_EQ(language("run", "#!/usr/bin/perl\n"), Language::words);
  EXPECT_EQ(language("run", "#!"), Language::words);
  EXPECT_EQ(language("run.py", "#!/bin/sh\n"), Language::python);
  EXPECT_EQ(language("a.m", "#import <x.h>"), Language::c);
  EXPECT_EQ(language("a.m", "x = A';"), Language::words);
}

TEST(Classify, BinaryAndTooLarge) {
  EXPECT_EQ(why("a.py", std::string_view("a\0b", 3)), Weightless::binary);
  EXPECT_EQ(why("a.py", std::string(8000, 'a') + '\0'), Weightless::none);
  EXPECT_EQ(why("a.py", std::string(kTextBytesMax, 'a')), Weightless::none);
  EXPECT_EQ(why("a.py", std::string(kTextBytesMax + 1, 'a')), Weightless::too_large);
}

TEST(Classify, LockFiles) {
  for (const char* path :
       {"Cargo.lock", "a/package-lock.json", "pnpm-lock.yaml", "go.sum", "uv.lock", "Package.resolved",
        "MODULE.bazel.lock", "pylock.toml", "pylock.gpu.toml", "conda-lock.yml", "Pipfile.lock"}) {
    EXPECT_EQ(why(path), Weightless::lock_file) << path;
  }
  EXPECT_EQ(why("requirements.txt", "a==1 --hash=sha256:0\n"), Weightless::lock_file);
  EXPECT_EQ(why("requirements.txt", "a==1\n"), Weightless::none);
  EXPECT_EQ(why("spec.txt", "# a\n@EXPLICIT\n"), Weightless::lock_file);
  EXPECT_EQ(why("lock.py"), Weightless::none);
  EXPECT_EQ(why("package.json"), Weightless::none);
}

TEST(Classify, LicencesByName) {
  for (const char* path :
       {"LICENSE", "a/LICENCE.md", "COPYING.LESSER", "license.txt", "LICENSE-MIT", "Unlicense", "NOTICE",
        "LICENSES/MIT.txt", "a/LICENSES/X", "licenses.rst", "LICENSE.apache-2.0"}) {
    EXPECT_EQ(why(path), Weightless::licence) << path;
  }
  for (const char* path : {"license.py", "licensed.md", "notice_board.cc", "MYLICENSES/x.py", "copy.md"}) {
    EXPECT_EQ(why(path), Weightless::none) << path;
  }
}

constexpr std::string_view kMit =
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and "
    "associated\n"
    "documentation files (the \"Software\"), to deal in the Software without restriction, including ...\n"
    "THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED ...\n";

TEST(Classify, LicencesByWording) {
  EXPECT_EQ(why("doc/terms.txt", kMit), Weightless::licence);
  EXPECT_EQ(why("terms", kMit), Weightless::licence);
  EXPECT_EQ(why("a.md",
                "Apache License\n Version 2.0, January 2004\n TERMS AND CONDITIONS FOR USE, REPRODUCTION, "
                "AND DISTRIBUTION"),
            Weightless::licence);
  // A manual that ends in a licence is a manual, and code's licence is a comment.
  std::string manual;
  for (int i = 0; i < 400; ++i) manual += "word ";
  EXPECT_EQ(why("manual.md", manual.append(kMit)), Weightless::none);
  EXPECT_EQ(why("a.py", kMit), Weightless::none);
}

TEST(Classify, GeneratedFiles) {
  for (const char* path : {"a_pb2.py", "a.pb.go", "b.min.js", "b.js.map", "config.guess", "a.generated.ts"}) {
    EXPECT_EQ(why(path), Weightless::generated) << path;
  }
  EXPECT_EQ(why("a.go", "// Code generated by x. DO NOT EDIT.\n"), Weightless::generated);
  EXPECT_EQ(why("a.go", "// Code generated by x.\n// DO NOT EDIT.\n"), Weightless::none);
  EXPECT_EQ(why("a.ts", "/** @generated */"), Weightless::generated);
  EXPECT_EQ(why("a.ts", "x@generated.org @generated_by"), Weightless::none);
  EXPECT_EQ(why("configure", "#! /bin/sh\n# Generated by GNU Autoconf 2.71"), Weightless::generated);
  EXPECT_EQ(why("Makefile.in", "# Makefile.in generated by automake 1.16"), Weightless::generated);
  EXPECT_EQ(why("a.c", "/* Generated by Cython 3.0 */"), Weightless::generated);
  EXPECT_EQ(why("a.js", "x()\n//# sourceMappingURL=a.js.map\n"), Weightless::generated);
  EXPECT_EQ(why("a.py", std::string(5000, '\n') + "# @generated"), Weightless::none);
}

TEST(Classify, VendoredFolders) {
  for (const char* path : {"vendor/a.go", "a/node_modules/b/c.js", "third_party/x/y.cc", "a/ThirdParty/b.c",
                           "external/a.py", "Pods/a.m", "gradlew"}) {
    EXPECT_EQ(why(path), Weightless::vendored) << path;
  }
  for (const char* path : {"vendor.py", "a/vendor", "my_vendor/a.py", "pods/a.py", "internal/a.go"}) {
    EXPECT_EQ(why(path), Weightless::none) << path;
  }
}

TEST(Classify, MinifiedScriptsAndStyles) {
  EXPECT_EQ(why("a.js", std::string(2000, 'a')), Weightless::minified);
  EXPECT_EQ(why("a.css", std::string(2000, 'a')), Weightless::minified);
  EXPECT_EQ(why("a.js", std::string(500, 'a')), Weightless::none);
  EXPECT_EQ(why("a.py", std::string(2000, 'a')), Weightless::none);
}

TEST(Classify, Data) {
  for (const char* path : {"a.csv", "a.TSV", "a.svg", "a.jsonl", "vocab.txt", "tokenizer.json", "a.log"}) {
    EXPECT_EQ(why(path), Weightless::data) << path;
  }
  EXPECT_EQ(why("a.json", std::string(70'000, '1')), Weightless::data);
  EXPECT_EQ(why("input.txt", std::string(300'000, 'a')), Weightless::data);
  EXPECT_EQ(why("a.cc", std::string(300'000, 'a')), Weightless::none);
  EXPECT_EQ(why("a.ipynb", std::string(300'000, 'a')), Weightless::none);
}

TEST(Classify, EveryReasonHasAPhrase) {
  EXPECT_STREQ(weightless_reason(Weightless::lock_file), "a lock file");
  EXPECT_STREQ(weightless_reason(Weightless::link), "a link");
}

}  // namespace
}  // namespace ain::repo
