// Who is paid for what a commit brought: the account of the key that signed it; for unsigned history what the delegates' authors.toml
// says; else nobody yet. Co-authors that a signed commit names share it. docs/authors.md tells the rules to people.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "repo/identity.h"

namespace ain::repo {

inline constexpr const char* kAuthorsFile = "authors.toml";
inline constexpr size_t kTrustedCommitsMax = 10'000;  // looked at for one that a delegate signed

struct Owner {
  enum class By { signature, table, co_author, nobody };

  std::string payee;  // as in base/attribution.h; no two owners have the same
  std::string name;   // of the newest commit, as .mailmap has it; printable
  std::string email;  // of that commit, as it is there: what authors.toml has to name
  bool claimed = false;  // the payee is an account
  By by = By::nobody;    // the strongest way in which the payee came to something: signature before table before co_author
};

// The commit whose authors.toml and ain.toml count for `commit`: the nearest one that a delegate signed, itself included; the first
// of nearest_signed. Nothing without an identity.
std::optional<ObjectId> trusted_commit(const Repository& repository, const std::optional<Identity>& identity,
                                       const ObjectId& commit);

// The owners of what is in the tree of one commit. The repository must outlive it.
class Owners {
 public:
  // Throws `failed` naming the line for a broken authors.toml that counts.
  Owners(const Repository& repository, const std::optional<Identity>& identity, const ObjectId& commit);
  Owners(const Owners&) = delete;
  Owners& operator=(const Owners&) = delete;
  ~Owners();

  // Calls take(owner, count) for stretches of the atoms (repo/walk/token_text.h) [position, position + count), in order, of the file
  // `path` of the commit `origin`. An owner is a number for owner(), the same for the same payee.
  void split(const ObjectId& origin, const std::string& path, uint32_t position, uint32_t count,
             const std::function<void(size_t owner, uint32_t count)>& take);

  // Those that split() has met so far; names, e-mails and `by` are final after its last call.
  size_t owner_count() const;
  const Owner& owner(size_t number) const;
  // 0..100: what an atom in `path` of the tree is worth; 100 where authors.toml says nothing.
  int64_t weight_percent(std::string_view path) const;
  // For people: which tables, keys and trailers were not honoured, and why; in a fixed order, each kind once.
  std::vector<std::string> remarks() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace ain::repo
