#include "repo/copies/publication.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/attribution.h"
#include "base/error.h"
#include "base/varint.h"
#include "repo/copies/winnow.h"

namespace ain::repo {
namespace {

constexpr uint64_t kHashBytes = 8;

void put_hash(std::string& bytes, uint64_t hash) {
  for (uint64_t i = 0; i < kHashBytes; ++i) bytes.push_back(static_cast<char>(hash >> 8 * i & 0xff));
}

uint64_t read_hash(std::string_view bytes) {
  uint64_t hash = 0;
  for (uint64_t i = 0; i < kHashBytes; ++i) hash |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << 8 * i;
  return hash;
}

// A table of the distinct hashes, then a number in it for each token: a file says most of its tokens often.
void put_tokens(std::string& bytes, std::span<const uint64_t> tokens) {
  std::unordered_map<uint64_t, uint32_t> numbers;
  std::string table, sequence;
  for (const uint64_t token : tokens) {
    const auto [known, is_new] = numbers.try_emplace(token, static_cast<uint32_t>(numbers.size()));
    if (is_new) put_hash(table, token);
    put_varint(sequence, known->second);
  }
  put_varint(bytes, numbers.size());
  put_varint(bytes, tokens.size());
  bytes += table + sequence;
}

std::vector<uint64_t> read_tokens(VarintReader& reader) {
  const uint64_t distinct = reader.number(std::min(kLeafTokensMax, reader.left() / kHashBytes));
  const uint64_t count = reader.number(std::min(kLeafTokensMax, reader.left()));
  if (distinct == 0 && count > 0) fail(ErrorKind::failed, "tokens of no kind");
  const std::string_view table = reader.bytes(distinct * kHashBytes);
  std::vector<uint64_t> tokens;
  tokens.reserve(count);
  for (uint64_t i = 0; i < count; ++i) tokens.push_back(read_hash(table.substr(reader.number(distinct - 1) * kHashBytes, kHashBytes)));
  return tokens;
}

// The payees, each once, in the order of their names; then for each range how far it is from the last one, its length and its payee.
void put_owners(std::string& bytes, std::span<const OwnedRange> owners) {
  std::map<std::string_view, uint64_t> payees;
  for (const OwnedRange& range : owners) payees.try_emplace(range.payee, 0);
  put_varint(bytes, payees.size());
  uint64_t next = 0;
  for (auto& [payee, number] : payees) {
    number = next++;
    put_text(bytes, payee);
  }
  put_varint(bytes, owners.size());
  uint32_t end = 0;
  for (const OwnedRange& range : owners) {
    put_varint(bytes, range.at - end);
    put_varint(bytes, range.length);
    put_varint(bytes, payees.at(range.payee));
    end = range.at + range.length;
  }
}

std::vector<OwnedRange> read_owners(VarintReader& reader) {
  std::vector<std::string> payees(reader.number(std::min(kLeafTokensMax, reader.left())));
  for (std::string& payee : payees) {
    payee = reader.text();
    // Who an e-mail is, the leaf's own repository says.
    if (!is_payee_id(payee) || payee.find('@') != std::string::npos) fail(ErrorKind::failed, "an owner is no payee");
  }
  std::vector<OwnedRange> owners(reader.number(std::min(kLeafTokensMax, reader.left())));
  if (payees.empty() && !owners.empty()) fail(ErrorKind::failed, "owners without a name");
  uint64_t end = 0;
  for (OwnedRange& range : owners) {
    range.at = static_cast<uint32_t>(end + reader.number(kLeafTokensMax));
    range.length = static_cast<uint32_t>(reader.number(kLeafTokensMax));
    range.payee = payees.at(reader.number(payees.size() - 1));
    end = uint64_t{range.at} + range.length;
    if (range.length == 0 || end > kLeafTokensMax) fail(ErrorKind::failed, "owners of nothing");
  }
  return owners;
}

// Neighbours of one payee are one range.
bool has_split_ranges(const Leaf& leaf) {
  return std::adjacent_find(leaf.owners.begin(), leaf.owners.end(), [](const OwnedRange& a, const OwnedRange& b) {
           return a.payee == b.payee && a.at + a.length == b.at;
         }) != leaf.owners.end();
}

Leaf part_of(const Leaf& file, size_t at, size_t length) {
  Leaf part{.path = file.path, .at = static_cast<uint32_t>(at), .tokens = {}, .owners = {}};
  part.tokens.assign(file.tokens.begin() + static_cast<long>(at), file.tokens.begin() + static_cast<long>(at + length));
  // The ranges are in order: the first one that may reach into the part, and those after it.
  auto range = std::partition_point(file.owners.begin(), file.owners.end(),
                                    [&](const OwnedRange& one) { return size_t{one.at} + one.length <= at; });
  for (; range != file.owners.end() && range->at < at + length; ++range) {
    const size_t begin = std::max<size_t>(range->at, at), end = std::min<size_t>(size_t{range->at} + range->length, at + length);
    part.owners.push_back({static_cast<uint32_t>(begin - at), static_cast<uint32_t>(end - begin), range->payee});
  }
  return part;
}

}  // namespace

bool Holders::is_commons(size_t fingerprint) const {
  std::set<std::string_view> lineages;
  for (const uint32_t number : of.at(fingerprint)) lineages.insert(publications[number].lineage);
  return lineages.size() >= kCommonsLineages;
}

std::string pack_leaf(const Leaf& leaf) {
  std::string bytes;
  put_text(bytes, leaf.path);
  put_varint(bytes, leaf.at);
  put_owners(bytes, leaf.owners);
  put_tokens(bytes, leaf.tokens);
  return bytes;
}

std::optional<Leaf> unpack_leaf(std::string_view bytes) {
  if (bytes.size() > kLeafBytesMax) return std::nullopt;
  try {
    VarintReader reader(bytes);
    Leaf leaf;
    leaf.path = reader.text();
    leaf.at = static_cast<uint32_t>(reader.number(kCopyTokensMax));
    leaf.owners = read_owners(reader);
    leaf.tokens = read_tokens(reader);
    const bool bounded = !leaf.path.empty() && leaf.path.size() <= kLeafPathBytesMax &&
                         (leaf.owners.empty() || leaf.owners.back().at + leaf.owners.back().length <= leaf.tokens.size());
    if (!bounded || has_split_ranges(leaf) || pack_leaf(leaf) != bytes) return std::nullopt;
    return leaf;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<std::string> packed_leaves(const Leaf& file) {
  std::vector<std::string> leaves;
  if (file.path.empty() || file.path.size() > kLeafPathBytesMax || file.tokens.size() > kCopyTokensMax) return leaves;
  const size_t count = (file.tokens.size() + kLeafTokensMax - 1) / kLeafTokensMax;
  for (size_t at = 0; at < file.tokens.size();) {
    size_t length = std::min((file.tokens.size() + count - 1) / count, file.tokens.size() - at);
    std::string leaf = pack_leaf(part_of(file, at, length));
    while (leaf.size() > kLeafBytesMax) leaf = pack_leaf(part_of(file, at, length /= 2));
    if (length >= kGramTokens) leaves.push_back(std::move(leaf));
    at += length;
  }
  return leaves;
}

}  // namespace ain::repo
