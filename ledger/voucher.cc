#include "ledger/voucher.h"

#include "base/encoding.h"
#include "base/jws.h"
#include "ledger/wire.h"

namespace ain::ledger {
namespace {

constexpr std::string_view kNoteType = "ain-note";
constexpr std::string_view kVoucherType = "ain-voucher";

// A signed document that does not read as what it claims to be is as good as unsigned.
template <typename Read>
auto as_bad_signature(Read read) {
  try {
    return read();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::bad_signature) throw;
    throw Error(ErrorKind::bad_signature, error.message());
  }
}

}  // namespace

std::string sign_note(const DebitNote& note, const Signer& provider) {
  Json payload{{"network", note.network}, {"escrow", to_hex(note.escrow)}, {"sequence", note.sequence},
               {"run_us", note.run_us},   {"amount", note.amount.micro()}, {"final", note.final}};
  return jws_sign(kNoteType, payload, provider);
}

std::string sign_voucher(const Voucher& voucher, const Signer& payer) {
  Json payload{{"network", voucher.network},
               {"escrow", to_hex(voucher.escrow)},
               {"sequence", voucher.sequence},
               {"amount", voucher.amount.micro()}};
  return jws_sign(kVoucherType, payload, payer);
}

DebitNote open_note(std::string_view jws, const PublicKey& provider) {
  return as_bad_signature([&] {
    Json payload = jws_open(jws, kNoteType, provider, kVoucherBytesMax);
    ObjectReader reader(payload, "debit note");
    DebitNote note;
    note.network = reader.string("network", kNetworkBytesMax);
    note.escrow = read_digest(reader, "escrow");
    note.sequence = reader.integer("sequence", 0, kTimeMaxMs);
    note.run_us = reader.integer("run_us", 0, kTimeMaxMs);
    note.amount = read_amount(reader, "amount");
    note.final = reader.boolean("final");
    reader.finish();
    return note;
  });
}

Voucher open_voucher(std::string_view jws, const PublicKey& payer) {
  return as_bad_signature([&] {
    Json payload = jws_open(jws, kVoucherType, payer, kVoucherBytesMax);
    ObjectReader reader(payload, "voucher");
    Voucher voucher;
    voucher.network = reader.string("network", kNetworkBytesMax);
    voucher.escrow = read_digest(reader, "escrow");
    voucher.sequence = reader.integer("sequence", 0, kTimeMaxMs);
    voucher.amount = read_amount(reader, "amount");
    reader.finish();
    return voucher;
  });
}

Amount metered_amount(int64_t price_per_second, int64_t run_us) {
  return Amount::micro(mul_div(price_per_second, run_us, 1'000'000));
}

Amount deposit_for(int64_t price_per_second, int64_t run_us_max, int64_t royalty_ppm) {
  Amount compute = metered_amount(price_per_second, run_us_max);
  return compute + Amount::micro(mul_div(compute.micro(), royalty_ppm, kPpm));
}

}  // namespace ain::ledger
