#include "ledger/body.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "ledger/refusal.h"
#include "ledger/voucher.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Body>> kTypeNames{
    "faucet",      "transfer",     "offer",  "offer_withdraw", "attribution_register",
    "escrow_open", "lease_accept", "settle", "release",        "reap"};

// ---- writing

Json write(const Faucet&) { return Json::object(); }
Json write(const Transfer& body) {
  return {{"to", body.to.text()}, {"amount", body.amount.micro()}, {"memo", body.memo}};
}
Json write(const Offer& body) {
  return {{"node", body.node.text()},
          {"endpoint", body.endpoint},
          {"price_per_second", body.price_per_second},
          {"cpus", body.cpus},
          {"memory_bytes", body.memory_bytes},
          {"gpus", body.gpus},
          {"run_within_ms", body.run_within_ms},
          {"valid_for_ms", body.valid_for_ms}};
}
Json write(const OfferWithdraw& body) { return {{"node", body.node.text()}}; }
Json write(const AttributionRegister& body) { return {{"attribution", to_json(body.attribution)}}; }
Json write(const EscrowOpen& body) {
  return {{"job", to_hex(body.job)},
          {"attribution", to_hex(body.attribution)},
          {"provider", body.provider.text()},
          {"price_per_second", body.price_per_second},
          {"run_us_max", body.run_us_max},
          {"deposit", body.deposit.micro()},
          {"accept_within_ms", body.accept_within_ms},
          {"run_within_ms", body.run_within_ms}};
}
Json write(const LeaseAccept& body) {
  return {{"escrow", to_hex(body.escrow)}, {"attribution", to_hex(body.attribution)}};
}
Json write(const Settle& body) {
  return {{"escrow", to_hex(body.escrow)}, {"note", body.note}, {"voucher", body.voucher}};
}
Json write(const Release& body) { return {{"escrow", to_hex(body.escrow)}, {"reason", body.reason}}; }
Json write(const Reap& body) { return {{"escrow", to_hex(body.escrow)}}; }

// ---- reading

Body read_faucet(ObjectReader&) { return Faucet{}; }

Body read_transfer(ObjectReader& reader) {
  Transfer body;
  body.to = read_account(reader, "to");
  body.amount = read_amount(reader, "amount");
  body.memo = reader.string_or("memo", "", kMemoBytesMax);
  return body;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

std::string read_endpoint(ObjectReader& reader) {
  std::string endpoint = reader.string("endpoint", kEndpointBytesMax);
  std::string_view rest = endpoint;
  for (std::string_view scheme : {"https://", "unix:"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  if (rest.empty() || rest.size() == endpoint.size() || !is_printable(endpoint)) {
    reader.fail_member("endpoint", "neither 'https://host:port' nor 'unix:/path'");
  }
  return endpoint;
}

std::vector<std::string> read_gpus(ObjectReader& reader) {
  std::vector<std::string> gpus;
  for (const Json& item : reader.array("gpus", kGpusMax)) {
    if (!item.is_string()) reader.fail_member("gpus", "an item is not text");
    const auto& name = item.get_ref<const std::string&>();
    if (name.empty() || name.size() > kGpuNameBytesMax || !is_printable(name)) {
      reader.fail_member("gpus", "an item is not a model's name");
    }
    gpus.push_back(name);
  }
  return gpus;
}

Body read_offer(ObjectReader& reader) {
  Offer body;
  body.node = read_node(reader, "node");
  body.endpoint = read_endpoint(reader);
  body.price_per_second = reader.integer("price_per_second", 0, kPricePerSecondMax);
  body.cpus = reader.integer("cpus", 1, kCpusMax);
  body.memory_bytes = reader.integer("memory_bytes", 1, kMemoryBytesMax);
  body.gpus = read_gpus(reader);
  body.run_within_ms = reader.integer("run_within_ms", 1, kRunWithinMaxMs);
  body.valid_for_ms = reader.integer("valid_for_ms", 1, kOfferValidForMaxMs);
  return body;
}

Body read_offer_withdraw(ObjectReader& reader) { return OfferWithdraw{read_node(reader, "node")}; }

Body read_attribution_register(ObjectReader& reader) {
  return AttributionRegister{attribution_from_json(reader.object("attribution"))};
}

Body read_escrow_open(ObjectReader& reader) {
  EscrowOpen body;
  body.job = read_digest(reader, "job");
  body.attribution = read_digest(reader, "attribution");
  body.provider = read_account(reader, "provider");
  if (body.provider == AccountId{}) reader.fail_member("provider", "the account of nobody");
  body.price_per_second = reader.integer("price_per_second", 0, kLeasePriceMax);
  body.run_us_max = reader.integer("run_us_max", 1, kRunWithinMaxMs * 1000);
  body.deposit = read_amount(reader, "deposit");
  body.accept_within_ms = reader.integer("accept_within_ms", 1, kAcceptWithinMaxMs);
  body.run_within_ms = reader.integer("run_within_ms", 1, kRunWithinMaxMs);
  return body;
}

Body read_lease_accept(ObjectReader& reader) {
  LeaseAccept body;
  body.escrow = read_digest(reader, "escrow");
  body.attribution = read_digest(reader, "attribution");
  return body;
}

Body read_settle(ObjectReader& reader) {
  Settle body;
  body.escrow = read_digest(reader, "escrow");
  body.note = reader.string("note", kVoucherBytesMax);
  body.voucher = reader.string("voucher", kVoucherBytesMax);
  return body;
}

Body read_release(ObjectReader& reader) {
  Release body;
  body.escrow = read_digest(reader, "escrow");
  body.reason = reader.string_or("reason", "", kMemoBytesMax);
  return body;
}

Body read_reap(ObjectReader& reader) { return Reap{read_digest(reader, "escrow")}; }

constexpr std::array<Body (*)(ObjectReader&), std::variant_size_v<Body>> kReaders{
    read_faucet,      read_transfer,     read_offer,  read_offer_withdraw, read_attribution_register,
    read_escrow_open, read_lease_accept, read_settle, read_release,        read_reap};

}  // namespace

std::string_view type_name(const Body& body) { return kTypeNames[body.index()]; }

Json body_json(const Body& body) {
  return std::visit([](const auto& value) { return write(value); }, body);
}

Body body_from_json(std::string_view type, const Json& value) {
  auto found = std::find(kTypeNames.begin(), kTypeNames.end(), type);
  if (found == kTypeNames.end()) {
    throw RefusedError(Refusal::unknown_type, fmt::format("unknown transaction type '{}'", type));
  }
  ObjectReader reader(value, fmt::format("{} transaction", type));
  Body body = kReaders[static_cast<size_t>(found - kTypeNames.begin())](reader);
  reader.finish();
  return body;
}

}  // namespace ain::ledger
