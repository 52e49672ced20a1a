#include "repo/authorship.h"

#include <algorithm>
#include <map>

#include "base/amount.h"
#include "base/encoding.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "repo/commit_object.h"
#include "repo/commits.h"
#include "repo/tokens.h"
#include "repo/walk/walk.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

constexpr size_t kCacheBytesMax = 16 << 20;
constexpr size_t kAuthorsMax = 1'000'000;
constexpr size_t kDisplayBytesMax = 256;

// Text for people and JSON, whatever bytes a commit holds.
std::string printable(std::string_view text) {
  std::string result(text.substr(0, kDisplayBytesMax));
  if (text.size() > kDisplayBytesMax) {
    // The cut may have gone through a letter.
    for (int i = 0; i < 3 && !is_utf8(result); ++i) result.pop_back();
  }
  if (!is_utf8(result)) {
    std::replace_if(
        result.begin(), result.end(), [](unsigned char c) { return c >= 0x80; }, '?');
  }
  return sanitize(result);
}

void weigh(const Nodes& nodes, const Node& folder, std::vector<int64_t>& weights) {
  for (const Entry& entry : nodes.entries(folder)) {
    if (!entry.node) continue;
    if (entry.kind == EntryKind::folder) {
      weigh(nodes, *entry.node, weights);
      continue;
    }
    for (const Run& run : nodes.runs(*entry.node)) weights[run.origin] += run.count;
  }
}

struct Seen {
  AuthorShare share;
  int64_t newest_s = -1;
  ObjectId newest;
};

void add_origin(const Repository& repository, git_odb* odb, const git_oid& oid, int64_t weight,
                std::map<std::string, Seen>& table) {
  const CommitObject commit = read_commit(odb, oid);
  const ObjectId id = to_id(oid);
  const auto signer = commit_signer(repository, id);
  const std::string payee = signer ? account_of(*signer).text() : unclaimed_payee(commit.author.email);
  Seen& seen = table[payee];
  seen.share.payee = payee;
  seen.share.claimed = signer.has_value();
  seen.share.weight += weight;
  if (std::tie(seen.newest_s, seen.newest) < std::tie(commit.committed_s, id)) {
    seen.newest_s = commit.committed_s;
    seen.newest = id;
    seen.share.email = printable(commit.author.email);
    seen.share.name = printable(commit.author.name);
  }
}

// Sorts the table and gives every row its share of a million.
void finish(Authorship& result) {
  std::sort(result.authors.begin(), result.authors.end(), [](const AuthorShare& a, const AuthorShare& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.payee < b.payee;
  });
  std::vector<Payee> payees;
  for (const AuthorShare& author : result.authors) payees.push_back({author.payee, author.weight});
  const std::vector<int64_t> shares = split_by_weight(kPpm, payees);
  for (size_t i = 0; i < shares.size(); ++i) result.authors[i].share_ppm = shares[i];
}

Authorship compute(const Repository& repository, const ObjectId& commit,
                   const std::function<void(int64_t, int64_t)>& progress) {
  Names names;
  const Nodes nodes(names);
  const NodePtr root = walk(repository, commit, {Unit::token, true}, nodes, {.progress = progress});
  std::vector<int64_t> weights(names.commits(), 0);
  weigh(nodes, *root, weights);
  const GitOdb odb = object_store(repository);
  Authorship result{.commit = commit,
                    .tree = to_id(read_commit(odb.get(), to_oid(commit)).tree),
                    .total = 0,
                    .authors = {}};
  std::map<std::string, Seen> table;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    add_origin(repository, odb.get(), names.commit_at(static_cast<uint32_t>(i)), weights[i], table);
    result.total += weights[i];
  }
  for (auto& [payee, seen] : table) result.authors.push_back(std::move(seen.share));
  finish(result);
  return result;
}

Json body_of(const Authorship& authorship) {
  Json authors = Json::array();
  for (const AuthorShare& author : authorship.authors) {
    authors.push_back(
        {{"payee", author.payee}, {"email", author.email}, {"name", author.name}, {"weight", author.weight}});
  }
  return {{"algorithm", kAttributionAlgorithm},
          {"commit", authorship.commit},
          {"tree", authorship.tree},
          {"authors", authors}};
}

Authorship read_body(const Json& body) {
  Authorship result;
  ObjectReader reader(body, "authorship");
  if (reader.string("algorithm") != kAttributionAlgorithm) reader.fail_member("algorithm", "is another one");
  result.commit = reader.string("commit");
  result.tree = reader.string("tree");
  for (const Json& item : reader.array("authors", kAuthorsMax)) {
    ObjectReader author(item, "author");
    AuthorShare share{.payee = author.string("payee"),
                      .email = author.string("email"),
                      .name = author.string("name"),
                      .weight = author.integer("weight", 1, kWeightMax)};
    author.finish();
    if (!is_payee_id(share.payee)) reader.fail_member("authors", "holds no payee");
    share.claimed = !is_unclaimed(share.payee);
    result.total += share.weight;
    result.authors.push_back(std::move(share));
  }
  reader.finish();
  finish(result);
  return result;
}

fs::path cache_file(const Repository& repository, const ObjectId& commit) {
  return repository.git_folder() / "ain" / "attribution" / (commit + ".json");
}

// A cache that is damaged, of another algorithm or another commit's is worth nothing, and is no error.
std::optional<Authorship> read_cache(const Repository& repository, const ObjectId& commit) {
  try {
    const auto text = read_file_if_exists(cache_file(repository, commit), kCacheBytesMax);
    if (!text) return std::nullopt;
    const Json json = parse_json(*text, "authorship", kCacheBytesMax);
    ObjectReader reader(json, "authorship");
    const Json& body = reader.object("body");
    if (reader.string("sha256") != to_hex(sha256(canonical(body)))) return std::nullopt;
    reader.finish();
    Authorship result = read_body(body);
    if (result.commit != commit || result.tree != repository.tree_of(commit)) return std::nullopt;
    return result;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void write_cache(const Repository& repository, const Authorship& authorship) {
  try {
    repository.ain_folder();
    make_private_folder(cache_file(repository, authorship.commit).parent_path());
    const Json body = body_of(authorship);
    const Json json = {{"body", body}, {"sha256", to_hex(sha256(canonical(body)))}};
    write_file_atomic(cache_file(repository, authorship.commit), canonical(json));
  } catch (const Error&) {
    // A repository that cannot be written to is computed again next time.
  }
}

}  // namespace

Authorship authorship(const Repository& repository, const ObjectId& commit,
                      const std::function<void(int64_t, int64_t)>& progress) {
  if (!repository.has_commit(commit))
    fail(ErrorKind::failed, "commit '{}' is not in this repository", commit);
  if (auto cached = read_cache(repository, commit)) return *std::move(cached);
  Authorship result = compute(repository, commit, progress);
  write_cache(repository, result);
  return result;
}

Attribution to_attribution(const Authorship& authorship, const RepositoryId& repository,
                           int64_t royalty_ppm) {
  Attribution result{.repository = repository.text(),
                     .commit = authorship.commit,
                     .tree = authorship.tree,
                     .algorithm = kAttributionAlgorithm,
                     .royalty_ppm = royalty_ppm,
                     .payees = {}};
  for (const AuthorShare& author : authorship.authors) {
    if (result.payees.size() == kPayeesMax) break;
    result.payees.push_back({author.payee, author.weight});
  }
  std::sort(result.payees.begin(), result.payees.end(),
            [](const Payee& a, const Payee& b) { return a.id < b.id; });
  return result;
}

}  // namespace ain::repo
