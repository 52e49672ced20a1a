// Who showed a block of code first: an index of the fingerprints of many repositories, in the order in which they were registered here.
// No date of a commit counts, only this order. One file; one writer at a time, whose registrations are whole or absent; readers wait
// for nobody, and see each registration whole because an answer is asked for as of an order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ain::repo {

// A fingerprint in so many independent repositories (no two of one lineage) is commons: nobody is credited for it.
inline constexpr int64_t kCommonsLineages = 8;
inline constexpr int64_t kPlacesPerLineageMax = 4;  // of a fingerprint; forks of one repository are one lineage
inline constexpr size_t kRegisteredFilesMax = 1'000'000;         // of one registration
inline constexpr size_t kRegisteredTokensMax = 400'000'000;      // of one registration
inline constexpr size_t kOwnedRangesMax = 1'000'000;             // of one file
// Tokens that one find() compares or reads; the earliest registrations come first, and what is left then credits nobody.
inline constexpr uint64_t kFindWorkMax = uint64_t{1} << 26;
// Of a fingerprint that is more often in the file that is looked up, the first ones are: the rest repeats them.
inline constexpr size_t kFindPlacesMax = 4;

struct OwnedRange {
  uint32_t at = 0;
  uint32_t length = 0;
  std::string payee;  // an account, or what waits for one; the index only hands it back
  bool operator==(const OwnedRange&) const = default;
};

struct RegisteredFile {
  std::string path;
  std::vector<uint64_t> tokens;     // token_hash of each token that is worth money
  std::vector<OwnedRange> owners;   // by `at`, not overlapping
};

struct Registration {
  std::string repository;
  std::string lineage;  // the same for repositories that are not independent (a fork, a common delegate); kept from the first time
  std::string commit;
};

// `length` tokens from `at` on of the file that was asked about, which are those from `at_there` on of a file registered before.
struct Credit {
  uint32_t at = 0;
  uint32_t length = 0;
  std::string repository;
  std::string commit;  // where they were seen first
  std::string path;
  uint32_t at_there = 0;
  int64_t order = 0;
  std::string payee;  // empty where the range has no owner
  bool operator==(const Credit&) const = default;
};

struct SeenTables;

class FirstSeen {
 public:
  // Opens or creates. A damaged file is refused (`verification`), never replaced: the order in it is nowhere else.
  explicit FirstSeen(const std::filesystem::path& file);
  ~FirstSeen();
  FirstSeen(FirstSeen&&) noexcept;
  FirstSeen& operator=(FirstSeen&&) noexcept;

  // Registers the files of a commit and returns its order, 1 for the first. `next` fills in a file at a time and says false at the end.
  // What the repository had before keeps its older order; a commit that was registered before keeps its, and `next` isn't called.
  // Nothing is registered when it throws: `failed` past a limit, whatever `next` throws.
  int64_t add(const Registration& registration, const std::function<bool(RegisteredFile&)>& next);

  // Makes the fingerprints of these tokens commons, at every order (a licence, a framework's boilerplate).
  void mark_commons(std::span<const uint64_t> tokens);

  int64_t order() const;  // of the newest registration, 0 for none

  // The blocks of a file of `repository` (registered or not) that another repository had first, by `at`, not overlapping. A block is at
  // least kBlockTokensMin tokens with kBlockFingerprintsMin fingerprints that are not commons; where several have it, the earliest
  // registration gets it, and nobody when that is the repository itself. Only registrations up to `as_of` count, so that the answer for
  // an order stays the same for ever. Throws `verification` for a damaged file.
  std::vector<Credit> find(const std::string& repository, std::span<const uint64_t> tokens,
                           std::optional<int64_t> as_of = {}) const;

 private:
  std::unique_ptr<SeenTables> tables_;
};

}  // namespace ain::repo
