#include "cli/outbox.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/time.h"

namespace ain::cli {
namespace {

// Somebody who types the same long after it was made may mean another one.
[[noreturn]] void fail_made_before(const ledger::Transaction& earlier) {
  fail_with_hint(ErrorKind::failed, "to send another one, type it again",
                 "this very {}, whose answer was lost, was made some time ago (ain ledger show {}); nothing was sent now", earlier.type(),
                 to_hex(earlier.txid).substr(0, 12));
}

ledger::Transaction read_earlier(const std::filesystem::path& file, const std::string& envelope) {
  try {
    return ledger::decode_transaction(envelope);
  } catch (const Error& error) {
    fail_with_hint(ErrorKind::failed, fmt::format("see whether it was made: ain ledger history; then: rm '{}'", file.string()),
                   "'{}' keeps a transaction whose answer was lost, and is damaged: {}", file.string(), error.message());
  }
}

// What became of the transaction in `file` when it says the same as `body`: made by now. Of another one it is only told whether it was; what
// nobody asks for any more is not sent after all.
std::optional<ledger::Applied> finish_earlier(Context& context, const std::filesystem::path& file, const ledger::Body& body) {
  const auto envelope = read_file_if_exists(file, ledger::kEnvelopeBytesMax);
  if (!envelope) return std::nullopt;
  const ledger::Transaction earlier = read_earlier(file, *envelope);
  const bool same = earlier.bodies.at(0).index() == body.index() && body_json(earlier.bodies.at(0)) == body_json(body);
  const bool is_old = earlier.valid_until_ms < now_ms();
  std::optional<ledger::Applied> applied;
  if (same && !is_old) applied = context.ledger().submit(*envelope);
  if (applied && applied->refusal != ledger::Refusal::none) applied.reset();
  const bool made = applied || context.ledger().transaction(earlier.txid);
  std::filesystem::remove(file);
  if (made && same && is_old) fail_made_before(earlier);
  if (made) {
    context.out.say("an earlier {}, whose answer was lost, has been made: ain ledger show {}", earlier.type(),
                    to_hex(earlier.txid).substr(0, 12));
  }
  return applied;
}

}  // namespace

ledger::Applied send_once(Context& context, const ledger::Body& body) {
  const auto folder = context.paths.state / "outbox";
  make_private_folder(folder);
  const std::string name = context.network().id() + "." + context.account().id.text();
  const FileLock lock = FileLock::acquire(folder / (name + ".lock"));
  const auto file = folder / name;
  if (const auto earlier = finish_earlier(context, file, body)) return *earlier;
  ledger::Applied applied;
  try {
    applied = context.sender().try_send(body, [&](const std::string& envelope) { write_file_atomic(file, envelope, 0600); });
  } catch (Error& error) {
    // Only the ledger's own word says what became of it.
    if (std::filesystem::exists(file)) error.set_hint("whether it arrived is not known; type it again: it is made once");
    throw;
  }
  std::filesystem::remove(file);
  if (applied.refusal != ledger::Refusal::none) remote::fail_refused(applied);
  return applied;
}

}  // namespace ain::cli
