#include "repo/copies/first_seen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/sqlite.h"
#include "tests/repo/copies/sequences.h"

namespace ain::repo {

void PrintTo(const Credit& one, std::ostream* out) {
  *out << one.at << "+" << one.length << " = " << one.repository << "@" << one.commit << ":" << one.path << ":" << one.at_there << " #"
       << one.order << " " << one.payee;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RegisteredFile file_of(const std::string& payee, Tokens tokens, std::string path = "a.py") {
  const auto length = static_cast<uint32_t>(tokens.size());
  return {std::move(path), std::move(tokens), {{0, length, payee}}};
}

int64_t add(FirstSeen& index, const Registration& registration, std::vector<RegisteredFile> files) {
  size_t next = 0;
  return index.add(registration, [&](RegisteredFile& file) {
    if (next == files.size()) return false;
    file = files[next++];
    return true;
  });
}

class FirstSeenTest : public testing::Test {
 protected:
  // A repository of one author and one file, of its own lineage.
  int64_t add_simple(const std::string& name, const Tokens& tokens, const std::string& commit = "c1") {
    return add(index_, {name, name, commit}, {file_of("payee of " + name, tokens)});
  }
  Credit credit(uint32_t at, uint32_t length, const std::string& name, uint32_t at_there, int64_t order) {
    return {at, length, name, "c1", "a.py", at_there, order, "payee of " + name};
  }

  TemporaryFolder folder_{"ain-first-seen"};
  FirstSeen index_{folder_.path() / "first-seen.db"};
  const Tokens code_ = own_tokens("code", 300);
};

TEST_F(FirstSeenTest, CreditsWhoWasFirst) {
  EXPECT_EQ(index_.order(), 0);
  EXPECT_EQ(add_simple("alice", code_), 1);
  const Tokens copy = joined({own_tokens("mine", 80), part_of(code_, 50, 200), own_tokens("mine too", 40)});
  const auto expected = ElementsAre(credit(80, 200, "alice", 50, 1));
  EXPECT_THAT(index_.find("mallory", copy), expected);
  EXPECT_EQ(add_simple("mallory", copy), 2);
  EXPECT_THAT(index_.find("mallory", copy), expected);
  EXPECT_THAT(index_.find("alice", code_), IsEmpty());
  EXPECT_THAT(index_.find("bob", own_tokens("else", 300)), IsEmpty());
  // Bob has it from Mallory, and hers is only what she added.
  EXPECT_THAT(index_.find("bob", copy), ElementsAre(credit(0, 80, "mallory", 0, 2), credit(80, 200, "alice", 50, 1),
                                                     credit(280, 40, "mallory", 280, 2)));
}

TEST_F(FirstSeenTest, AnEarlyRepositoryWinsNothingByALateCopy) {
  add_simple("mallory", own_tokens("bait", 100));
  add_simple("alice", code_);
  EXPECT_EQ(add_simple("mallory", code_, "c2"), 3);
  EXPECT_THAT(index_.find("alice", code_), IsEmpty());
  EXPECT_THAT(index_.find("mallory", code_), ElementsAre(credit(0, 300, "alice", 0, 2)));
}

TEST_F(FirstSeenTest, LaterCommitsAddOnlyWhatIsNew) {
  add_simple("alice", code_);
  const Tokens grown = joined({code_, own_tokens("more", 200)});
  EXPECT_EQ(add(index_, {"alice", "alice", "c2"}, {file_of("carol", grown)}), 2);
  EXPECT_EQ(add(index_, {"alice", "alice", "c1"}, {file_of("nobody", grown)}), 1);  // known: nothing happens
  // The older place goes on to its end, then the newer one does.
  EXPECT_THAT(index_.find("bob", grown),
              ElementsAre(credit(0, 300, "alice", 0, 1), Credit{300, 200, "alice", "c2", "a.py", 300, 2, "carol"}));
}

TEST_F(FirstSeenTest, AnAnswerAsOfAnOrderStays) {
  add_simple("alice", code_);
  const Tokens both = joined({code_, own_tokens("more", 200)});
  const std::vector<Credit> before = index_.find("bob", both, 1);
  add_simple("carol", both);
  for (int i = 0; i < 10; ++i) add_simple("fork" + std::to_string(i), both);
  EXPECT_EQ(index_.find("bob", both, 1), before);
  EXPECT_THAT(before, ElementsAre(credit(0, 300, "alice", 0, 1)));
  EXPECT_THAT(index_.find("bob", both, 0), IsEmpty());
  EXPECT_THAT(index_.find("bob", both), IsEmpty());  // commons by now
}

TEST_F(FirstSeenTest, OwnersByRange) {
  add(index_, {"alice", "alice", "c1"}, {{"a.py", code_, {{0, 100, "ann"}, {100, 50, "ben"}, {200, 100, "ann"}}}});
  const auto piece = [](uint32_t at, uint32_t length, std::string payee) {
    return Credit{at, length, "alice", "c1", "a.py", at + 50, 1, std::move(payee)};
  };
  EXPECT_THAT(index_.find("bob", part_of(code_, 50, 200)),
              ElementsAre(piece(0, 50, "ann"), piece(50, 50, "ben"), piece(100, 50, ""), piece(150, 50, "ann")));
}

TEST_F(FirstSeenTest, WhatManyIndependentRepositoriesHaveIsCommons) {
  for (int i = 0; i < kCommonsLineages - 1; ++i) add_simple("r" + std::to_string(i), code_);
  EXPECT_THAT(index_.find("bob", code_), ElementsAre(credit(0, 300, "r0", 0, 1)));
  add_simple("last", code_);
  EXPECT_THAT(index_.find("bob", code_), IsEmpty());
  // A block with commons in its middle keeps what is not.
  add_simple("alice", joined({own_tokens("x", 100), code_, own_tokens("y", 100)}));
  const std::vector<Credit> credits = index_.find("bob", joined({own_tokens("x", 100), code_, own_tokens("y", 100)}));
  ASSERT_EQ(credits.size(), 2u);
  EXPECT_EQ(credits[0].at, 0u);
  EXPECT_GE(credits[0].length, 100u);
  EXPECT_LE(credits[0].length, 100u + kWindowGrams);
  EXPECT_GE(credits[1].at, 400u - kWindowGrams);
  EXPECT_EQ(credits[1].at + credits[1].length, 500u);
}

TEST_F(FirstSeenTest, ForksAreNotIndependent) {
  for (int i = 0; i < 20; ++i) add(index_, {"fork" + std::to_string(i), "one project", "c1"}, {file_of("ann", code_)});
  EXPECT_THAT(index_.find("bob", code_), ElementsAre(Credit{0, 300, "fork0", "c1", "a.py", 0, 1, "ann"}));
  EXPECT_THAT(index_.find("fork9", code_), ElementsAre(Credit{0, 300, "fork0", "c1", "a.py", 0, 1, "ann"}));
  EXPECT_THAT(index_.find("fork0", code_), IsEmpty());
}

TEST_F(FirstSeenTest, MarkedTextsCreditNobody) {
  add_simple("alice", code_);
  index_.mark_commons(code_);
  EXPECT_THAT(index_.find("bob", code_), IsEmpty());
}

TEST_F(FirstSeenTest, TheEarlierOfTwoSourcesGetsTheTokensOfBoth) {
  add_simple("alice", part_of(code_, 100, 100));
  add_simple("carol", code_);
  EXPECT_THAT(index_.find("bob", code_), ElementsAre(credit(0, 100, "carol", 0, 2), credit(100, 100, "alice", 0, 1), credit(200, 100, "carol", 200, 2)));
  // Carol had the rest herself, and owes for Alice's.
  EXPECT_THAT(index_.find("carol", code_), ElementsAre(credit(100, 100, "alice", 0, 1)));
}

// The earliest block that has a token, from all pairs of files: nothing but comparing.
std::vector<int64_t> naive_orders(const std::vector<Tokens>& registered, const Tokens& file) {
  std::vector<int64_t> orders(file.size(), 0);
  for (size_t i = registered.size(); i-- > 0;) {
    for (const Repeat& one : naive_repeats({registered[i], file})) {
      if (one.file_a == 0 && one.file_b == 1) std::fill_n(orders.begin() + one.at_b, one.length, static_cast<int64_t>(i + 1));
    }
  }
  return orders;
}

TEST_F(FirstSeenTest, CreditsAreTheNaiveOnes) {
  std::mt19937_64 random(8);
  std::vector<Tokens> registered;
  size_t credited = 0;
  const Tokens pool = own_tokens("pool", 2000);
  const auto mixture = [&] {
    Tokens file;
    for (int i = 0; i < 4; ++i) file = joined({file, part_of(pool, random() % 1800, random() % 200), random_tokens(random, random() % 60, 1'000'000)});
    return file;
  };
  for (int i = 0; i < 7; ++i) {
    registered.push_back(mixture());
    add_simple("r" + std::to_string(i), registered.back());
  }
  for (int round = 0; round < 40; ++round) {
    const Tokens file = mixture();
    const std::vector<int64_t> naive = naive_orders(registered, file);
    for (const Credit& one : index_.find("bob", file)) {
      const Tokens& there = registered[static_cast<size_t>(one.order - 1)];
      ASSERT_EQ(part_of(file, one.at, one.length), part_of(there, one.at_there, one.length));
      for (uint32_t at = one.at; at < one.at + one.length; ++at) ASSERT_EQ(naive[at], one.order) << round << " at " << at;
      credited += one.length;
    }
  }
  EXPECT_GT(credited, 5000u);
}

TEST_F(FirstSeenTest, HostileFilesEndSoon) {
  constexpr size_t kTokens = 1'000'000;
  for (const size_t period : {1, 2, 26}) add_simple("r" + std::to_string(period), periodic_tokens(kTokens, period));
  for (const size_t period : {1, 2, 26}) {
    const std::vector<Credit> credits = index_.find("bob", periodic_tokens(kTokens, period));
    ASSERT_FALSE(credits.empty());
    EXPECT_EQ(credits[0].repository, "r" + std::to_string(period));
    EXPECT_EQ(credits[0].length, kTokens);
  }
}

TEST_F(FirstSeenTest, LimitsAndFailuresLeaveNothing) {
  const auto throwing = [&](RegisteredFile& file) -> bool {
    if (!file.path.empty()) return false;
    static int calls = 0;
    if (++calls == 3) throw Error(ErrorKind::stopped, "stopped");
    file = file_of("ann", own_tokens("f" + std::to_string(calls), 200));
    return true;
  };
  EXPECT_THROW(index_.add({"alice", "alice", "c1"}, throwing), Error);
  EXPECT_EQ(index_.order(), 0);
  EXPECT_THAT(index_.find("bob", own_tokens("f1", 200)), IsEmpty());
  EXPECT_EQ(add_simple("bob", own_tokens("f1", 200)), 1);
}

TEST_F(FirstSeenTest, AKilledWriterLeavesTheRegistrationWholeOrNothing) {
  add_simple("alice", code_);
  const auto path = folder_.path() / "killed.db";
  constexpr int kFiles = 60;
  int whole = 0;
  for (int round = 0; round < 12; ++round) {
    const std::string name = "r" + std::to_string(round);
    const auto label = [&](int i) { return name + "/" + std::to_string(i) + "/"; };
    const pid_t child = fork();
    if (child == 0) {
      FirstSeen index(path);
      std::vector<RegisteredFile> files;
      for (int i = 0; i < kFiles; ++i) files.push_back(file_of("ann", own_tokens(label(i), 200), std::to_string(i)));
      add(index, {name, name, "c1"}, files);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(4 * round * round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    FirstSeen index(path);
    int found = 0;
    for (int i = 0; i < kFiles; ++i) found += index.find("bob", own_tokens(label(i), 200)).empty() ? 0 : 1;
    EXPECT_TRUE(found == 0 || found == kFiles) << round << ": " << found;
    EXPECT_EQ(index.order(), whole + (found == kFiles ? 1 : 0));
    whole += found == kFiles ? 1 : 0;
  }
}

TEST_F(FirstSeenTest, ReadersDoNotWaitForAWriter) {
  add_simple("alice", code_);
  FirstSeen reader(folder_.path() / "first-seen.db");
  int files = 0;
  index_.add({"bob", "bob", "c1"}, [&](RegisteredFile& file) {
    EXPECT_EQ(reader.order(), 1);
    EXPECT_THAT(reader.find("carol", code_), ElementsAre(credit(0, 300, "alice", 0, 1)));
    file = file_of("bob", own_tokens("bob" + std::to_string(files), 100));
    return ++files < 5;
  });
  EXPECT_EQ(reader.order(), 2);
}

TEST_F(FirstSeenTest, ADamagedFileIsRefused) {
  const auto path = folder_.path() / "damaged.db";
  write_file_atomic(path, std::string(8192, 'x'));
  try {
    FirstSeen index(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::verification);
    EXPECT_NE(error.message().find("damaged.db"), std::string::npos);
    EXPECT_FALSE(error.hint().empty());
  }
  EXPECT_EQ(read_file(path), std::string(8192, 'x'));
}

TEST_F(FirstSeenTest, AChangedRowIsRefused) {
  add_simple("alice", code_);
  {
    Database db = Database::open(folder_.path() / "first-seen.db", Durability::normal);
    db.exec("UPDATE place SET bytes = CAST(replace(CAST(bytes AS TEXT), 'alice', 'mally') AS BLOB)");
  }
  try {
    index_.find("bob", code_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::verification) << error.message();
  }
}

TEST_F(FirstSeenTest, SpeedOfAddingAndFinding) {
  std::mt19937_64 random(9);
  std::vector<RegisteredFile> files;
  for (int i = 0; i < 200; ++i) files.push_back(file_of("ann", random_tokens(random, 5000, 3000), std::to_string(i)));
  const auto timed = [](auto work) {
    const std::clock_t begin = std::clock();
    work();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  const double adding = timed([&] { add(index_, {"alice", "alice", "c1"}, files); });
  const double again = timed([&] { add(index_, {"alice", "alice", "c2"}, files); });
  const double finding = timed([&] {
    for (const RegisteredFile& file : files) EXPECT_EQ(index_.find("bob", file.tokens).size(), 1u);
  });
  const auto bytes = std::filesystem::file_size(folder_.path() / "first-seen.db");
  fmt::print("CPU time, 1 Mtoken: add {:.2f} s, a commit that changes nothing {:.2f} s, find {:.2f} s; {:.1f} bytes a token\n", adding, again, finding,
             static_cast<double>(bytes) / 1e6);
}

}  // namespace
}  // namespace ain::repo
