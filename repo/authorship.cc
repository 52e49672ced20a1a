#include "repo/authorship.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <thread>

#include "base/amount.h"
#include "base/encoding.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "repo/copies/first_seen.h"
#include "repo/copies/winnow.h"
#include "repo/owners.h"
#include "repo/weights.h"

namespace ain::repo {
namespace {

namespace fs = std::filesystem;

constexpr size_t kCacheBytesMax = 16 << 20;
constexpr size_t kAuthorsMax = 1'000'000;
constexpr size_t kAncestorsMax = 4'000'000;  // held at once, of all registered commits that are asked about
// So many tokens of commons can come from one repository without being a copy of it.
constexpr int64_t kCommonsTokensMax = 400;
constexpr Variant kPaid = {Unit::token, true};

// What one owner has in one file by one commit.
struct Piece {
  size_t file = 0;
  uint32_t origin = 0;
  size_t owner = 0;
  int64_t weight = 0;
};

// Everything that the table is made from.
class Weighed {
 public:
  Weighed(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit,
          const Publications& published, const WalkReport& report)
      : repository_(repository), history_(repository, kPaid), owners_(repository, identity, commit) {
    require_whole_history(repository);
    const unsigned threads = report.threads > 0 ? report.threads : std::max(1U, std::thread::hardware_concurrency());
    // All of the stored nodes are read here, so that damage found late is walked again too.
    root_ = history_.with_root(commit, report, [&](NodePtr root) {
      files_ = weigh_files(repository, history_.nodes(), root, threads);
      return root;
    });
    for (WeighedFile& file : files_) file.percent = owners_.weight_percent(file.path);
    mark_unweighed(history_.nodes(), [&] { return ranks_of(repository, commit, history_.names()); }, files_);
    if (published.newest > 0) credit_copies(published, identity ? identity->id.text() : std::string(), report);
    for (size_t file = 0; file < files_.size(); ++file) add_pieces(file);
  }

  std::string root() const { return to_hex(history_.nodes().hash(*root_)); }
  const std::vector<WeighedFile>& files() const { return files_; }
  const std::vector<Piece>& pieces() const { return pieces_; }  // by file
  std::span<const Piece> pieces_of(size_t file) const {
    const auto [begin, end] = std::equal_range(pieces_.begin(), pieces_.end(), Piece{.file = file},
                                               [](const Piece& a, const Piece& b) { return a.file < b.file; });
    return {begin, end};
  }
  const Owners& owners() const { return owners_; }
  const std::vector<CopyCredit>& credits() const { return credits_; }
  // What a push shows of all files, as they are before anything of them is credited elsewhere.
  std::vector<std::string> leaves() {
    std::vector<std::string> leaves;
    for (const WeighedFile& file : files_) {
      if (file.tokens.empty()) continue;
      for (std::string& leaf : packed_leaves({file.path, 0, hashes_of(file), owned_ranges(file)})) leaves.push_back(std::move(leaf));
    }
    return leaves;
  }
  Names& names() { return history_.names(); }

 private:
  // Calls take(run, owner, first token, end token).
  template <typename Take>
  void each_stretch(const WeighedFile& file, Take take) {
    each_run(history_.nodes().runs(*file.node), file.tokens, [&](const Run& run, uint32_t at, size_t first, size_t end) {
      if (first == end) return;
      size_t next = first;
      uint32_t stretch_end = at;
      owners_.split(to_id(history_.names().commit_at(run.origin)), history_.names().path_at(run.path), run.position,
                    run.count, [&](size_t owner, uint32_t count) {
                      stretch_end += count;
                      const size_t begin = next;
                      while (next < end && file.tokens[next].atom < stretch_end) ++next;
                      take(run, owner, begin, next);
                    });
    });
  }

  static std::vector<uint64_t> hashes_of(const WeighedFile& file) {
    std::vector<uint64_t> hashes;
    for (const WeighedToken& token : file.tokens) hashes.push_back(token.hash);
    return hashes;
  }

  // Who has each stretch of a file's tokens.
  std::vector<OwnedRange> owned_ranges(const WeighedFile& file) {
    std::vector<OwnedRange> ranges;
    each_stretch(file, [&](const Run&, size_t owner, size_t first, size_t end) {
      if (first == end) return;
      const std::string& payee = owners_.owner(owner).payee;
      const auto length = static_cast<uint32_t>(end - first);
      if (!ranges.empty() && ranges.back().payee == payee && ranges.back().at + ranges.back().length == first) ranges.back().length += length;
      else ranges.push_back({static_cast<uint32_t>(first), length, payee});
    });
    return ranges;
  }

  // What another repository showed first is its owner's. So is what this repository showed before and what came again since: restored
  // after somebody deleted it, or copied before the original went.
  void credit_copies(const Publications& published, const std::string& repository, const WalkReport& report) {
    std::vector<std::vector<uint64_t>> hashes;
    for (const WeighedFile& file : files_) hashes.push_back(hashes_of(file));
    HeldLeaves held;
    for (std::string& leaf : leaves()) held.emplace(sha256(leaf), std::move(leaf));
    const Credits credits = find_credits(hashes, published, held, report);
    std::map<std::string_view, int64_t> commons;  // tokens, by the repository that was first
    for (const auto& of_file : credits.of_file) {
      for (const Credit& credit : of_file) commons[credits.sources[credit.source].repository] += credit.commons ? credit.length : 0;
    }
    const auto counts = [&](const Credit& credit) {
      return !credit.commons || commons.at(credits.sources[credit.source].repository) > kCommonsTokensMax;
    };
    for (size_t file = 0; file < files_.size(); ++file) credit_file(files_[file], credits, credits.of_file[file], counts, repository);
  }

  template <typename Counts>
  void credit_file(WeighedFile& file, const Credits& all, const std::vector<Credit>& credits, Counts counts, const std::string& repository) {
    if (credits.empty()) return;
    std::vector<std::pair<uint32_t, size_t>> here(file.tokens.size());  // origin and owner
    each_stretch(file, [&](const Run& run, size_t owner, size_t first, size_t end) {
      for (size_t i = first; i < end; ++i) here[i] = {run.origin, owner};
    });
    std::map<std::pair<uint32_t, uint32_t>, int64_t> tokens;  // by source and payee
    for (const Credit& credit : credits) {
      if (!counts(credit)) continue;
      const CreditSource& source = all.sources[credit.source];
      const bool is_own = source.repository == repository;
      int64_t& sum = tokens[{credit.source, credit.payee}];
      for (uint32_t i = credit.at; i < credit.at + credit.length; ++i) {
        const auto& [origin, owner] = here[i];
        if (is_own && (owners_.owner(owner).payee == all.payees[credit.payee] || is_before(origin, source.commit))) continue;
        if (file.unweighed[i] != Unweighed::none) continue;
        file.unweighed[i] = Unweighed::credited;
        ++sum;
      }
    }
    for (const auto& [of, sum] : tokens) {
      const CreditSource& source = all.sources[of.first];
      const bool is_own = source.repository == repository;
      const std::string& payee = all.payees[of.second];
      if (sum == 0 && is_own) continue;
      credits_.push_back({file.path, is_own ? payee : payee_of_dependency(payee, source.repository), source.repository, source.commit, source.path, sum});
    }
  }

  // Whether a commit is `later`, or an ancestor of it. Nothing is before a commit that the history has lost.
  bool is_before(uint32_t origin, const ObjectId& later) {
    if (!ancestors_.contains(later) && ancestors_size_ > kAncestorsMax) {
      ancestors_.clear();
      ancestors_size_ = 0;
    }
    const auto [at, is_new] = ancestors_.try_emplace(later);
    if (is_new && repository_.has_commit(later)) {
      OdbSource source(repository_);
      for (const HistoryCommit& commit : read_history(source, to_oid(later), [](const git_oid&) { return false; }, {})) {
        at->second.emplace(commit.oid, true);
        ++ancestors_size_;
      }
    }
    return at->second.contains(history_.names().commit_at(origin));
  }

  void add_pieces(size_t number) {
    const WeighedFile& file = files_[number];
    if (file.tokens.empty()) return;
    std::map<std::pair<uint32_t, size_t>, int64_t> weights;  // by origin and owner
    each_stretch(file, [&](const Run& run, size_t owner, size_t first, size_t end) {
      const auto weight = std::count(file.unweighed.begin() + static_cast<long>(first),
                                     file.unweighed.begin() + static_cast<long>(end), Unweighed::none);
      if (weight > 0) weights[{run.origin, owner}] += weight;
    });
    for (const auto& [key, weight] : weights) pieces_.push_back({number, key.first, key.second, weight * file.percent});
  }

  const Repository& repository_;
  AttributedHistory history_;
  Owners owners_;
  std::map<ObjectId, OidMap<bool>> ancestors_;  // of registered commits, themselves included
  size_t ancestors_size_ = 0;
  NodePtr root_;
  std::vector<WeighedFile> files_;
  std::vector<Piece> pieces_;  // weights in hundredths of a token
  std::vector<CopyCredit> credits_;
};

// Sorts the table and gives every row its share of a million.
void finish(std::vector<AuthorShare>& authors) {
  std::sort(authors.begin(), authors.end(), [](const AuthorShare& a, const AuthorShare& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.payee < b.payee;
  });
  std::vector<Payee> payees;
  for (const AuthorShare& author : authors) payees.push_back({author.payee, author.weight});
  const std::vector<int64_t> shares = split_by_weight(kPpm, payees);
  for (size_t i = 0; i < shares.size(); ++i) authors[i].share_ppm = shares[i];
}

// One row an owner; hundredths of a token are cut off.
std::vector<AuthorShare> rows_of(const Owners& owners, const std::map<size_t, int64_t>& hundredths) {
  std::vector<AuthorShare> rows;
  for (const auto& [number, weight] : hundredths) {
    if (weight < 100) continue;
    const Owner& owner = owners.owner(number);
    rows.push_back({owner.payee, owner.email, owner.name, owner.claimed, weight / 100});
  }
  return rows;
}

// True for `path` itself and what lies below it.
bool is_below(std::string_view path, std::string_view folder) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  if (folder.empty() || folder == ".") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_selected(std::string_view path, const std::vector<std::string>& paths) {
  return paths.empty() || std::any_of(paths.begin(), paths.end(), [&](const std::string& one) { return is_below(path, one); });
}

void add_credits(std::vector<AuthorShare>& authors, const std::vector<CopyCredit>& credits, const std::vector<std::string>& paths) {
  std::map<std::string, size_t> numbers;
  for (size_t i = 0; i < authors.size(); ++i) numbers.emplace(authors[i].payee, i);
  for (const CopyCredit& credit : credits) {
    if (credit.tokens == 0 || credit.payee.empty() || !is_selected(credit.path, paths)) continue;
    const auto [known, is_new] = numbers.try_emplace(credit.payee, authors.size());
    if (is_new) authors.push_back({credit.payee, "", "of " + credit.repository, !is_unclaimed(credit.payee), 0});
    authors[known->second].weight += credit.tokens;
  }
}

Authorship table_of(const Repository& repository, const ObjectId& commit, const Weighed& weighed,
                    const std::vector<std::string>& paths, const std::function<bool(const Piece&)>& counts) {
  std::map<size_t, int64_t> hundredths;
  for (const Piece& piece : weighed.pieces()) {
    if (counts(piece)) hundredths[piece.owner] += piece.weight;
  }
  Authorship table{.commit = commit, .tree = repository.tree_of(commit), .root = weighed.root(),
                   .authors = rows_of(weighed.owners(), hundredths)};
  add_credits(table.authors, weighed.credits(), paths);
  for (const AuthorShare& author : table.authors) table.total += author.weight;
  finish(table.authors);
  return table;
}

FileExplanation explain_file(const Weighed& weighed, size_t number, const std::function<bool(const Piece&)>& counts) {
  const WeighedFile& file = weighed.files()[number];
  FileExplanation result{.path = file.path, .weighs = file.what.why == Weightless::none,
                         .tokens = static_cast<int64_t>(file.tokens.size()),
                         .percent = file.percent};
  result.what = result.weighs ? language_name(file.what.language) : weightless_reason(file.what.why);
  result.repeated = std::count(file.unweighed.begin(), file.unweighed.end(), Unweighed::repeated);
  result.marks = std::count(file.unweighed.begin(), file.unweighed.end(), Unweighed::marks);
  result.credited = std::count(file.unweighed.begin(), file.unweighed.end(), Unweighed::credited);
  std::map<size_t, int64_t> hundredths;
  for (const Piece& piece : weighed.pieces_of(number)) {
    if (counts(piece)) hundredths[piece.owner] += piece.weight;
  }
  result.authors = rows_of(weighed.owners(), hundredths);
  finish(result.authors);
  return result;
}

Json body_of(const Authorship& authorship, int64_t published) {
  Json authors = Json::array();
  for (const AuthorShare& author : authorship.authors) {
    authors.push_back(
        {{"payee", author.payee}, {"email", author.email}, {"name", author.name}, {"weight", author.weight}});
  }
  return {{"algorithm", kAttributionAlgorithm},
          {"rules", variant_number(kPaid)},
          {"commit", authorship.commit},
          {"tree", authorship.tree},
          {"root", authorship.root},
          {"published", published},
          {"authors", authors}};
}

Authorship read_body(const Json& body, int64_t published) {
  Authorship result;
  ObjectReader reader(body, "authorship");
  if (reader.string("algorithm") != kAttributionAlgorithm) reader.fail_member("algorithm", "is another one");
  if (reader.integer("rules", 0, UINT32_MAX) != variant_number(kPaid)) reader.fail_member("rules", "are others");
  reader.integer("published", published, published);
  result.commit = reader.string("commit");
  result.tree = reader.string("tree");
  result.root = reader.string("root");
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
  finish(result.authors);
  return result;
}

// The table depends on the delegates too: whose authors.toml counts.
fs::path cache_file(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit,
                    const Publications& published) {
  std::string delegates;
  if (identity) {
    for (const Delegate& delegate : identity->delegates) delegates += delegate.name + "\n" + delegate.key.openssh();
  }
  std::string suffix = delegates.empty() ? "" : "-" + to_hex(sha256(delegates)).substr(0, 16);
  if (published.newest > 0) suffix += "-seen";
  return repository.git_folder() / "ain" / "attribution" / (commit + suffix + ".json");
}

// A cache that is damaged, by other rules, another commit's or of what was published at another time is worth nothing, and is no error.
std::optional<Authorship> read_cache(const Repository& repository, const fs::path& file, const ObjectId& commit, int64_t published) {
  try {
    const auto text = read_file_if_exists(file, kCacheBytesMax);
    if (!text) return std::nullopt;
    const Json json = parse_json(*text, "authorship", kCacheBytesMax);
    ObjectReader reader(json, "authorship");
    const Json& body = reader.object("body");
    if (reader.string("sha256") != to_hex(sha256(canonical(body)))) return std::nullopt;
    reader.finish();
    Authorship result = read_body(body, published);
    if (result.commit != commit || result.tree != repository.tree_of(commit)) return std::nullopt;
    return result;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void write_cache(const Repository& repository, const fs::path& file, const Authorship& authorship, int64_t published) {
  try {
    repository.ain_folder();
    make_private_folder(file.parent_path());
    const Json body = body_of(authorship, published);
    const Json json = {{"body", body}, {"sha256", to_hex(sha256(canonical(body)))}};
    write_file_atomic(file, canonical(json));
  } catch (const Error&) {
    // A repository that cannot be written to is computed again next time.
  }
}

}  // namespace

Authorship authorship(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit,
                      const WalkReport& report, const Publications& published) {
  if (!repository.has_commit(commit))
    fail(ErrorKind::failed, "commit '{}' is not in this repository", commit);
  const fs::path file = cache_file(repository, identity, commit, published);
  if (auto cached = read_cache(repository, file, commit, published.newest)) return *std::move(cached);
  const Weighed weighed(repository, identity, commit, published, report);
  Authorship table = table_of(repository, commit, weighed, {}, [](const Piece&) { return true; });
  write_cache(repository, file, table, published.newest);
  return table;
}

Explanation explain_authorship(const Repository& repository, const std::optional<Identity>& identity,
                               const ObjectId& commit, const Selection& selection, const Publications& published,
                               const WalkReport& report) {
  Weighed weighed(repository, identity, commit, published, report);
  std::set<ObjectId> before;
  if (selection.since) {
    OdbSource source(repository);
    for (const HistoryCommit& old : read_history(source, to_oid(*selection.since), [](const git_oid&) { return false; }, {})) {
      before.insert(to_id(old.oid));
    }
  }
  const auto counts = [&](const Piece& piece) {
    return is_selected(weighed.files()[piece.file].path, selection.paths) &&
           !before.contains(to_id(weighed.names().commit_at(piece.origin)));
  };
  Explanation result{.table = table_of(repository, commit, weighed, selection.paths, counts)};
  for (const CopyCredit& credit : weighed.credits()) {
    if (is_selected(credit.path, selection.paths)) result.credits.push_back(credit);
  }
  for (size_t number = 0; number < weighed.files().size(); ++number) {
    if (is_selected(weighed.files()[number].path, selection.paths)) {
      result.files.push_back(explain_file(weighed, number, counts));
    }
  }
  result.remarks = weighed.owners().remarks();
  return result;
}

ClaimTree claim_of(const Repository& repository, const Identity& identity, const ObjectId& commit, const WalkReport& report) {
  return ClaimTree(Weighed(repository, identity, commit, {}, report).leaves());
}

ObjectId attributed_commit(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit) {
  return trusted_commit(repository, identity, commit).value_or(commit);
}

Attribution to_attribution(const Authorship& authorship, const RepositoryId& repository, const Royalty& royalty) {
  Attribution result{.repository = repository.text(),
                     .commit = authorship.commit,
                     .tree = authorship.tree,
                     .algorithm = kAttributionAlgorithm,
                     .royalty = royalty,
                     .payees = {},
                     .pool = {}};
  for (const AuthorShare& author : authorship.authors) result.payees.push_back({author.payee, author.weight});
  std::sort(result.payees.begin(), result.payees.end(), [](const Payee& a, const Payee& b) { return a.id < b.id; });
  return result;
}

}  // namespace ain::repo
