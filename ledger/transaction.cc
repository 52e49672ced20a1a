#include "ledger/transaction.h"

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/body.h"
#include "ledger/refusal.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr std::string_view kTyp = "ain-tx";

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
  tx.batch = type == kBatchType;
  if (tx.batch) tx.bodies = batch_from_json(body);
  else tx.bodies.push_back(body_from_json(type, body));
  return tx;
}

struct Parsed {
  Jws jws;
  Transaction tx;
};
Parsed parse(std::string_view envelope) {
  try {
    Jws jws = jws_decode(envelope, kTyp, kEnvelopeBytesMax);
    Transaction tx = transaction_from_json(jws.payload);
    tx.txid = txid_of(envelope);
    return {std::move(jws), std::move(tx)};
  } catch (const RefusedError&) {
    throw;
  } catch (const Error& error) {
    throw RefusedError(Refusal::malformed, error.message());
  }
}

// Of a signature that does not verify.
RefusedError refusal_of(const PublicKey& key) {
  if (!is_safe_key(key)) return {Refusal::unsafe_key, "the transaction's key is not a safe Ed25519 key"};
  return {Refusal::bad_signature, "the transaction's signature does not verify"};
}

std::string sign(const std::string& network, const AccountId& account, int64_t nonce, int64_t valid_until_ms, std::string_view type,
                 Json body, const Signer& signer) {
  Json payload{{"network", network}, {"account", account.text()}, {"key", key_text(signer.public_key())}, {"nonce", nonce},
               {"valid_until", valid_until_ms}, {"type", type}, {"body", std::move(body)}};
  return jws_sign(kTyp, payload, signer);
}

}  // namespace

std::string sign_transaction(const std::string& network, const AccountId& account, int64_t nonce, int64_t valid_until_ms,
                             const Body& body, const Signer& signer) {
  return sign(network, account, nonce, valid_until_ms, type_name(body), body_json(body), signer);
}

std::string sign_batch(const std::string& network, const AccountId& account, int64_t nonce, int64_t valid_until_ms, const Batch& batch,
                       const Signer& signer) {
  return sign(network, account, nonce, valid_until_ms, kBatchType, batch_json(batch.items), signer);
}

std::string_view Transaction::type() const { return batch ? kBatchType : type_name(bodies.at(0)); }

Digest transaction_id(const Transaction& tx, size_t index) {
  if (!tx.batch) return tx.txid;
  std::string input(as_view(tx.txid));
  for (int shift = 24; shift >= 0; shift -= 8) input.push_back(static_cast<char>(index >> shift & 0xff));
  return sha256(input);
}

Json body_json(const Transaction& tx) { return tx.batch ? batch_json(tx.bodies) : body_json(tx.bodies.at(0)); }

Digest txid_of(std::string_view envelope) { return sha256(envelope); }

Transaction decode_transaction(std::string_view envelope) {
  Parsed parsed = parse(envelope);
  if (!parsed.jws.verify(parsed.tx.key)) throw refusal_of(parsed.tx.key);
  return std::move(parsed.tx);
}

std::vector<Decoded> decode_transactions(const std::vector<std::string>& envelopes) {
  std::vector<Decoded> all(envelopes.size());
  std::vector<std::string> inputs(envelopes.size());
  std::vector<SignedMessage> messages;
  std::vector<size_t> places;  // of the messages
  const auto refuse = [&](size_t i, const RefusedError& error) {
    all[i].refusal = error.refusal();
    all[i].reason = error.message();
  };
  for (size_t i = 0; i < envelopes.size(); ++i) {
    try {
      Parsed parsed = parse(envelopes[i]);
      all[i].tx = std::move(parsed.tx);
      inputs[i] = std::move(parsed.jws.signing_input);
      messages.push_back({all[i].tx.key, inputs[i], parsed.jws.signature});
      places.push_back(i);
    } catch (const RefusedError& error) {
      refuse(i, error);
    }
  }
  const std::vector<bool> holds = verify_each(messages);
  for (size_t i = 0; i < messages.size(); ++i) {
    if (!holds[i]) refuse(places[i], refusal_of(messages[i].key));
  }
  return all;
}

Transaction decode_stored_transaction(std::string_view envelope) { return parse(envelope).tx; }

}  // namespace ain::ledger
