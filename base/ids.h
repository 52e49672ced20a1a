// The names of things: who holds money (account), which code (repository), which machine (node).
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/keys.h"

namespace ain {

// An identifier of N bytes whose text form is bech32m with a prefix of its own, so that one kind never passes for another.
template <typename Tag, size_t N>
struct Id {
  std::array<unsigned char, N> bytes{};

  auto operator<=>(const Id&) const = default;
  std::string text() const;                                 // "ain1…"
  static std::optional<Id> from_text(std::string_view text);
  static Id parse(std::string_view text);                   // throws usage, saying what is wrong with the text
};

struct AccountTag { static constexpr std::string_view prefix = "ain", noun = "account"; };
struct RepositoryTag { static constexpr std::string_view prefix = "repo", noun = "repository id"; };
struct NodeTag { static constexpr std::string_view prefix = "node", noun = "node id"; };

using AccountId = Id<AccountTag, 20>;        // the first 20 bytes of SHA-256("ain-account" || first key)
using RepositoryId = Id<RepositoryTag, 32>;  // SHA-256 of the identity document
using NodeId = Id<NodeTag, 32>;              // the node's Ed25519 public key itself

AccountId account_of(const PublicKey& first_key);
NodeId node_of(const PublicKey& key);
PublicKey key_of(const NodeId& node);

}  // namespace ain
