#include "exec/royalty.h"

#include <algorithm>

#include "base/error.h"
#include "base/toml.h"
#include "exec/project.h"

namespace ain::exec {

namespace {

std::optional<Royalty> royalty_at(const repo::Repository& repository, const repo::ObjectId& commit) {
  const auto text = repository.file_at(commit, kProjectFile, kTomlBytesMax);
  if (!text) return std::nullopt;
  try {
    return parse_project(*text).royalty;
  } catch (const Error&) {
    // A delegate's mistake must not keep everybody from running what was built on it, its mending above all.
    return std::nullopt;
  }
}

}  // namespace

Royalty royalty_of(const repo::Repository& repository, const repo::Identity& identity, const repo::ObjectId& commit,
                   int64_t network_default_ppm) {
  const auto by_delegate = [&](const PublicKey& key) { return identity.is_delegate(account_of(key)); };
  const Royalty usual{RoyaltyKind::rate, network_default_ppm};
  std::optional<Royalty> largest;
  for (const repo::ObjectId& signed_one : repo::nearest_signed(repository, commit, by_delegate, kRoyaltyCommitsMax)) {
    largest = std::max(largest.value_or(Royalty{}), royalty_at(repository, signed_one).value_or(usual));
  }
  return largest.value_or(usual);
}

}  // namespace ain::exec
