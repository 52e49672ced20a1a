#include "ledger/voucher.h"

#include "base/jws.h"
#include "ledger/fields.h"

namespace ain::ledger {
namespace {

constexpr std::string_view kNoteType = "ain-note";
constexpr std::string_view kVoucherType = "ain-voucher";
constexpr int64_t kHourUs = kHourMs * 1000;

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

// Both say the same: for how long, for how much, and whether it is the last.
template <typename F, typename Document>
void lease_fields(F& f, Document& document) {
  f.text("network", document.network, kNetworkBytesMax);
  f.digest("escrow", document.escrow);
  f.integer("sequence", document.sequence, 0, kTimeMaxMs);
  f.integer("run_us", document.run_us, 0, kTimeMaxMs);
  f.amount("amount", document.amount);
  f.flag("final", document.final);
}
template <typename F>
void fields(F& f, typename F::template Of<DebitNote> note) { lease_fields(f, note); }
template <typename F>
void fields(F& f, typename F::template Of<Voucher> voucher) { lease_fields(f, voucher); }

std::string sign_note(const DebitNote& note, const Signer& provider) { return jws_sign(kNoteType, FieldWriter::json_of(note), provider); }

std::string sign_voucher(const Voucher& voucher, const Signer& payer) {
  return jws_sign(kVoucherType, FieldWriter::json_of(voucher), payer);
}

DebitNote open_note(std::string_view jws, const PublicKey& provider) {
  return as_bad_signature(
      [&] { return FieldReader::record<DebitNote>(jws_open(jws, kNoteType, provider, kVoucherBytesMax), "debit note"); });
}

Voucher open_voucher(std::string_view jws, const PublicKey& payer) {
  return as_bad_signature([&] { return FieldReader::record<Voucher>(jws_open(jws, kVoucherType, payer, kVoucherBytesMax), "voucher"); });
}

namespace {

template <typename Document>
bool fits_lease(const Document& document, const LeaseBounds& lease) {
  return document.network == lease.network && document.escrow == lease.escrow && document.run_us <= lease.run_us_max &&
         document.amount == metered_amount(lease.price_per_second, document.run_us);
}

}  // namespace

bool fits(const DebitNote& note, const LeaseBounds& lease) { return fits_lease(note, lease); }
bool fits(const Voucher& voucher, const LeaseBounds& lease) { return fits_lease(voucher, lease); }

Amount metered_amount(int64_t price_per_second, int64_t run_us) {
  return Amount::micro(mul_div(price_per_second, run_us, 1'000'000));
}

Cost cost_of(const LeaseTerms& terms, int64_t run_us) {
  Cost cost;
  cost.compute = metered_amount(terms.price_per_second, run_us);
  cost.fee = Amount::micro(mul_div(cost.compute.micro(), terms.fee_ppm, kPpm));
  const int64_t value = terms.royalty.value;
  switch (terms.royalty.kind) {
    case RoyaltyKind::rate:
      cost.royalty = Amount::micro(mul_div(cost.compute.micro(), value, kPpm));
      break;
    case RoyaltyKind::per_run:
      cost.royalty = Amount::micro(run_us > 0 ? value : 0);
      break;
    case RoyaltyKind::per_hour:
      cost.royalty = Amount::micro(mul_div(value, terms.units * run_us, kHourUs));  // 2^16 units of 30 days stay far below int64
      break;
  }
  return cost;
}

}  // namespace ain::ledger
