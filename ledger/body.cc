#include "ledger/body.h"

#include <algorithm>
#include <array>

#include "ledger/fields.h"

namespace ain::ledger {
namespace {

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

bool is_endpoint(std::string_view text) {
  for (std::string_view scheme : {"https://", "unix:"}) {
    if (text.starts_with(scheme)) return text.size() > scheme.size() && is_printable(text);
  }
  return false;
}

}  // namespace

// ---- what each type's body holds, in the order of Body

template <typename F>
void fields(F&, typename F::template Of<Faucet>) {}
template <typename F>
void fields(F& f, typename F::template Of<Transfer> body) {
  f.account("to", body.to);
  f.amount("amount", body.amount);
  f.text_if("memo", body.memo, kMemoBytesMax);
}
template <typename F>
void fields(F& f, typename F::template Of<Offer> body) {
  f.node("node", body.node);
  f.text("endpoint", body.endpoint, kEndpointBytesMax);
  f.check(is_endpoint(body.endpoint), "endpoint", "neither 'https://host:port' nor 'unix:/path'");
  f.integer("price_per_second", body.price_per_second, 0, kPricePerSecondMax);
  f.integer("cpus", body.cpus, 1, kCpusMax);
  f.integer("memory_bytes", body.memory_bytes, 1, kMemoryBytesMax);
  f.texts("gpus", body.gpus, kGpusMax, kGpuNameBytesMax);
  f.check(std::all_of(body.gpus.begin(), body.gpus.end(), is_printable), "gpus", "an item is not a model's name");
  f.integer("run_within_ms", body.run_within_ms, 1, kRunWithinMaxMs);
  f.integer("valid_for_ms", body.valid_for_ms, 1, kOfferValidForMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<OfferWithdraw> body) {
  f.node("node", body.node);
}
template <typename F>
void fields(F& f, typename F::template Of<AttributionRegister> body) {
  f.attribution("attribution", body.attribution);
}
template <typename F>
void fields(F& f, typename F::template Of<EscrowOpen> body) {
  f.digest("job", body.job);
  f.digest("attribution", body.attribution);
  f.account_if("provider", body.provider);
  f.integer("price_per_second", body.price_per_second, 0, kLeasePriceMax);
  f.integer("units", body.units, 1, kUnitsMax);
  f.integer("run_us_max", body.run_us_max, 1, kRunWithinMaxMs * 1000);
  f.amount("deposit", body.deposit);
  f.amount_if("bond", body.bond);
  f.integer("accept_within_ms", body.accept_within_ms, 1, kAcceptWithinMaxMs);
  f.integer("run_within_ms", body.run_within_ms, 1, kRunWithinMaxMs);
  f.integer_if("dispute_within_ms", body.dispute_within_ms, 0, kDisputeWithinMaxMs);
}
template <typename F>
void fields(F& f, typename F::template Of<LeaseAccept> body) {
  f.digest("escrow", body.escrow);
  f.digest("attribution", body.attribution);
}
template <typename F>
void fields(F& f, typename F::template Of<Settle> body) {
  f.digest("escrow", body.escrow);
  f.text("voucher", body.voucher, kVoucherBytesMax);
  f.text_if("note", body.note, kVoucherBytesMax);
  f.flag("final", body.final);
}
template <typename F>
void fields(F& f, typename F::template Of<Release> body) {
  f.digest("escrow", body.escrow);
  f.text_if("reason", body.reason, kReasonBytesMax);
}
template <typename F>
void fields(F& f, typename F::template Of<Reap> body) {
  f.digest("escrow", body.escrow);
}
template <typename F>
void fields(F& f, typename F::template Of<KeyRegister> body) {
  f.key("key", body.key);
  f.text("proof", body.proof, kVoucherBytesMax);
  f.object("scope", body.scope);
}
template <typename F>
void fields(F& f, typename F::template Of<KeyRotate> body) {
  f.key("key", body.key);
  f.text("proof", body.proof, kVoucherBytesMax);
}
template <typename F>
void fields(F& f, typename F::template Of<KeyRevoke> body) {
  f.key("key", body.key);
}
template <typename F>
void fields(F& f, typename F::template Of<BondDeposit> body) {
  f.amount("amount", body.amount);
}
template <typename F>
void fields(F& f, typename F::template Of<BondUnbond> body) {
  f.amount("amount", body.amount);
}
template <typename F>
void fields(F&, typename F::template Of<BondWithdraw>) {}
template <typename F>
void fields(F& f, typename F::template Of<PoolDraw> body) {
  f.digest("attribution", body.attribution);
  f.payee("payee", body.payee);
  f.integer("index", body.index, 0, kPoolPayeesMax);
  f.digests("path", body.path, kPoolPathMax);
}
template <typename F>
void fields(F& f, typename F::template Of<RepositoryRegister> body) {
  f.text("document", body.document, kIdentityBytesMax);
  f.texts("signatures", body.signatures, kApprovalsMax, kIdentitySignatureBytesMax);
}
template <typename F>
void fields(F& f, typename F::template Of<Anchor> body) {
  f.repository("repository", body.repository);
  f.integer("sequence", body.sequence, 1, kTimeMaxMs);
  f.object_id("commit", body.commit);
  f.object_id("tree", body.tree);
}
template <typename F>
void fields(F& f, typename F::template Of<FingerprintRegister> body) {
  f.repository("repository", body.repository);
  f.object_id("commit", body.commit);
  f.digest("specification", body.specification);
  f.digest("root", body.root);
  f.integer("count", body.count, 0, kFingerprintsMax);
}
template <typename F>
void fields(F& f, typename F::template Of<FingerprintPublish> body) {
  f.repository("repository", body.repository);
  f.object_id("commit", body.commit);
  f.bytes("leaf", body.leaf, kLeafBytesMax);
  f.integer("index", body.index, 0, kFingerprintsMax);
  f.digests("path", body.path, kFingerprintPathMax);
}
template <typename F>
void fields(F& f, typename F::template Of<Claim> body) {
  f.repository("repository", body.repository);
  f.text("payee", body.payee, kPayeeBytesMax);
  f.check(is_payee_id(body.payee) && is_unclaimed(body.payee), "payee", "not an e-mail's hash");
  f.account("to", body.to);
  f.integer("sequence", body.sequence, 1, kTimeMaxMs);
  f.texts("approvals", body.approvals, kApprovalsMax, kVoucherBytesMax);
}
template <typename F>
void fields(F& f, typename F::template Of<Challenge> body) {
  f.digest("escrow", body.escrow);
  f.text_if("voucher", body.voucher, kVoucherBytesMax);
  f.digest_if("evidence", body.evidence);
  f.check(body.voucher.empty() == body.evidence.has_value(), "evidence", "there must be either a voucher or evidence");
}
template <typename F>
void fields(F& f, typename F::template Of<Resolve> body) {
  f.digest("escrow", body.escrow);
  f.integer("run_us", body.run_us, 0, kRunWithinMaxMs * 1000);
  f.amount_if("slash", body.slash);
  f.texts("approvals", body.approvals, kApprovalsMax, kVoucherBytesMax);
}
template <typename F>
void fields(F& f, typename F::template Of<Council> council) {
  f.accounts("members", council.members, kGovernorsMax);
  f.integer("quorum", council.quorum, 0, static_cast<int64_t>(kGovernorsMax));
}
template <typename F>
void fields(F& f, typename F::template Of<Parameters> parameters) {
  f.integer("fee_ppm", parameters.fee_ppm, 0, kFeePpmMax);
  f.amount("bond_min", parameters.bond_min);
  f.integer("unbond_within_ms", parameters.unbond_within_ms, 1, kUnbondWithinMaxMs);
  f.integer("resolve_within_ms", parameters.resolve_within_ms, 1, kResolveWithinMaxMs);
  f.object("governors", parameters.governors);
  f.object("arbiters", parameters.arbiters);
}
template <typename F>
void fields(F& f, typename F::template Of<ParametersChange> body) {
  f.object("parameters", body.parameters);
  f.integer("sequence", body.sequence, 1, kTimeMaxMs);
  f.texts("approvals", body.approvals, kApprovalsMax, kVoucherBytesMax);
}

// ---- by type

namespace {

constexpr std::array<std::string_view, std::variant_size_v<Body>> kTypeNames{
    "faucet", "transfer", "offer", "offer_withdraw", "attribution_register", "escrow_open", "lease_accept", "settle", "release", "reap",
    "key_register", "key_rotate", "key_revoke", "bond_deposit", "bond_unbond", "bond_withdraw", "pool_draw", "repository_register",
    "anchor", "fingerprint_register", "fingerprint_publish", "claim", "challenge", "resolve", "parameters_change"};

template <typename T>
Body read(const Json& value, const std::string& subject) {
  return FieldReader::record<T>(value, subject);
}

using Reader = Body (*)(const Json&, const std::string&);
template <size_t... I>
constexpr std::array<Reader, sizeof...(I)> readers(std::index_sequence<I...>) {
  return {read<std::variant_alternative_t<I, Body>>...};
}
constexpr auto kReaders = readers(std::make_index_sequence<std::variant_size_v<Body>>());

}  // namespace

std::string_view type_name(const Body& body) { return kTypeNames[body.index()]; }

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names(kTypeNames.begin(), kTypeNames.end());
  names.push_back(kBatchType);
  return names;
}

Json body_json(const Body& body) {
  return std::visit([](const auto& value) { return FieldWriter::json_of(value); }, body);
}

Body body_from_json(std::string_view type, const Json& value) {
  auto found = std::find(kTypeNames.begin(), kTypeNames.end(), type);
  if (found == kTypeNames.end()) throw RefusedError(Refusal::unknown_type, fmt::format("unknown transaction type '{}'", type));
  return kReaders[static_cast<size_t>(found - kTypeNames.begin())](value, fmt::format("{} transaction", type));
}

std::vector<Body> batch_from_json(const Json& value) {
  ObjectReader reader(value, "batch");
  std::vector<Body> bodies;
  for (const Json& item : reader.array("items", kBatchItemsMax)) {
    ObjectReader each(item, fmt::format("item {} of the batch", bodies.size() + 1));
    std::string type = each.string("type", kTypeBytesMax);
    const Json& body = each.object("body");
    each.finish();
    bodies.push_back(body_from_json(type, body));
  }
  if (bodies.empty()) reader.fail_member("items", "a batch of nothing");
  reader.finish();
  return bodies;
}

Json batch_json(const std::vector<Body>& bodies) {
  Json items = Json::array();
  for (const Body& body : bodies) items.push_back({{"type", type_name(body)}, {"body", body_json(body)}});
  return {{"items", std::move(items)}};
}

Json to_json(const Parameters& parameters) { return FieldWriter::json_of(parameters); }

Parameters parameters_from_json(const Json& value) {
  auto parameters = FieldReader::record<Parameters>(value, "parameters");
  check_parameters(parameters);
  return parameters;
}

}  // namespace ain::ledger
