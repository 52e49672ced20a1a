#include "repo/owners.h"

#include <algorithm>
#include <tuple>

#include "base/attribution.h"
#include "base/text.h"
#include "base/time.h"
#include "repo/authors_table.h"
#include "repo/co_authors.h"
#include "repo/commit_object.h"
#include "repo/commits.h"
#include "repo/libgit.h"
#include "repo/mailmap.h"
#include "repo/text_file.h"
#include "repo/vouched.h"
#include "repo/walk/token_text.h"

namespace ain::repo {
namespace {

constexpr const char* kMailmapFile = ".mailmap";
constexpr size_t kMailmapBytesMax = 1 << 20;
constexpr size_t kDisplayBytesMax = 256;
constexpr size_t kShortIdDigits = 10;

// Text for people and JSON, whatever bytes a commit holds.
std::string printable(std::string_view text) {
  std::string result(clip(text, kDisplayBytesMax));
  if (!is_utf8(result)) {
    std::replace_if(
        result.begin(), result.end(), [](unsigned char c) { return c >= 0x80; }, '?');
  }
  return sanitize(result);
}

std::string short_id(const ObjectId& id) { return id.substr(0, kShortIdDigits); }

// What was not honoured, each kind once, with the commit of the smallest id: the same in whatever order they are met.
class Remarks {
 public:
  void add(const std::string& what) { counts_[what]; }
  void add(const std::string& what, const ObjectId& commit) {
    Count& count = counts_[what];
    if (count.commits++ == 0 || commit < count.first) count.first = commit;
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> result;
    for (const auto& [what, count] : counts_) {
      std::string text = what;
      if (count.commits > 0) text += ": " + short_id(count.first);
      if (count.commits > 1) text += fmt::format(" and {} more", count.commits - 1);
      result.push_back(std::move(text));
    }
    return result;
  }

 private:
  struct Count {
    size_t commits = 0;
    ObjectId first;
  };
  std::map<std::string, Count> counts_;
};

// The number of atoms before each line of a text, and before its end.
std::vector<uint32_t> atoms_before_lines(std::string_view text) {
  std::vector<uint32_t> before = {0};
  uint32_t atoms = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t newline = std::min(text.find('\n', begin), text.size());
    each_atom(text.substr(begin, newline - begin), [&](const Atom&) { ++atoms; });
    before.push_back(atoms);
    begin = newline + 1;
  }
  return before;
}

struct AtomRange {
  uint32_t end = 0;
  size_t owner = 0;
};
using AtomRanges = std::map<uint32_t, AtomRange>;  // by the first atom; none overlaps another

// Lines that a commit gives to co-authors; a file's become atoms when somebody asks for it.
struct GivenLines {
  CoAuthors::Ranges lines;
  std::vector<size_t> owners;  // of the rangers
  std::map<std::string, AtomRanges> atoms;
};

// Who shares what a commit brought.
struct Origin {
  std::vector<size_t> sharers;  // atom p is that of number p mod n
  std::unique_ptr<GivenLines> given;
};

}  // namespace

std::optional<ObjectId> trusted_commit(const Repository& repository, const std::optional<Identity>& identity,
                                       const ObjectId& commit) {
  if (!identity) return std::nullopt;
  const auto by_delegate = [&](const PublicKey& key) { return identity->is_delegate(ain::account_of(key)); };
  const std::vector<ObjectId> nearest = nearest_signed(repository, commit, by_delegate, kTrustedCommitsMax);
  return nearest.empty() ? std::nullopt : std::optional(nearest.front());
}

class Owners::State {
 public:
  State(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit)
      : repository_(repository), identity_(identity), odb_(object_store(repository)),
        trusted_(trusted_commit(repository, identity, commit)) {
    read_table(commit);
    read_mailmap(commit);
  }

  Origin& origin(const ObjectId& id) {
    const auto known = origins_.find(id);
    return known != origins_.end() ? known->second : origins_.emplace(id, judge(id)).first->second;
  }
  // Null when the commit gives no lines of that file away.
  const AtomRanges* given_atoms(const ObjectId& id, Origin& origin, const std::string& path) const {
    if (!origin.given) return nullptr;
    GivenLines& given = *origin.given;
    const auto lines = given.lines.find(path);
    if (lines == given.lines.end()) return nullptr;
    const auto [atoms, is_new] = given.atoms.try_emplace(path);
    if (is_new) atoms->second = to_atoms(id, path, lines->second, given.owners);
    return &atoms->second;
  }

  const std::vector<Owner>& owners() const { return owners_; }
  const AuthorsTable& table() const { return table_; }
  std::vector<std::string> remarks() const { return remarks_.texts(); }

 private:
  void read_table(const ObjectId& commit) {
    const auto text_at = [&](const ObjectId& at) { return repository_.file_at(at, kAuthorsFile, kTomlBytesMax); };
    if (trusted_) {
      try {
        if (const auto text = text_at(*trusted_)) table_ = AuthorsTable::parse(*text);
      } catch (Error& error) {
        const std::string next = "mend it, then: ain commit -a";
        error.set_hint(error.hint().empty() ? next : error.hint() + "; " + next);
        error.add_context(fmt::format("commit '{}'", short_id(*trusted_)));
        throw;
      }
    }
    if (trusted_ != commit) remark_foreign_table(commit);
  }

  // The tree's own table may be anybody's, of any size.
  void remark_foreign_table(const ObjectId& commit) {
    const auto blob = [&](const ObjectId& at) { return repository_.blob_at(at, kAuthorsFile); };
    if (!blob(commit) || (trusted_ && blob(commit) == blob(*trusted_))) return;
    if (!identity_) {
      remarks_.add(fmt::format("'{}' does not count: the repository has no identity (ain init)", kAuthorsFile));
    } else if (!trusted_) {
      remarks_.add(fmt::format("'{}' does not count: no delegate has signed this commit or one of the {} before it",
                               kAuthorsFile, kTrustedCommitsMax));
    } else {
      remarks_.add(fmt::format("'{}' of this commit does not count: the nearest commit that a delegate signed is {}",
                               kAuthorsFile, short_id(*trusted_)));
    }
  }

  void read_mailmap(const ObjectId& commit) {
    try {
      const auto text = repository_.file_at(commit, kMailmapFile, kMailmapBytesMax);
      if (text) mailmap_ = Mailmap(*text);
    } catch (const Error&) {
      remarks_.add(fmt::format("'{}' does not count: it is larger than {} bytes", kMailmapFile, kMailmapBytesMax));
    }
  }

  Origin judge(const ObjectId& id) {
    const CommitObject commit = read_commit(odb_.get(), to_oid(id));
    const std::optional<std::string> signer = signed_by(commit, id);
    const CoAuthors co_authors = parse_co_authors(commit.message());
    Origin origin;
    if (!signer) {
      if (!co_authors.sharers.empty() || !co_authors.rangers.empty()) {
        remarks_.add("co-authors in commits whose signature does not count get nothing", id);
      }
      origin.sharers = {owner_of(commit.author, table_.account_of(commit.author), Owner::By::table, commit, id)};
      return origin;
    }
    if (co_authors.ignored > 0) remarks_.add("co-author trailers that are malformed, overlap or are too many", id);
    origin.sharers = {owner_of(commit.committer, signer, Owner::By::signature, commit, id)};
    for (const Person& person : co_authors.sharers) {
      const size_t sharer = co_author(person, commit, id);
      const bool is_new = std::find(origin.sharers.begin(), origin.sharers.end(), sharer) == origin.sharers.end();
      if (is_new) origin.sharers.push_back(sharer);
    }
    if (!co_authors.rangers.empty()) {
      origin.given = std::make_unique<GivenLines>();
      origin.given->lines = co_authors.ranges;
      for (const Person& person : co_authors.rangers) {
        origin.given->owners.push_back(co_author(person, commit, id));
      }
    }
    return origin;
  }

  // The account that the commit's signature speaks for; nothing when the commit counts as unsigned.
  std::optional<std::string> signed_by(const CommitObject& commit, const ObjectId& id) {
    const auto key = signer_of(commit);
    if (!key) {
      if (commit.signature) remarks_.add("signatures that are wrong, or not SSH's by an Ed25519 key", id);
      return std::nullopt;
    }
    const KeyRule* rule = table_.rule_of(*key);
    if (rule == nullptr) return ain::account_of(*key).text();
    if (rule->revoked) {
      if (was_before(id, *rule->from_s)) return rule->account;
      remarks_.add(fmt::format("commits of the revoked key {} that no delegate had signed on top of before {}",
                               key->fingerprint(), rfc3339(*rule->from_s * 1000)), id);
      return std::nullopt;
    }
    const bool too_early = rule->from_s && commit.committed_s < *rule->from_s;
    const bool too_late = rule->until_s && commit.committed_s >= *rule->until_s;
    if (!too_early && !too_late) return rule->account;
    remarks_.add(fmt::format("commits of the key {} outside of its time", key->fingerprint()), id);
    return std::nullopt;
  }

  bool was_before(const ObjectId& id, int64_t moment) {
    if (!vouched_) {
      std::vector<int64_t> moments;
      for (const auto& [key, rule] : table_.keys()) {
        if (rule.revoked) moments.push_back(*rule.from_s);
      }
      const auto is_trusted = [&](const PublicKey& key) {
        const KeyRule* rule = table_.rule_of(key);
        return identity_->is_delegate(ain::account_of(key)) && (rule == nullptr || !rule->revoked);
      };
      vouched_.emplace(repository_, *trusted_, is_trusted, std::move(moments));
    }
    return vouched_->before(to_oid(id), moment);
  }

  size_t co_author(const Person& person, const CommitObject& commit, const ObjectId& id) {
    auto account = table_.account_of(person);
    if (!account) account = delegate_called(person);
    return owner_of(person, account, Owner::By::co_author, commit, id);
  }

  // The delegate whose name is the person's e-mail, else the person's name.
  std::optional<std::string> delegate_called(const Person& person) const {
    if (!identity_) return std::nullopt;
    for (const std::string& called : {ascii_lower(person.email), ascii_lower(person.name)}) {
      for (const Delegate& delegate : identity_->delegates) {
        if (ascii_lower(delegate.name) == called) return ain::account_of(delegate.key).text();
      }
    }
    return std::nullopt;
  }

  size_t owner_of(const Person& person, const std::optional<std::string>& account, Owner::By by,
                  const CommitObject& commit, const ObjectId& id) {
    const std::string payee = account ? *account : unclaimed_payee(person.email);
    const auto [known, is_new] = numbers_.try_emplace(payee, owners_.size());
    if (is_new) {
      owners_.push_back({.payee = payee, .name = {}, .email = {}, .claimed = account.has_value(), .by = Owner::By::nobody});
      newest_.emplace_back(-1, ObjectId());
    }
    const size_t number = known->second;
    Owner& owner = owners_[number];
    if (account) owner.by = std::min(owner.by, by);
    auto seen = std::pair(commit.committed_s, id);
    if (newest_[number] < seen) {
      newest_[number] = std::move(seen);
      show(owner, person);
    }
    return number;
  }

  void show(Owner& owner, const Person& person) const {
    owner.name = printable(mailmap_.shown(person).name);
    owner.email = printable(person.email);
  }

  AtomRanges to_atoms(const ObjectId& id, const std::string& path, const std::map<uint32_t, CoAuthors::Lines>& lines,
                      const std::vector<size_t>& owners) const {
    const auto text = repository_.file_at(id, path, kTextBytesMax);
    const std::vector<uint32_t> before = atoms_before_lines(text.value_or(""));
    const auto atoms_before = [&](uint32_t line) { return before[std::min<size_t>(line, before.size() - 1)]; };
    AtomRanges atoms;
    for (const auto& [from, range] : lines) {
      const uint32_t begin = atoms_before(from - 1);
      const uint32_t end = atoms_before(range.to);
      if (begin < end) atoms[begin] = {end, owners[range.ranger]};
    }
    return atoms;
  }

  const Repository& repository_;
  const std::optional<Identity> identity_;
  GitOdb odb_;
  std::optional<ObjectId> trusted_;
  AuthorsTable table_;
  Mailmap mailmap_;
  std::optional<Vouched> vouched_;  // made when the first commit of a revoked key is met
  std::vector<Owner> owners_;
  std::vector<std::pair<int64_t, ObjectId>> newest_;  // commit that each owner's name is of
  std::unordered_map<std::string, size_t> numbers_;   // by payee
  std::unordered_map<ObjectId, Origin> origins_;
  Remarks remarks_;
};

Owners::Owners(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit)
    : state_(std::make_unique<State>(repository, identity, commit)) {}
Owners::~Owners() = default;

void Owners::split(const ObjectId& id, const std::string& path, uint32_t position, uint32_t count,
                   const std::function<void(size_t, uint32_t)>& take) {
  Origin& origin = state_->origin(id);
  const auto share = [&](uint32_t begin, uint32_t end) {
    const auto& sharers = origin.sharers;
    if (sharers.size() == 1 && begin < end) return take(sharers.front(), end - begin);
    for (uint32_t atom = begin; atom < end; ++atom) take(sharers[atom % sharers.size()], 1);
  };
  const AtomRanges* given = state_->given_atoms(id, origin, path);
  uint32_t at = position;
  const uint32_t end = position + count;
  if (given != nullptr) {
    auto next = given->upper_bound(position);
    if (next != given->begin()) --next;
    for (; next != given->end() && next->first < end; ++next) {
      if (next->second.end <= at) continue;
      const uint32_t begin = std::max(at, next->first);
      share(at, begin);
      at = std::min(end, next->second.end);
      take(next->second.owner, at - begin);
    }
  }
  share(at, end);
}

size_t Owners::owner_count() const { return state_->owners().size(); }
const Owner& Owners::owner(size_t number) const { return state_->owners().at(number); }
int64_t Owners::weight_percent(std::string_view path) const { return state_->table().weight_percent(path); }
std::vector<std::string> Owners::remarks() const { return state_->remarks(); }

}  // namespace ain::repo
