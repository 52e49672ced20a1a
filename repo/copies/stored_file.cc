#include "repo/copies/stored_file.h"

#include <algorithm>
#include <map>
#include <unordered_map>

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
  for (uint64_t i = 0; i < kHashBytes; ++i)
    hash |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << 8 * i;
  return hash;
}

}  // namespace

std::string pack_tokens(std::span<const uint64_t> tokens) {
  std::unordered_map<uint64_t, uint32_t> numbers;
  std::string table;
  std::string sequence;
  for (const uint64_t token : tokens) {
    const auto [known, is_new] = numbers.try_emplace(token, static_cast<uint32_t>(numbers.size()));
    if (is_new) put_hash(table, token);
    put_varint(sequence, known->second);
  }
  std::string bytes;
  put_varint(bytes, numbers.size());
  put_varint(bytes, tokens.size());
  return bytes + table + sequence;
}

std::vector<uint64_t> unpack_tokens(std::string_view bytes) {
  VarintReader reader(bytes);
  const uint64_t distinct = reader.number(std::min(kCopyTokensMax, reader.left() / kHashBytes));
  const uint64_t count = reader.number(std::min(kCopyTokensMax, reader.left()));
  if (distinct == 0 && count > 0) fail(ErrorKind::failed, "a stored file has tokens of no kind");
  const std::string_view table = reader.bytes(distinct * kHashBytes);
  std::vector<uint64_t> tokens;
  tokens.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t number = reader.number(distinct - 1);
    tokens.push_back(read_hash(table.substr(number * kHashBytes, kHashBytes)));
  }
  return tokens;
}

std::string pack_place(std::string_view path, std::span<const OwnedRange> owners) {
  std::map<std::string_view, uint64_t> payees;
  for (const OwnedRange& range : owners) payees.try_emplace(range.payee, 0);
  std::string bytes;
  put_text(bytes, path);
  put_varint(bytes, payees.size());
  uint64_t next = 0;
  for (auto& [payee, number] : payees) {
    number = next++;
    put_text(bytes, payee);
  }
  put_varint(bytes, owners.size());
  for (const OwnedRange& range : owners) {
    put_varint(bytes, range.at);
    put_varint(bytes, range.length);
    put_varint(bytes, payees.at(range.payee));
  }
  return bytes;
}

PlaceRecord unpack_place(std::string_view bytes) {
  VarintReader reader(bytes);
  PlaceRecord record;
  record.path = reader.text();
  std::vector<std::string> payees(reader.number(std::min(kOwnedRangesMax, reader.left())));
  for (std::string& payee : payees) payee = reader.text();
  record.owners.resize(reader.number(std::min(kOwnedRangesMax, reader.left())));
  if (payees.empty() && !record.owners.empty()) fail(ErrorKind::failed, "a stored file has owners without a name");
  for (OwnedRange& range : record.owners) {
    range.at = static_cast<uint32_t>(reader.number(kCopyTokensMax));
    range.length = static_cast<uint32_t>(reader.number(kCopyTokensMax));
    range.payee = payees.at(reader.number(payees.size() - 1));
  }
  return record;
}

}  // namespace ain::repo
