#include "ledger/genesis.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/hash.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr size_t kNameBytesMax = 32;
constexpr size_t kIdHexDigits = 32;

bool is_network_name(std::string_view name) {
  auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

Json to_json(const Genesis& genesis) {
  return {{"name", genesis.name},
          {"created_ms", genesis.created_ms},
          {"sequencer", key_text(genesis.sequencer)},
          {"treasury", key_text(genesis.treasury)},
          {"supply", genesis.supply.micro()},
          {"faucet", genesis.faucet.micro()},
          {"royalty_ppm", genesis.royalty_ppm},
          {"parameters", to_json(genesis.parameters)}};
}

Genesis genesis_from_json(const Json& value) {
  ObjectReader reader(value, "genesis");
  Genesis genesis;
  genesis.name = reader.string("name", kNameBytesMax);
  if (!is_network_name(genesis.name))
    reader.fail_member("name", "only a-z, 0-9 and '-' are allowed, 1 to 32 of them");
  genesis.created_ms = reader.integer("created_ms", 0, kTimeMaxMs);
  genesis.sequencer = read_key(reader, "sequencer");
  genesis.treasury = read_key(reader, "treasury");
  if (!is_safe_key(genesis.sequencer)) reader.fail_member("sequencer", "an unsafe key");
  if (!is_safe_key(genesis.treasury)) reader.fail_member("treasury", "an unsafe key");
  genesis.supply = Amount::micro(reader.integer("supply", 1, kAmountMax));
  genesis.faucet = Amount::micro(reader.integer("faucet", 0, genesis.supply.micro()));
  genesis.royalty_ppm = reader.integer("royalty_ppm", 0, kPpm);
  genesis.parameters = parameters_from_json(reader.object("parameters"));
  reader.finish();
  return genesis;
}

std::string network_id(const Genesis& genesis) {
  return genesis.name + "-" + to_hex(sha256(canonical(to_json(genesis)))).substr(0, kIdHexDigits);
}

}  // namespace ain::ledger
