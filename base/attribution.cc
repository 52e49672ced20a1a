#include "base/attribution.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "base/amount.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/merkle.h"
#include "base/text.h"

namespace ain {
namespace {

constexpr std::string_view kUnclaimedPrefix = "unclaimed:";
constexpr size_t kAlgorithmBytesMax = 64;
constexpr size_t kObjectIdDigits = 40;
constexpr int64_t kPoolWeightMax = int64_t{1} << 53;

std::string read_object_id(ObjectReader& reader, const char* name) {
  std::string id = reader.string(name, kObjectIdDigits);
  if (id.size() != kObjectIdDigits || !from_hex(id)) reader.fail_member(name, "is not a git object id");
  return id;
}

const char* royalty_member(RoyaltyKind kind) {
  constexpr std::array kMembers{"royalty_ppm", "royalty_per_run", "royalty_per_hour"};
  return kMembers.at(static_cast<size_t>(kind));
}

Royalty read_royalty(ObjectReader& reader) {
  for (RoyaltyKind kind : {RoyaltyKind::per_run, RoyaltyKind::per_hour}) {
    const char* member = royalty_member(kind);
    if (reader.has(member)) return {kind, reader.integer(member, 0, kRoyaltyAmountMax)};
  }
  return {RoyaltyKind::rate, reader.integer(royalty_member(RoyaltyKind::rate), 0, kPpm)};
}

PayeePool read_pool(const Json& value) {
  ObjectReader reader(value, "pool");
  PayeePool pool;
  const std::string root = reader.string("root", 64);
  const auto bytes = from_hex(root);
  const auto digest = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!digest || to_hex(*digest) != root) reader.fail_member("root", "is not 64 lower-case hex digits");
  pool.root = *digest;
  pool.count = reader.integer("count", 1, kPoolPayeesMax);
  pool.weight = reader.integer("weight", pool.count, kPoolWeightMax);
  reader.finish();
  return pool;
}

}  // namespace

std::string unclaimed_payee(std::string_view email) {
  return std::string(kUnclaimedPrefix) + to_hex(sha256(ascii_lower(email)));
}

bool is_unclaimed(std::string_view payee_id) { return payee_id.starts_with(kUnclaimedPrefix); }

std::string payee_of_dependency(std::string_view payee_id, std::string_view repository) {
  std::string id(payee_id);
  return is_unclaimed(id) && id.find('@') == id.npos ? id + "@" + std::string(repository) : id;
}

std::pair<std::string, RepositoryId> unclaimed_place(std::string_view payee_id, const RepositoryId& own) {
  const size_t at = payee_id.find('@');
  if (at == payee_id.npos) return {std::string(payee_id), own};
  return {std::string(payee_id.substr(0, at)), RepositoryId::parse(payee_id.substr(at + 1))};
}

bool is_payee_id(std::string_view payee_id) {
  if (!is_unclaimed(payee_id)) return AccountId::from_text(payee_id).has_value();
  const size_t at = payee_id.find('@');
  if (at != payee_id.npos && !RepositoryId::from_text(payee_id.substr(at + 1))) return false;
  const std::string_view hash = payee_id.substr(0, at).substr(kUnclaimedPrefix.size());
  return hash.size() == 64 && from_hex(hash).has_value();
}

Json to_json(const Payee& payee) { return {{"id", payee.id}, {"weight", payee.weight}}; }

// Exactly one of three members says what the royalty is.
Json to_json(const Attribution& attribution) {
  Json payees = Json::array();
  for (const Payee& payee : attribution.payees) payees.push_back(to_json(payee));
  Json value{{"repository", attribution.repository}, {"commit", attribution.commit},
             {"tree", attribution.tree},             {"algorithm", attribution.algorithm},
             {royalty_member(attribution.royalty.kind), attribution.royalty.value}, {"payees", payees}};
  if (const auto& pool = attribution.pool) {
    value["pool"] = {{"root", to_hex(pool->root)}, {"count", pool->count}, {"weight", pool->weight}};
  }
  return value;
}

std::string royalty_text(const Royalty& royalty) {
  if (royalty.kind != RoyaltyKind::rate) {
    return Amount::micro(royalty.value).text() + (royalty.kind == RoyaltyKind::per_run ? " a run" : " an hour and GPU");
  }
  std::string text = fmt::format("{}.{:04}", royalty.value / 10'000, royalty.value % 10'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + " %";
}

std::vector<Payee> divide_payees(Attribution& attribution) {
  std::vector<Payee>& payees = attribution.payees;
  attribution.pool.reset();
  if (payees.size() <= kPayeesMax) return {};
  std::sort(payees.begin(), payees.end(),
            [](const Payee& a, const Payee& b) { return a.weight != b.weight ? a.weight > b.weight : a.id < b.id; });
  std::vector<Payee> pooled(payees.begin() + kPayeesMax, payees.end());
  payees.resize(kPayeesMax);
  for (std::vector<Payee>* part : {&payees, &pooled}) {
    std::sort(part->begin(), part->end(), [](const Payee& a, const Payee& b) { return a.id < b.id; });
  }
  attribution.pool = PayeePool{pool_root(pooled), static_cast<int64_t>(pooled.size()), 0};
  for (const Payee& payee : pooled) attribution.pool->weight += payee.weight;
  return pooled;
}

std::vector<Payee> sharers(const Attribution& attribution) {
  std::vector<Payee> all = attribution.payees;
  if (attribution.pool) all.push_back({kPoolPayee, attribution.pool->weight});
  return all;
}

Digest pool_leaf(const Payee& payee) { return merkle_leaf(canonical(to_json(payee))); }

Digest pool_root(const std::vector<Payee>& payees) {
  std::vector<Digest> leaves;
  for (const Payee& payee : payees) leaves.push_back(pool_leaf(payee));
  return merkle_root(leaves);
}

Digest Attribution::digest() const {
  Json value = to_json(*this);
  value.erase("commit");
  return sha256("ain-attribution\n" + canonical(value));
}

Attribution attribution_from_json(const Json& value) {
  ObjectReader reader(value, "attribution");
  Attribution attribution;
  attribution.repository = reader.string("repository", 90);
  if (!RepositoryId::from_text(attribution.repository)) reader.fail_member("repository", "is not a repository id");
  attribution.commit = read_object_id(reader, "commit");
  attribution.tree = read_object_id(reader, "tree");
  attribution.algorithm = reader.string("algorithm", kAlgorithmBytesMax);
  attribution.royalty = read_royalty(reader);
  for (const Json& item : reader.array("payees", kPayeesMax)) {
    ObjectReader payee_reader(item, "payee");
    Payee payee{payee_reader.string("id", kPayeeBytesMax), payee_reader.integer("weight", 1, kWeightMax)};
    payee_reader.finish();
    if (!is_payee_id(payee.id)) reader.fail_member("payees", "has an id that is neither an account nor an e-mail's hash");
    if (!attribution.payees.empty() && attribution.payees.back().id >= payee.id) {
      reader.fail_member("payees", "is not sorted by id, each once");
    }
    attribution.payees.push_back(std::move(payee));
  }
  if (reader.has("pool")) attribution.pool = read_pool(reader.object("pool"));
  reader.finish();
  return attribution;
}

std::vector<int64_t> split_by_weight(int64_t total, const std::vector<Payee>& payees) {
  AIN_ASSERT(total >= 0);
  int64_t weights = 0;
  for (const Payee& payee : payees) {
    AIN_ASSERT(payee.weight >= 0 && payee.weight <= kPoolWeightMax);  // a pool may be one of them
    weights += payee.weight;
  }
  if (weights == 0) return {};
  struct Share {
    size_t index;
    int64_t remainder;
  };
  std::vector<int64_t> amounts;
  std::vector<Share> shares;
  int64_t left = total;
  for (size_t i = 0; i < payees.size(); ++i) {
    const Int128 product = static_cast<Int128>(total) * payees[i].weight;
    amounts.push_back(static_cast<int64_t>(product / weights));
    shares.push_back({i, static_cast<int64_t>(product % weights)});
    left -= amounts.back();
  }
  std::sort(shares.begin(), shares.end(), [&](const Share& a, const Share& b) {
    return a.remainder != b.remainder ? a.remainder > b.remainder : payees[a.index].id < payees[b.index].id;
  });
  for (int64_t i = 0; i < left; ++i) ++amounts[shares[static_cast<size_t>(i)].index];
  return amounts;
}

}  // namespace ain
