#include "base/ids.h"

#include "base/encoding.h"
#include "base/error.h"

namespace ain {

template <typename Tag, size_t N>
std::string Id<Tag, N>::text() const {
  return bech32m_encode(Tag::prefix, as_view(bytes));
}

template <typename Tag, size_t N>
std::optional<Id<Tag, N>> Id<Tag, N>::from_text(std::string_view text) {
  const auto decoded = bech32m_decode(Tag::prefix, text);
  if (!decoded) return std::nullopt;
  const auto array = to_array<N>(*decoded);
  if (!array) return std::nullopt;
  return Id{*array};
}

template <typename Tag, size_t N>
Id<Tag, N> Id<Tag, N>::parse(std::string_view text) {
  if (const auto id = from_text(text)) return *id;
  constexpr std::string_view article = Tag::noun.front() == 'a' ? "an" : "a";
  const bool looks_right = text.substr(0, Tag::prefix.size() + 1) == std::string(Tag::prefix) + '1';
  fail_with_hint(ErrorKind::usage,
                 looks_right ? "copy it again, whole: one character is wrong or missing"
                             : fmt::format("{} {} starts with '{}1'", article, Tag::noun, Tag::prefix),
                 "'{}' is not {} {}{}", text.substr(0, 100), article, Tag::noun, looks_right ? ": its checksum is wrong" : "");
}

template struct Id<AccountTag, 20>;
template struct Id<RepositoryTag, 32>;
template struct Id<NodeTag, 32>;

AccountId account_of(const PublicKey& first_key) {
  const Digest digest = sha256("ain-account" + std::string(as_view(first_key.bytes)));
  AccountId account;
  std::copy_n(digest.begin(), account.bytes.size(), account.bytes.begin());
  return account;
}

NodeId node_of(const PublicKey& key) { return NodeId{key.bytes}; }
PublicKey key_of(const NodeId& node) { return PublicKey{node.bytes}; }

}  // namespace ain
