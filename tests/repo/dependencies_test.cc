#include "repo/dependencies.h"

#include <numeric>

#include "base/amount.h"
#include "tests/repo/fixture.h"

namespace ain::repo {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string account(char seed) { return account_of(key_from_seed(std::string(32, seed))->public_key()).text(); }
RepositoryId repository(unsigned char number) {
  RepositoryId id;
  id.bytes.fill(number);
  return id;
}
ObjectId commit(char digit) { return std::string(40, digit); }

Attribution table(const RepositoryId& id, const ObjectId& at, std::vector<Payee> payees) {
  std::sort(payees.begin(), payees.end(), [](const Payee& a, const Payee& b) { return a.id < b.id; });
  return {.repository = id.text(), .commit = at, .tree = commit('e'), .algorithm = "attr-v1", .royalty = {},
          .payees = std::move(payees)};
}
Dependency dependency(unsigned char number, int64_t share_ppm = 100'000) {
  return {.name = fmt::format("d{}", number), .repository = repository(number), .commit = commit('1'), .share_ppm = share_ppm};
}
std::map<std::string, int64_t> weights(const Attribution& attribution) {
  std::map<std::string, int64_t> result;
  for (const Payee& payee : attribution.payees) result[payee.id] = payee.weight;
  return result;
}
int64_t total(const Attribution& attribution) {
  return std::accumulate(attribution.payees.begin(), attribution.payees.end(), int64_t{0},
                         [](int64_t sum, const Payee& payee) { return sum + payee.weight; });
}

// What a dependency names, as the test's world knows it.
class World {
 public:
  void add(unsigned char number, std::vector<Payee> payees, std::vector<Dependency> dependencies, bool whole = false) {
    known_[repository(number)] = {table(repository(number), commit('1'), std::move(payees)), whole, std::move(dependencies)};
  }
  AttributionLookup lookup() {
    return [this](const RepositoryId& id, const ObjectId&) -> std::optional<KnownAttribution> {
      ++asked;
      const auto found = known_.find(id);
      return found == known_.end() ? std::nullopt : std::optional(found->second);
    };
  }
  DependencyTree resolve(unsigned char number) {
    const KnownAttribution& root = known_.at(repository(number));
    return resolve_dependencies(root.attribution, root.dependencies, lookup());
  }
  size_t asked = 0;

 private:
  std::map<RepositoryId, KnownAttribution> known_;
};

TEST(Dependencies, EachGetsItsShareAndTheRestIsTheOwnAuthors) {
  const Attribution own = table(repository(0), commit('0'), {{account('a'), 2}, {account('b'), 1}});
  const Attribution whole =
      with_dependencies(own, {{table(repository(1), commit('1'), {{account('c'), 7}}), 50'000},
                              {table(repository(2), commit('2'), {{account('a'), 1}, {account('d'), 1}}), 200'000}});
  EXPECT_EQ(weights(whole), (std::map<std::string, int64_t>{{account('a'), 600'000'000},
                                                            {account('b'), 250'000'000},
                                                            {account('c'), 50'000'000},
                                                            {account('d'), 100'000'000}}));
  EXPECT_EQ(whole.commit, own.commit);
  EXPECT_EQ(with_dependencies(own, {}).digest(), own.digest());
  EXPECT_NO_THROW(attribution_from_json(to_json(whole)));
}

TEST(Dependencies, RoundingLosesNothing) {
  const Attribution own = table(repository(0), commit('0'), {{account('a'), 1}, {account('b'), 1}, {account('c'), 1}});
  const Attribution dependency_table =
      table(repository(1), commit('1'), {{account('d'), 1}, {account('e'), 1}, {account('f'), 5}});
  EXPECT_EQ(total(with_dependencies(own, {{dependency_table, 10'001}})), kDependencyUnits);
}

TEST(Dependencies, AnEmptyTableLeavesItsShare) {
  const Attribution own = table(repository(0), commit('0'), {{account('a'), 5}});
  const Attribution empty = table(repository(1), commit('1'), {});
  EXPECT_EQ(weights(with_dependencies(own, {{empty, 100'000}})), (std::map<std::string, int64_t>{{account('a'), kDependencyUnits}}));
  EXPECT_TRUE(with_dependencies(empty, {{empty, 100'000}}).payees.empty());
  EXPECT_EQ(total(with_dependencies(empty, {{own, 100'000}})), 100'000'000) << "alone, it is the whole";
}

TEST(Dependencies, TheLargestPayeesArePaidDirectly) {
  std::vector<Payee> many;
  for (size_t i = 0; i < kPayeesMax; ++i) many.push_back({unclaimed_payee(fmt::format("{}", i)), static_cast<int64_t>(1000 + i)});
  Attribution whole = with_dependencies(table(repository(0), commit('0'), many),
                                        {{table(repository(1), commit('1'), {{account('a'), 1}}), 10'000}});
  EXPECT_EQ(whole.payees.size(), kPayeesMax + 1);
  const std::vector<Payee> pooled = divide_payees(whole);
  EXPECT_EQ(whole.payees.size(), kPayeesMax);
  EXPECT_EQ(weights(whole).count(account('a')), 1u);
  ASSERT_EQ(pooled.size(), 1u);
  EXPECT_EQ(pooled[0].id, unclaimed_payee("0"));
  EXPECT_EQ(whole.pool, (PayeePool{pool_root(pooled), 1, pooled[0].weight}));
  EXPECT_NO_THROW(attribution_from_json(to_json(whole)));
}

TEST(Dependencies, RecursionGivesWhatTheRegisteredTablesWould) {
  World local;
  local.add(0, {{account('a'), 3}}, {dependency(1, 200'000), dependency(2, 10'000)});
  local.add(1, {{account('b'), 1}}, {dependency(2)});
  local.add(2, {{account('c'), 1}}, {});
  const DependencyTree tree = local.resolve(0);
  EXPECT_EQ(weights(tree.attribution), (std::map<std::string, int64_t>{
                                           {account('a'), 790'000'000}, {account('b'), 180'000'000}, {account('c'), 30'000'000}}));
  ASSERT_EQ(tree.dependencies.size(), 2u);
  EXPECT_EQ(tree.share_ppm, kPpm);
  EXPECT_EQ(tree.dependencies[0].dependencies[0].name, "d2");
  EXPECT_EQ(tree.dependencies[0].dependencies[0].share_ppm, 100'000);

  World registered;
  registered.add(0, {{account('a'), 3}}, {dependency(1, 200'000), dependency(2, 10'000)});
  registered.add(1, tree.dependencies[0].attribution.payees, {dependency(9)}, true);
  registered.add(2, {{account('c'), 1}}, {}, true);
  const DependencyTree same = registered.resolve(0);
  EXPECT_EQ(same.attribution.digest(), tree.attribution.digest());
  EXPECT_TRUE(same.dependencies[0].registered);
  EXPECT_TRUE(same.dependencies[0].dependencies.empty()) << "what is registered is not looked into";
}

TEST(Dependencies, ACircleIsRefusedAndNamed) {
  World world;
  world.add(0, {{account('a'), 1}}, {dependency(1)});
  world.add(1, {{account('a'), 1}}, {dependency(2)});
  world.add(2, {{account('a'), 1}}, {dependency(0)});
  const Error error = error_of([&] { world.resolve(0); });
  EXPECT_THAT(error.message(), HasSubstr(join({repository(0).text(), repository(1).text(), repository(2).text(),
                                               repository(0).text()}, " → ")));
  world.add(1, {{account('a'), 1}}, {dependency(1)});
  EXPECT_THAT(error_of([&] { world.resolve(0); }).message(), HasSubstr("circle"));
}

TEST(Dependencies, DepthAndNumberAreBounded) {
  const auto chain = [](int levels) {
    World world;
    for (int i = 0; i < levels; ++i) world.add(static_cast<unsigned char>(i), {{account('a'), 1}}, {dependency(static_cast<unsigned char>(i + 1))});
    world.add(static_cast<unsigned char>(levels), {{account('b'), 1}}, {});
    return world;
  };
  EXPECT_EQ(weights(chain(kDependencyDepthMax).resolve(0).attribution)[account('b')], 10) << "a tenth of a tenth of …";
  EXPECT_THAT(error_of([&] { chain(kDependencyDepthMax + 1).resolve(0); }).message(), HasSubstr("more than 8 deep"));

  // Each level names ten of the next: 10^7 lookups, were it not for the limit.
  World explosion;
  for (unsigned char level = 0; level < 7; ++level) {
    std::vector<Dependency> next;
    for (unsigned char i = 0; i < 10; ++i) next.push_back(dependency(static_cast<unsigned char>((level + 1) * 10 + i), 10'000));
    for (unsigned char i = 0; i < 10; ++i) explosion.add(static_cast<unsigned char>(level * 10 + i), {{account('a'), 1}}, next);
  }
  for (unsigned char i = 0; i < 10; ++i) explosion.add(static_cast<unsigned char>(70 + i), {{account('a'), 1}}, {});
  EXPECT_THAT(error_of([&] { explosion.resolve(0); }).message(), HasSubstr("more than 1000"));
  EXPECT_LE(explosion.asked, kDependencyLookupsMax);
}

TEST(Dependencies, OneThatNobodyKnowsSaysWhatToType) {
  World world;
  world.add(0, {{account('a'), 1}}, {dependency(1)});
  const Error error = error_of([&] { world.resolve(0); });
  EXPECT_THAT(error.message(), AllOf(HasSubstr("'d1'"), HasSubstr(repository(1).text()), HasSubstr(commit('1'))));
  EXPECT_THAT(error.hint(), HasSubstr("ain clone " + repository_url(repository(1))));
  const AttributionLookup liar = [](const RepositoryId&, const ObjectId&) {
    return std::optional(KnownAttribution{table(repository(7), commit('1'), {}), true, {}});
  };
  EXPECT_EQ(error_of([&] { resolve_dependencies(table(repository(0), commit('0'), {}), {dependency(1)}, liar); }).kind(),
            ErrorKind::verification);
}

std::string entry(const std::string& name, unsigned char number, const std::string& share = "") {
  return fmt::format("{} = {{ repository = \"{}\", commit = \"{}\"{} }}\n", name, repository(number).text(), commit('1'),
                     share.empty() ? "" : fmt::format(", share = \"{}\"", share));
}
std::vector<Dependency> read(const std::string& text) { return read_dependencies(parse_toml(text, "'ain.toml'")); }
std::string said(const std::string& text) {
  const Error error = error_of([&] { read("[dependencies]\n" + text); });
  return error.message() + " | " + error.hint();
}

TEST(Dependencies, ReadsTheManifest) {
  EXPECT_TRUE(read("").empty());
  const auto found = read("[dependencies]\n" + entry("b", 2) + entry("a", 1, "2.5%"));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], (Dependency{"a", repository(1), commit('1'), 25'000}));
  EXPECT_EQ(found[1].share_ppm, kDependencyFloorPpm);
}

TEST(Dependencies, TheManifestIsStrict) {
  EXPECT_THAT(said("x = 'y'\n"), HasSubstr("line 2: dependency 'x' must be a table"));
  EXPECT_THAT(said("x = { repository = 'repo1x', commit = '" + commit('1') + "' }\n"), HasSubstr("line 2: dependency 'x' has no repository id"));
  EXPECT_THAT(said("x = { repo = 'y' }\n"), HasSubstr("unknown key 'repo'"));
  EXPECT_THAT(said("x = { commit = '" + commit('1') + "' }\n"), HasSubstr("has no 'repository'"));
  EXPECT_THAT(said("x = { repository = '" + repository(1).text() + "', commit = 'main' }\n"), HasSubstr("40 hex digits"));
  EXPECT_THAT(said(entry("x", 1) + entry("y", 1)), HasSubstr("line 3: dependency 'y' is the same repository as 'x'"));
  for (const char* share : {"0.9999%", "20.0001%", "0%", "100%"}) EXPECT_THAT(said(entry("x", 1, share)), HasSubstr("from 1% to 20%"));
  for (const char* share : {"5", "-1%", "a%", "101%"}) EXPECT_THAT(said(entry("x", 1, share)), HasSubstr("no rate")) << share;
  EXPECT_THAT(said(entry("a", 1, "20%") + entry("b", 2, "20%") + entry("c", 3, "11%")), HasSubstr("more than 50% together"));
  EXPECT_EQ(read("[dependencies]\n" + entry("a", 1, "20%") + entry("b", 2, "20%") + entry("c", 3, "10%")).size(), 3u);
  std::string many;
  for (unsigned char i = 0; i <= kDependenciesMax; ++i) many += entry(fmt::format("d{}", i), i);
  EXPECT_THAT(said(many), HasSubstr("more than 50 dependencies"));
}

class SubmodulesTest : public GitTest {
 protected:
  SubmodulesTest() : repository_(make_work()) {}
  void link(const std::string& path, char digit) const { git("update-index --add --cacheinfo 160000," + commit(digit) + "," + path); }
  std::vector<Dependency> found() const {
    for (const char* file : {".gitmodules", "ain.toml"}) {
      if (fs::exists(work() / file)) git(std::string("add ") + file);
    }
    git("commit -q --allow-empty -m x");
    return dependencies_of(repository_, *repository_.head_commit());
  }
  static std::string module(const std::string& path, const std::string& url) {
    return fmt::format("[submodule \"{0}\"]\n\tpath = {0}\n\turl = {1}\n", path, url);
  }

  Repository repository_;
};

TEST_F(SubmodulesTest, AreDependenciesAtTheirGitlinks) {
  put(".gitmodules", module("lib/b", repository_url(repository(2))) + module("elsewhere", "https://example.org/x") +
                         module("gone", repository_url(repository(3))) + "# a comment\n");
  put("ain.toml", "[dependencies]\n" + entry("a", 1, "5%"));
  link("lib/b", '2');
  link("elsewhere", '3');
  const auto dependencies = found();
  ASSERT_EQ(dependencies.size(), 2u);
  EXPECT_EQ(dependencies[0].name, "a");
  EXPECT_EQ(dependencies[1], (Dependency{"lib/b", repository(2), commit('2'), kDependencyFloorPpm}));
}

TEST_F(SubmodulesTest, TheManifestGivesTheirShare) {
  put(".gitmodules", module("b", repository_url(repository(1))));
  put("ain.toml", "[dependencies]\n" + entry("a", 1, "5%"));
  link("b", '1');
  const auto dependencies = found();
  ASSERT_EQ(dependencies.size(), 1u);
  EXPECT_EQ(dependencies[0].share_ppm, 50'000);
  link("b", '2');
  EXPECT_THAT(error_of([&] { found(); }).message(), HasSubstr("at two commits"));
}

TEST_F(SubmodulesTest, HostileFilesAreBounded) {
  EXPECT_TRUE(found().empty());
  put(".gitmodules", module("b", "ain://nonsense"));
  link("b", '1');
  EXPECT_THAT(error_of([&] { found(); }).hint(), HasSubstr("git submodule set-url"));
  put(".gitmodules", "path = x\nurl = ain://y\n[submodule\n=\n[submodule \"\"]\nurl = " + repository_url(repository(1)) + "\n[core]\npath = b\n");
  EXPECT_TRUE(found().empty());
  put(".gitmodules", std::string((1 << 20) + 1, '['));
  EXPECT_THROW(found(), Error);
  std::string many;
  for (unsigned char i = 0; i <= kDependenciesMax; ++i) {
    many += module(fmt::format("m{}", i), repository_url(repository(i)));
    link(fmt::format("m{}", i), '1');
  }
  put(".gitmodules", many);
  EXPECT_THAT(error_of([&] { found(); }).message(), HasSubstr("more than 50 dependencies"));
}

}  // namespace
}  // namespace ain::repo
