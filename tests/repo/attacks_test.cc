// Ways to be paid for what others wrote, or for nothing. Ada wrote the code, Eve tries.
#include "repo/authorship.h"
#include "repo/commits.h"
#include "tests/repo/fixture.h"
#include "tests/repo/published.h"

namespace ain::repo {
namespace {

constexpr int64_t kNewYear = 1'767'225'600;  // 2026-01-01T00:00:00Z
constexpr int64_t kYear = 365 * 86'400;

// A Python program of `functions`, in which no two lines are alike.
std::string program(const std::string& name, int functions) {
  std::string text = "import math\n";
  for (int i = 0; i < functions; ++i) {
    text += fmt::format(
        "\n\ndef {0}_{1}(rows_{1}, scale_{1}):\n"
        "    total_{1} = sum(row.{0}{1} * {1} for row in rows_{1} if row.valid_{1} and row.weight_{1} > {2})\n"
        "    if total_{1} > scale_{1}:\n"
        "        raise ValueError('{0} of {1} is too large', total_{1}, scale_{1})\n"
        "    return math.sqrt(total_{1}) / {0}_scale[{1}]\n",
        name, i, i * 7 + 3);
  }
  return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

struct Paid {
  int64_t ada = 0;
  int64_t eve = 0;
  bool operator==(const Paid&) const = default;
};
void PrintTo(const Paid& paid, std::ostream* out) { *out << "Ada " << paid.ada << ", Eve " << paid.eve; }

class AttackTest : public GitTest {
 protected:
  AttackTest() : repository_(make_work()), ada_(key_from_seed(std::string(32, 'a'))), eve_(key_from_seed(std::string(32, 'e'))) {}

  ObjectId commit_in(Repository& repository, const fs::path& folder, const Signer& by, int64_t time_s) {
    const std::string tree(trim(sh(folder, "git add -A && git write-tree")));
    std::vector<ObjectId> parents;
    if (const auto head = repository.head_commit()) parents.push_back(*head);
    const Person person = &by == ada_.get() ? Person{"Ada", "ada@example.org"} : Person{"Eve", "eve@example.org"};
    const ObjectId id = write_commit(repository, {.tree = tree, .parents = parents, .author = person, .committer = person,
                                                  .time_s = time_s, .message = "change"}, &by);
    sh(folder, "git update-ref HEAD " + id);
    return id;
  }
  ObjectId commit(const Signer& by, int64_t time_s = kNewYear) { return commit_in(repository_, work(), by, time_s); }
  // Ada's `path` is there; then Eve makes `after` of it.
  Paid after_eve_makes(const std::string& path, const std::string& before, const std::string& after) {
    sh(work(), "rm -rf ./*");
    put(path, before);
    commit(*ada_);
    put(path, after);
    commit(*eve_);
    return paid();
  }
  Paid paid_of(const Authorship& table) const {
    Paid result;
    for (const AuthorShare& author : table.authors) {
      if (author.payee == account_of(ada_->public_key()).text()) result.ada += author.weight;
      else if (author.payee == account_of(eve_->public_key()).text()) result.eve += author.weight;
      else ADD_FAILURE() << author.email;
    }
    return result;
  }
  Paid paid() const { return paid_of(authorship(repository_, {}, *repository_.head_commit())); }

  Repository repository_;
  std::unique_ptr<Signer> ada_;
  std::unique_ptr<Signer> eve_;
};

TEST_F(AttackTest, ReformattingEarnsNothing) {
  const std::string code = program("loss", 12);
  put("a.py", code);
  commit(*ada_);
  const Paid before = paid();
  ASSERT_GT(before.ada, 500);
  std::string narrow = replaced(code, "\n    ", "\n  ");
  std::string tabs = replaced(code, "    ", "\t");
  std::string split = replaced(replaced(code, "sum(row", "sum(\n        row"), " for row", "\n        for row");
  std::string joined = replaced(code, ":\n        raise", ": raise");
  const std::map<std::string, std::string> styles = {
      {"indent", narrow},
      {"tabs", tabs},
      {"line ends", replaced(code, "\n", "\r\n")},
      {"quotes", replaced(code, "'", "\"")},
      {"spaces", replaced(replaced(code, " > ", ">"), " = ", "=")},
      {"split lines", split},
      {"joined lines", joined},
      {"blank lines", replaced(code, "\n", "\n\n")},
      {"trailing commas", replaced(code, ")\n", ",)\n")},
      {"parentheses", replaced(replaced(code, "if total", "if (total"), ":\n        raise", "):\n        raise")},
      {"all", replaced(replaced(replaced(split, "'", "\""), ")\n", ",\n    )\n"), "    ", "\t")},
  };
  for (const auto& [name, text] : styles) {
    const Paid now = after_eve_makes("a.py", code, text);
    EXPECT_EQ(now.eve, 0) << name;
    EXPECT_GE(now.ada, before.ada - 2) << name;
  }
}

TEST_F(AttackTest, ReformattingOtherLanguagesEarnsNothing) {
  const std::string c =
      "int scale(const struct rows *rows, int factor) {\n  int total = 0;\n"
      "  for (int i = 0; i < rows->count; i++) total += rows->values[i] * factor;\n"
      "  if (total > rows->limit) return -1;\n  return total / rows->count;\n}\n";
  EXPECT_EQ(after_eve_makes("a.c", c,
                            "int\nscale( const struct rows * rows, int factor )\n{\n\tint total = 0;\n"
                            "\tfor (int i = 0; i < rows->count; i++) {\n\t\ttotal += rows->values[i] * factor;\n\t}\n"
                            "\tif (total > rows->limit)\n\t{\n\t\treturn -1;\n\t}\n\treturn (total / rows->count);\n}\n").eve, 0);
  const std::string js = "const load = (path, limit) => {\n  const rows = read(path).filter(row => row.size < limit)\n"
                         "  return rows.map(row => ({ name: row.name, size: row.size / limit }))\n}\n";
  EXPECT_EQ(after_eve_makes("a.js", js,
                            "const load = (path, limit) => {\n    const rows = read(path).filter((row) => row.size < limit);\n"
                            "    return rows.map((row) => ({\n        name: row.name,\n        size: row.size / limit,\n    }));\n};\n").eve, 0);
  const std::string json = R"({"rows": [1, 2, 3], "name": "digits", "rate": 10})";
  EXPECT_EQ(after_eve_makes("a.json", json, "{\n  \"rows\": [\n    1,\n    2,\n    3\n  ],\n  \"name\": \"digits\",\n  \"rate\": 10\n}\n").eve, 0);
}

TEST_F(AttackTest, SplittingWorkIntoManyCommitsEarnsTheSame) {
  put("a.py", program("loss", 8));
  commit(*ada_);
  std::string text;
  for (const std::string& line : split(program("gain", 8), '\n')) {
    text += line + "\n";
    put("b.py", text);
    commit(*eve_);
  }
  const Paid both = paid();
  EXPECT_EQ(both.ada, both.eve);
}

TEST_F(AttackTest, WhatNobodyWroteEarnsNothing) {
  put("a.py", program("loss", 3));
  commit(*ada_);
  const Paid before = paid();
  put("gen_pb2.py", program("generated", 4));
  put("api.go", "// Code generated by stringer. DO NOT EDIT.\npackage api\n\nfunc Name(i int) string { return names[i] }\n");
  put("uv.lock", program("locked", 4));
  put("package-lock.json", R"({"name": "x", "lockfileVersion": 3, "packages": {"a": {"version": "1.0.0"}}})");
  put("requirements.txt", "numpy==1.26 --hash=sha256:00\n");
  put("vendor/lib/sort.py", program("vendored", 4));
  put("third_party/sort.c", "int sort(int *a, int n) { return n > 1 ? a[0] : n; }\n");
  put("node_modules/left/index.js", "module.exports = (text, width) => text.padStart(width);\n");
  put("app.min.js", "function f(a,b){return a+b}var c=f(1,2);\n");
  put("LICENSE", "Permission is hereby granted, free of charge, to any person obtaining a copy\n");
  put("data.csv", "a,b,c\n1,2,3\n4,5,6\n");
  commit(*eve_);
  EXPECT_EQ(paid(), before);
}

TEST_F(AttackTest, CommentsAndBlankLinesEarnNothing) {
  const std::string code = program("loss", 4);
  put("a.py", code);
  commit(*ada_);
  const Paid before = paid();
  EXPECT_EQ(after_eve_makes("a.py", code, replaced(code, "    total", "    # sums what is valid, whatever it weighs\n\n    total")), before);
  EXPECT_EQ(after_eve_makes("a.py", code, replaced(code, ":\n    total", ":\n    \"\"\"Sums what is valid.\"\"\"\n    total")), before);
}

TEST_F(AttackTest, CopyingFromAnotherRepositoryCreditsWhoRegisteredItFirst) {
  Published published(root() / "published.db");
  put("loss.py", program("loss", 12));
  const Identity first = create_identity(repository_, "first", {"Ada", ada_->public_key()}, *ada_);
  const ObjectId there = commit(*ada_);
  published.push(repository_, first, there);
  const int64_t worth = paid().ada;

  const fs::path folder = root() / "copy";
  fs::create_directory(folder);
  sh(folder, "git init -q -b main");
  Repository copy = *Repository::discover(folder);
  const Identity second = create_identity(copy, "second", {"Eve", eve_->public_key()}, *eve_);
  write(folder / "stolen.py", replaced(program("loss", 12), "    ", "\t"));
  write(folder / "own.py", program("own", 2));
  const ObjectId head = commit_in(copy, folder, *eve_, kNewYear - 10 * kYear);
  const Explanation explained = explain_authorship(copy, second, head, {}, published.all());
  const Paid split = paid_of(explained.table);
  EXPECT_EQ(split.ada, worth);
  EXPECT_EQ(explained.credits.at(0).path, "stolen.py");
  EXPECT_EQ(explained.credits.at(0).repository, first.id.text());
  EXPECT_EQ(explained.credits.at(0).path_there, "loss.py");
  const Explanation own = explain_authorship(copy, second, head, {.paths = {"own.py"}}, published.all());
  EXPECT_EQ(split.eve, paid_of(own.table).eve);
  // Registering it later changes nothing.
  published.push(copy, second, head);
  EXPECT_EQ(paid_of(authorship(copy, second, head, {}, published.all())), split);
  EXPECT_EQ(paid_of(authorship(repository_, first, there, {}, published.all())), (Paid{worth, 0}));
}

// Who shows somebody's code in the name of many makes a few lines of it commons, never all of it.
TEST_F(AttackTest, SockPuppetsDoNotMakeItCommons) {
  Published published(root() / "published.db");
  put("loss.py", program("loss", 40));
  const Identity first = create_identity(repository_, "first", {"Ada", ada_->public_key()}, *ada_);
  const ObjectId there = commit(*ada_);
  published.push(repository_, first, there);
  const int64_t worth = paid().ada;
  std::optional<Repository> theft;
  std::optional<Identity> thief;
  ObjectId stolen;
  for (size_t i = 0; i < kCommonsLineages + 2; ++i) {
    const fs::path folder = root() / fmt::format("puppet{}", i);
    fs::create_directory(folder);
    sh(folder, "git init -q -b main");
    theft = *Repository::discover(folder);
    const auto puppet = key_from_seed(std::string(32, static_cast<char>('a' + i)));
    thief = create_identity(*theft, "theft", {"Eve", puppet->public_key()}, *puppet);
    write(folder / "loss.py", program("loss", 40));
    stolen = commit_in(*theft, folder, *puppet, kNewYear);
    published.push(*theft, *thief, stolen);
  }
  EXPECT_EQ(paid_of(authorship(*theft, *thief, stolen, {}, published.all())).ada, worth);
  EXPECT_EQ(paid_of(authorship(repository_, first, there, {}, published.all())), (Paid{worth, 0}));
}

TEST_F(AttackTest, TheSameBlockManyTimesCountsOnce) {
  put("a.py", program("loss", 3));
  commit(*ada_);
  put("b.py", program("dead", 2));
  commit(*eve_);
  const Paid once = paid();
  for (int i = 0; i < 20; ++i) put(fmt::format("dead/{}.py", i), program("dead", 2));
  commit(*eve_);
  EXPECT_EQ(paid(), once);
  std::string text = program("dead", 2);
  for (int i = 0; i < 20; ++i) text += program("dead", 2);
  put("b.py", text);
  commit(*eve_);
  EXPECT_EQ(paid(), once);
}

TEST_F(AttackTest, CopyingOthersCodeToWhereItWeighsLessTakesNothingFromThem) {
  const Identity identity = create_identity(repository_, "first", {"Ada", ada_->public_key()}, *ada_);
  const auto now = [&] { return paid_of(authorship(repository_, identity, *repository_.head_commit())); };
  put("src/a.py", program("loss", 6));
  put("authors.toml", "[[weight]]\npath = \"examples/\"\npercent = 0\n");
  commit(*ada_);
  const Paid before = now();
  sh(work(), "mkdir examples && cp src/a.py examples");
  commit(*eve_);
  EXPECT_EQ(now(), before);
  put("examples/a.py", replaced(program("loss", 6), "    ", "\t"));
  commit(*eve_);
  EXPECT_EQ(now(), before);
}

TEST_F(AttackTest, BackDatingChangesNothing) {
  put("a.py", program("loss", 6));
  commit(*ada_);
  const Paid before = paid();
  put("b.py", program("loss", 6));
  commit(*eve_, kNewYear - 20 * kYear);
  EXPECT_EQ(paid(), before);
  put("a.py", replaced(program("loss", 6), "    ", "  "));
  commit(*eve_, kNewYear - 30 * kYear);
  EXPECT_EQ(paid(), before);
}

TEST_F(AttackTest, MovingAndRenamingEarnsNothing) {
  const std::string one = program("loss", 6);
  const std::string two = program("gain", 6);
  put("a.py", one + two);
  put("c.py", program("rest", 2));
  commit(*ada_);
  const Paid before = paid();
  put("a.py", one);
  put("c.py", program("rest", 2) + two);
  commit(*eve_);
  EXPECT_EQ(paid(), before);
  sh(work(), "mkdir new && git mv a.py new/b.py");
  commit(*eve_);
  EXPECT_EQ(paid(), before);
  // What changes places is alike, but not the same: a mark or two may go to nobody.
  put("new/b.py", two);
  put("c.py", program("rest", 2) + one);
  commit(*eve_);
  EXPECT_EQ(paid().eve, 0);
  EXPECT_GE(paid().ada, before.ada - 4);
}

TEST_F(AttackTest, CopyingAFileAndDeletingTheOriginalLaterEarnsNothing) {
  put("a.py", program("loss", 6));
  commit(*ada_);
  const Paid before = paid();
  sh(work(), "mkdir lib && cp a.py lib/b.py");
  commit(*eve_);
  EXPECT_EQ(paid(), before);
  sh(work(), "rm a.py");
  commit(*eve_);
  EXPECT_EQ(paid(), before);
}

// What stands in the place of the original hides nothing: it went away.
TEST_F(AttackTest, MovingCodeFromUnderALinkOrABinaryEarnsNothing) {
  const std::string code = program("loss", 6);
  put("a.py", code);
  commit(*ada_);
  const Paid before = paid();
  const std::map<std::string, std::string> covers = {
      {"link", "ln -s b.py a.py"},
      {"binary", "printf 'x\\0y' > a.py"},
      {"large", "head -c 6000000 /dev/zero | tr '\\0' ' ' > a.py"},
      {"submodule", "git init -q a.py && git -C a.py -c user.name=E -c user.email=e@x commit -q --allow-empty -m x"},
      {"folder", "mkdir a.py && touch a.py/empty"},
      {"nothing", "true"},
  };
  for (const auto& [name, script] : covers) {
    sh(work(), "rm -rf a.py b.py");
    put("a.py", code);
    commit(*ada_);
    ASSERT_EQ(paid(), before);
    sh(work(), "rm a.py && " + script);
    put("b.py", replaced(code, "    ", "\t"));
    commit(*eve_);
    EXPECT_EQ(paid(), before) << name;
    sh(work(), "git rm -rq --cached a.py 2>/dev/null || true");
  }
}

TEST_F(AttackTest, AMergeThatMovesCodeEarnsNothing) {
  const std::string one = program("loss", 6);
  const std::string two = program("gain", 6);
  put("a.py", one + two);
  const ObjectId base = commit(*ada_);
  put("b.py", program("rest", 2));
  commit(*ada_);
  const Paid before = paid();
  const Person eve = {"Eve", "eve@example.org"};
  const auto merge = [&] {
    const ObjectId id = write_commit(repository_, {.tree = git_line("add -A && git write-tree"),
                                                   .parents = {*repository_.head_commit(), base}, .author = eve, .committer = eve,
                                                   .time_s = kNewYear, .message = "merge"}, eve_.get());
    git("update-ref HEAD " + id);
  };
  put("a.py", one);
  put("c.py", replaced(two, "    ", "\t"));
  merge();
  EXPECT_EQ(paid(), before);
  sh(work(), "mv a.py d.py");
  merge();
  EXPECT_EQ(paid(), before);
}

// What Eve merges into her branch is the second parent's.
TEST_F(AttackTest, MergingOthersWorkAndMovingItEarnsNothing) {
  put("base.py", program("base", 2));
  const ObjectId base = commit(*ada_);
  put("a.py", program("loss", 6));
  put("c.py", program("gain", 6) + program("rest", 2));
  const ObjectId main = commit(*ada_);
  const Paid before = paid();
  const auto merge = [&] {
    const Person eve = {"Eve", "eve@example.org"};
    const ObjectId id = write_commit(repository_, {.tree = git_line("add -A && git write-tree"), .parents = {base, main},
                                                   .author = eve, .committer = eve, .time_s = kNewYear, .message = "merge"}, eve_.get());
    git("update-ref HEAD " + id);
    return id;
  };
  sh(work(), "rm a.py");
  put("lib/b.py", replaced(program("loss", 6), "    ", "\t"));
  put("c.py", program("rest", 2));
  put("d.py", replaced(program("gain", 6), "    ", "  "));
  merge();
  EXPECT_EQ(paid().eve, 0);
  EXPECT_GE(paid().ada, before.ada - 4);  // a mark or two may go to nobody
  // Copied in the merge, the original deleted later.
  sh(work(), "git read-tree -u --reset " + main + " && rm -rf lib d.py && cp a.py e.py");
  merge();
  sh(work(), "rm a.py");
  commit(*eve_);
  EXPECT_EQ(paid(), before);
}

// What is registered at a push stays whose it was then, whatever a later one does to its place.
class RegisteredAttackTest : public AttackTest {
 protected:
  RegisteredAttackTest() : identity_(create_identity(repository_, "first", {"Ada", ada_->public_key()}, *ada_)), published_(root() / "published.db") {
    put("a.py", program("loss", 6));
    put("c.py", program("rest", 2));
    push(*ada_);
    before_ = now();
  }
  void push(const Signer& by) { published_.push(repository_, identity_, commit(by)); }
  Paid now() const { return paid_of(authorship(repository_, identity_, *repository_.head_commit(), {}, published_.all())); }

  Identity identity_;
  Published published_;
  Paid before_;
};

TEST_F(RegisteredAttackTest, CopyingAndThenDeletingTheOriginalEarnsNothing) {
  sh(work(), "cp a.py b.py");
  commit(*eve_);
  EXPECT_EQ(now(), before_);
  sh(work(), "rm a.py");
  push(*eve_);
  EXPECT_EQ(now(), before_);
  put("c.py", program("rest", 2) + program("own", 2));
  push(*eve_);
  EXPECT_EQ(now().ada, before_.ada);
  EXPECT_GT(now().eve, 0);
}

TEST_F(RegisteredAttackTest, DeletingAndRestoringEarnsNothing) {
  for (const char* path : {"a.py", "b.py", "deep/er/a.py"}) {
    sh(work(), "rm -rf a.py b.py deep");
    commit(*eve_);
    put(path, program("loss", 6));
    commit(*eve_);
    EXPECT_EQ(now(), before_) << path;
  }
  put("deep/er/a.py", "");
  push(*eve_);
  put("deep/er/a.py", program("loss", 6));
  push(*eve_);
  EXPECT_EQ(now(), before_);
}

TEST_F(RegisteredAttackTest, RewritingHistoryEarnsNothing) {
  sh(work(), "git update-ref -d HEAD");
  commit(*eve_);
  EXPECT_EQ(paid().ada, 0);
  EXPECT_EQ(now(), before_);
}

}  // namespace
}  // namespace ain::repo
