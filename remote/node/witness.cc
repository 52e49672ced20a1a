#include "remote/node/witness.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/merkle.h"
#include "base/text.h"
#include "base/time.h"

namespace ain::remote {
namespace {

constexpr size_t kAddCheckpointBytesMax = 64 << 10;
constexpr size_t kProofLinesMax = 63;
constexpr std::string_view kOld = "old ";

struct AddCheckpoint {
  int64_t old_size = 0;
  std::vector<Digest> proof;
  std::string checkpoint;
};

[[noreturn]] void malformed(std::string_view why) {
  throw HttpFailure(400, ErrorKind::usage, fmt::format("this is no add-checkpoint request: {}", why));
}

AddCheckpoint parse_add_checkpoint(const std::string& body) {
  const size_t gap = body.find("\n\n");
  if (body.size() > kAddCheckpointBytesMax || gap == body.npos) malformed("it is too long, or has no empty line");
  AddCheckpoint request;
  const std::vector<std::string> lines = split(std::string_view(body).substr(0, gap), '\n');
  const auto old_size = lines[0].starts_with(kOld) ? parse_integer(lines[0].substr(kOld.size()), 0, INT64_MAX) : std::nullopt;
  if (!old_size || fmt::format("{}{}", kOld, *old_size) != lines[0]) malformed("it does not begin with 'old SIZE'");
  request.old_size = *old_size;
  for (size_t i = 1; i < lines.size(); ++i) {
    const auto bytes = base64_decode(lines[i]);
    const auto hash = bytes ? to_array<32>(*bytes) : std::nullopt;
    if (!hash || i > kProofLinesMax) malformed("its proof is no list of hashes, or too long");
    request.proof.push_back(*hash);
  }
  request.checkpoint = body.substr(gap + 2);
  return request;
}

HttpResponse conflict(int64_t size) { return text_response(409, fmt::format("{}\n", size), "text/x.tlog.size"); }

}  // namespace

int64_t Witness::cosigned_size() const {
  const auto kept = ledger_.kept_checkpoint();
  const auto checkpoint = kept ? ledger::open_checkpoint(*kept, ledger_.network(), ledger_.genesis().sequencer) : std::nullopt;
  return checkpoint ? checkpoint->size : 0;
}

// Only what was replayed here is vouched for: log and state.
bool Witness::holds(const ledger::Checkpoint& checkpoint) const {
  return checkpoint.size <= ledger_.size() && ledger_.log_root(checkpoint.size) == checkpoint.root &&
         ledger_.state_at(checkpoint.size) == checkpoint.state;
}

// Under mutex_. Durable before anybody sees it.
std::string Witness::cosign(const std::string& checkpoint) {
  const ledger::Cosignature word = ledger::cosign(checkpoint, *key_, now_ms() / 1000);
  // What others have written below it stays away.
  const std::string text = ledger::signed_alone(checkpoint, ledger_.network(), ledger_.genesis().sequencer).value() + word.line;
  ledger_.keep_checkpoint(text);
  return text;
}

std::optional<std::string> Witness::take(const std::string& checkpoint) {
  const std::lock_guard lock(mutex_);
  const auto kept = ledger_.kept_checkpoint();
  if (kept && ledger::body_of(*kept) == ledger::body_of(checkpoint)) return std::nullopt;
  const auto opened = ledger::open_checkpoint(checkpoint, ledger_.network(), ledger_.genesis().sequencer);
  if (!opened || opened->size < cosigned_size() || !holds(*opened)) return std::nullopt;
  return cosign(checkpoint);
}

HttpResponse Witness::add_checkpoint(const std::string& body) {
  const AddCheckpoint request = parse_add_checkpoint(body);
  const std::string origin = request.checkpoint.substr(0, request.checkpoint.find('\n'));
  if (origin != ledger_.network()) fail_not_found("log of that origin here");
  const auto checkpoint = ledger::open_checkpoint(request.checkpoint, origin, ledger_.genesis().sequencer);
  if (!checkpoint) throw HttpFailure(403, ErrorKind::bad_signature, "the checkpoint is not signed by the key that keeps the ledger");
  if (request.old_size > checkpoint->size) malformed("the old size is above the checkpoint's");
  const std::lock_guard lock(mutex_);
  const int64_t last = cosigned_size();
  if (request.old_size != last) return conflict(last);
  const Digest last_root = ledger_.log_root(last);
  if (last == checkpoint->size && last_root != checkpoint->root) return conflict(last);
  const auto old_leaves = static_cast<uint64_t>(last), leaves = static_cast<uint64_t>(checkpoint->size);
  if (!merkle_consistent(old_leaves, last_root, leaves, checkpoint->root, request.proof)) {
    throw HttpFailure(422, ErrorKind::verification, "the proof of consistency does not hold");
  }
  if (checkpoint->size > ledger_.size()) {
    return later_response(503, "this witness has not replayed the log so far yet", "try again");
  }
  if (!holds(*checkpoint)) {
    throw HttpFailure(422, ErrorKind::verification, "the log that was replayed here, or the state after it, is another one");
  }
  const std::string cosigned = cosign(request.checkpoint);
  return text_response(200, ledger::open_cosignatures(cosigned).at(0).line);
}

}  // namespace ain::remote
