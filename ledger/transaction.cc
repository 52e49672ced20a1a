#include "ledger/transaction.h"

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/body.h"
#include "ledger/refusal.h"
#include "ledger/voucher.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr std::string_view kTyp = "ain-tx";
constexpr size_t kTypeBytesMax = 64;

Transaction transaction_from_json(const Json& payload) {
  ObjectReader reader(payload, "transaction");
  Transaction tx;
  tx.network = reader.string("network", kNetworkBytesMax);
  tx.account = read_account(reader, "account");
  tx.key = read_key(reader, "key");
  tx.nonce = reader.integer("nonce", 1, kTimeMaxMs);
  tx.valid_until_ms = reader.integer("valid_until", 0, kTimeMaxMs);
  std::string type = reader.string("type", kTypeBytesMax);
  const Json& body = reader.object("body");
  reader.finish();
  tx.body = body_from_json(type, body);
  return tx;
}

void check_signature(const Jws& jws, const PublicKey& key) {
  if (jws.verify(key)) return;
  if (!is_safe_key(key))
    throw RefusedError(Refusal::unsafe_key, "the transaction's key is not a safe Ed25519 key");
  throw RefusedError(Refusal::bad_signature, "the transaction's signature does not verify");
}

Transaction decode(std::string_view envelope, bool with_signature) {
  try {
    Jws jws = jws_decode(envelope, kTyp, kEnvelopeBytesMax);
    Transaction tx = transaction_from_json(jws.payload);
    tx.txid = txid_of(envelope);
    if (with_signature) check_signature(jws, tx.key);
    return tx;
  } catch (const RefusedError&) {
    throw;
  } catch (const Error& error) {
    throw RefusedError(Refusal::malformed, error.message());
  }
}

}  // namespace

std::string sign_transaction(const std::string& network, const AccountId& account, int64_t nonce,
                             int64_t valid_until_ms, const Body& body, const Signer& signer) {
  Json payload{
      {"network", network},     {"account", account.text()},     {"key", key_text(signer.public_key())},
      {"nonce", nonce},         {"valid_until", valid_until_ms}, {"type", type_name(body)},
      {"body", body_json(body)}};
  return jws_sign(kTyp, payload, signer);
}

Digest txid_of(std::string_view envelope) { return sha256(envelope); }

Transaction decode_transaction(std::string_view envelope) { return decode(envelope, true); }
Transaction decode_stored_transaction(std::string_view envelope) { return decode(envelope, false); }

}  // namespace ain::ledger
