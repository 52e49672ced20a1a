#include "cli/outbox.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"

namespace ain::cli {
namespace {

// What became of the transaction in `file` when it says the same as `body`: made by now. Of another one it is only told whether it was; what
// nobody asks for any more is not sent after all.
std::optional<ledger::Applied> finish_earlier(Context& context, const std::filesystem::path& file, const ledger::Body& body) {
  const auto envelope = read_file_if_exists(file, ledger::kEnvelopeBytesMax);
  if (!envelope) return std::nullopt;
  const ledger::Transaction earlier = ledger::decode_transaction(*envelope);
  const bool same = earlier.bodies.at(0).index() == body.index() && body_json(earlier.bodies.at(0)) == body_json(body);
  std::optional<ledger::Applied> applied;
  if (same) applied = context.ledger().submit(*envelope);
  if (applied && applied->refusal != ledger::Refusal::none) applied.reset();
  const bool made = applied || context.ledger().transaction(earlier.txid);
  std::filesystem::remove(file);
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
  try {
    const ledger::Applied applied = context.sender().send(body, [&](const std::string& envelope) { write_file_atomic(file, envelope, 0600); });
    std::filesystem::remove(file);
    return applied;
  } catch (Error& error) {
    if (error.kind() != ErrorKind::unreachable) std::filesystem::remove(file);
    else error.set_hint("whether it arrived is not known; type it again: it is made once");
    throw;
  }
}

}  // namespace ain::cli
