#include "base/attribution.h"

#include <algorithm>
#include <numeric>

#include "base/amount.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/text.h"

namespace ain {
namespace {

constexpr std::string_view kUnclaimedPrefix = "unclaimed:";
constexpr size_t kAlgorithmBytesMax = 64;
constexpr size_t kObjectIdDigits = 40;

std::string read_object_id(ObjectReader& reader, const char* name) {
  std::string id = reader.string(name, kObjectIdDigits);
  if (id.size() != kObjectIdDigits || !from_hex(id)) reader.fail_member(name, "is not a git object id");
  return id;
}

}  // namespace

std::string unclaimed_payee(std::string_view email) {
  return std::string(kUnclaimedPrefix) + to_hex(sha256(ascii_lower(email)));
}

bool is_unclaimed(std::string_view payee_id) { return payee_id.starts_with(kUnclaimedPrefix); }

bool is_payee_id(std::string_view payee_id) {
  if (!is_unclaimed(payee_id)) return AccountId::from_text(payee_id).has_value();
  const std::string_view hash = payee_id.substr(kUnclaimedPrefix.size());
  return hash.size() == 64 && from_hex(hash).has_value();
}

Json to_json(const Attribution& attribution) {
  Json payees = Json::array();
  for (const Payee& payee : attribution.payees) payees.push_back({{"id", payee.id}, {"weight", payee.weight}});
  return {{"repository", attribution.repository}, {"commit", attribution.commit},
          {"tree", attribution.tree},             {"algorithm", attribution.algorithm},
          {"royalty_ppm", attribution.royalty_ppm}, {"payees", payees}};
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
  attribution.royalty_ppm = reader.integer("royalty_ppm", 0, kPpm);
  for (const Json& item : reader.array("payees", kPayeesMax)) {
    ObjectReader payee_reader(item, "payee");
    Payee payee{payee_reader.string("id", 90), payee_reader.integer("weight", 1, kWeightMax)};
    payee_reader.finish();
    if (!is_payee_id(payee.id)) reader.fail_member("payees", "has an id that is neither an account nor an e-mail's hash");
    if (!attribution.payees.empty() && attribution.payees.back().id >= payee.id) {
      reader.fail_member("payees", "is not sorted by id, each once");
    }
    attribution.payees.push_back(std::move(payee));
  }
  reader.finish();
  return attribution;
}

std::vector<int64_t> split_by_weight(int64_t total, const std::vector<Payee>& payees) {
  AIN_ASSERT(total >= 0);
  int64_t weights = 0;
  for (const Payee& payee : payees) {
    AIN_ASSERT(payee.weight >= 0 && payee.weight <= kWeightMax);
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
