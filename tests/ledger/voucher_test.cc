#include "ledger/voucher.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/jws.h"
#include "tests/ledger/world.h"

namespace ain::ledger {
namespace {

DebitNote sample_note() { return {"test-00", sha256("escrow"), 3, 1'500'000, Amount::micro(150), true}; }
Voucher sample_voucher() { return {"test-00", sha256("escrow"), 4, Amount::micro(200)}; }

template <typename Call>
ErrorKind kind_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing thrown";
  return ErrorKind::bug;
}

TEST(Voucher, ComesBackAsItWasSigned) {
  Actor actor('A');
  DebitNote note = open_note(sign_note(sample_note(), *actor.signer), actor.signer->public_key());
  EXPECT_EQ(note.network, "test-00");
  EXPECT_EQ(note.escrow, sha256("escrow"));
  EXPECT_EQ(note.sequence, 3);
  EXPECT_EQ(note.run_us, 1'500'000);
  EXPECT_EQ(note.amount, Amount::micro(150));
  EXPECT_TRUE(note.final);
  Voucher voucher = open_voucher(sign_voucher(sample_voucher(), *actor.signer), actor.signer->public_key());
  EXPECT_EQ(voucher.escrow, sha256("escrow"));
  EXPECT_EQ(voucher.sequence, 4);
  EXPECT_EQ(voucher.amount, Amount::micro(200));
}

TEST(Voucher, Golden) {
  Actor actor('A');
  EXPECT_EQ(to_hex(sha256(sign_note(sample_note(), *actor.signer))),
            "e939f39e93a38a1a9311143d39774f4cfaee104c08bdb90f23c3aa356a9525e6");
  EXPECT_EQ(to_hex(sha256(sign_voucher(sample_voucher(), *actor.signer))),
            "2f55da0506bdaa6b95ffcf6116a6379511046c5762fdfcd04677aaefedb12471");
}

TEST(Voucher, OnlyTheRightKeyAndTheRightKind) {
  Actor actor('A'), other('O');
  std::string note = sign_note(sample_note(), *actor.signer),
              voucher = sign_voucher(sample_voucher(), *actor.signer);
  EXPECT_EQ(kind_of([&] { open_note(note, other.signer->public_key()); }), ErrorKind::bad_signature);
  EXPECT_EQ(kind_of([&] { open_voucher(voucher, other.signer->public_key()); }), ErrorKind::bad_signature);
  EXPECT_EQ(kind_of([&] { open_note(voucher, actor.signer->public_key()); }), ErrorKind::bad_signature);
  EXPECT_EQ(kind_of([&] { open_voucher(note, actor.signer->public_key()); }), ErrorKind::bad_signature);
  std::string odd = jws_sign("ain-note", {{"network", "x"}}, *actor.signer);
  EXPECT_EQ(kind_of([&] { open_note(odd, actor.signer->public_key()); }), ErrorKind::bad_signature);
  std::string large(kVoucherBytesMax + 1, 'a');
  EXPECT_EQ(kind_of([&] { open_note(large, actor.signer->public_key()); }), ErrorKind::bad_signature);
}

TEST(Voucher, Money) {
  EXPECT_EQ(metered_amount(100, 0), Amount());
  EXPECT_EQ(metered_amount(100, 9'999), Amount());  // 0.9999 µAIN
  EXPECT_EQ(metered_amount(100, 10'000), Amount::micro(1));
  EXPECT_EQ(metered_amount(3, 1'999'999), Amount::micro(5));  // 5.999997
  EXPECT_EQ(deposit_for(100, 3'600'000'000, 100'000), Amount::micro(396'000));
  EXPECT_EQ(deposit_for(1, 19'000'000, 100'000), Amount::micro(20));  // 19 and 1.9
  EXPECT_EQ(deposit_for(100, 3'600'000'000, 0), Amount::micro(360'000));
  EXPECT_THROW(deposit_for(int64_t{1} << 46, int64_t{1} << 41, 0), Error);
}

}  // namespace
}  // namespace ain::ledger
