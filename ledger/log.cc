#include "ledger/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/encoding.h"
#include "base/merkle.h"
#include "base/text.h"
#include "ledger/limits.h"

namespace ain::ledger {
namespace {

constexpr std::string_view kSignatureMark =
    "\u2014 ";  // a signature line of a signed note starts with an em dash
constexpr char kEd25519 = 1, kCosignature = 4;  // types of a note's signature
constexpr size_t kKeyIdBytes = 4;

// The first four bytes of SHA-256(name || "\n" || type || key).
std::string note_key_id(std::string_view name, const PublicKey& key, char type = kEd25519) {
  std::string input = fmt::format("{}\n{}{}", name, type, as_view(key.bytes));
  return std::string(as_view(sha256(input)).substr(0, kKeyIdBytes));
}

bool holds_signature(std::string_view line, std::string_view text, std::string_view origin,
                     const PublicKey& key) {
  std::string start = fmt::format("{}{} ", kSignatureMark, origin);
  if (!line.starts_with(start)) return false;
  auto bytes = base64_decode(line.substr(start.size()));
  if (!bytes || bytes->substr(0, kKeyIdBytes) != note_key_id(origin, key)) return false;
  auto signature = to_array<64>(std::string_view(*bytes).substr(kKeyIdBytes));
  return signature && verify(key, text, *signature);
}

// What a cosignature is made over.
std::string cosigned(std::string_view body, int64_t time_s) { return fmt::format("cosignature/v1\ntime {}\n{}", time_s, body); }

// Those below a body; none of them where there are more than anybody needs.
std::vector<std::string> signature_lines(std::string_view checkpoint, std::string_view body) {
  std::vector<std::string> lines = split(checkpoint.substr(body.size() + 1), '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();  // behind the last line's end
  return lines.size() > kCheckpointSignaturesMax ? std::vector<std::string>() : lines;
}

// Text, as a signed note is: so that it fits a terminal, and JSON.
bool is_note_text(std::string_view text) {
  return is_utf8(text) && std::none_of(text.begin(), text.end(), [](unsigned char byte) { return byte < 0x20 && byte != '\n'; });
}

std::optional<Cosignature> open_cosignature(std::string_view line, std::string_view body, const WitnessFilter& counts) {
  if (!line.starts_with(kSignatureMark)) return std::nullopt;
  const std::string_view rest = line.substr(kSignatureMark.size());
  const size_t space = rest.find(' ');
  const auto node = NodeId::from_text(rest.substr(0, space));
  const auto bytes = space == rest.npos ? std::nullopt : base64_decode(rest.substr(space + 1));
  if (!node || (counts && !counts(*node)) || !bytes || bytes->size() != kKeyIdBytes + 8 + sizeof(Signature)) return std::nullopt;
  const PublicKey key = key_of(*node);
  if (bytes->substr(0, kKeyIdBytes) != note_key_id(node->text(), key, kCosignature)) return std::nullopt;
  uint64_t time_s = 0;
  for (const char byte : bytes->substr(kKeyIdBytes, 8)) time_s = time_s << 8 | static_cast<unsigned char>(byte);
  const auto signature = to_array<64>(std::string_view(*bytes).substr(kKeyIdBytes + 8));
  if (time_s > INT64_MAX || !verify(key, cosigned(body, static_cast<int64_t>(time_s)), *signature)) return std::nullopt;
  return Cosignature{*node, static_cast<int64_t>(time_s), std::string(line) + "\n"};
}

}  // namespace

std::string log_bytes(std::string_view envelope, int64_t height, int64_t time_ms, const Digest& writes) {
  return fmt::format(R"({}{{"code":0,"height":{},"time":{},"writes":"{}"}})", envelope, height, time_ms, to_hex(writes));
}

Digest log_leaf(std::string_view envelope, int64_t height, int64_t time_ms, const Digest& writes) {
  return merkle_leaf(log_bytes(envelope, height, time_ms, writes));
}

void LogTree::append(const Digest& leaf) {
  Digest carried = leaf;
  for (int64_t rest = size_; rest & 1; rest >>= 1) {
    carried = merkle_node(subtrees_.back(), carried);
    subtrees_.pop_back();
  }
  subtrees_.push_back(carried);
  ++size_;
}

Digest LogTree::root() const {
  if (subtrees_.empty()) return merkle_empty();
  Digest root = subtrees_.back();
  for (size_t i = subtrees_.size() - 1; i-- > 0;) root = merkle_node(subtrees_[i], root);
  return root;
}

std::string LogTree::bytes() const {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(size_ >> shift & 0xff));
  for (const Digest& subtree : subtrees_) bytes += as_view(subtree);
  return bytes;
}

std::optional<LogTree> LogTree::from_bytes(std::string_view bytes) {
  if (bytes.size() < 8) return std::nullopt;
  uint64_t size = 0;
  for (char byte : bytes.substr(0, 8)) size = size << 8 | static_cast<unsigned char>(byte);
  if (size >> 53 != 0 || bytes.size() != 8 + 32 * static_cast<size_t>(std::popcount(size)))
    return std::nullopt;
  LogTree log;
  log.size_ = static_cast<int64_t>(size);
  for (size_t at = 8; at < bytes.size(); at += 32)
    log.subtrees_.push_back(*to_array<32>(bytes.substr(at, 32)));
  return log;
}

std::string checkpoint_body(const std::string& origin, const LogTree& log, const StateAt& state) {
  return fmt::format("{}\n{}\n{}\nstate {} {}\n", origin, log.size(), base64_encode(as_view(log.root())), state.height,
                     base64_encode(as_view(state.root)));
}

std::string sign_checkpoint(std::string body, const std::string& origin, const Signer* sequencer) {
  if (!sequencer) return body;
  std::string signature = note_key_id(origin, sequencer->public_key());
  signature += as_view(sequencer->sign(body));
  return fmt::format("{}\n{}{} {}\n", body, kSignatureMark, origin, base64_encode(signature));
}

std::string make_checkpoint(const std::string& origin, const LogTree& log, const StateAt& state, const Signer* sequencer) {
  return sign_checkpoint(checkpoint_body(origin, log, state), origin, sequencer);
}

std::string_view body_of(std::string_view checkpoint) {
  const size_t gap = checkpoint.find("\n\n");
  if (checkpoint.size() > kCheckpointBytesMax || gap == checkpoint.npos || !checkpoint.ends_with('\n')) return {};
  if (gap >= kCheckpointBodyBytesMax || !is_note_text(checkpoint)) return {};
  return checkpoint.substr(0, gap + 1);
}

std::optional<std::string> signed_alone(std::string_view checkpoint, std::string_view origin, const PublicKey& key) {
  const std::string_view body = body_of(checkpoint);
  if (body.empty()) return std::nullopt;
  for (const std::string& line : signature_lines(checkpoint, body)) {
    if (holds_signature(line, body, origin, key)) return fmt::format("{}\n{}\n", body, line);
  }
  return std::nullopt;
}

Cosignature cosign(std::string_view checkpoint, const Signer& witness, int64_t time_s) {
  const NodeId node = node_of(witness.public_key());
  std::string bytes = note_key_id(node.text(), witness.public_key(), kCosignature);
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(time_s >> shift & 0xff));
  bytes += as_view(witness.sign(cosigned(body_of(checkpoint), time_s)));
  return {node, time_s, fmt::format("{}{} {}\n", kSignatureMark, node.text(), base64_encode(bytes))};
}

std::vector<Cosignature> open_cosignatures(std::string_view checkpoint, const WitnessFilter& counts) {
  const std::string_view body = body_of(checkpoint);
  std::vector<Cosignature> found;
  if (body.empty()) return found;
  for (const std::string& line : signature_lines(checkpoint, body)) {
    const auto cosignature = open_cosignature(line, body, counts);
    const auto same = [&](const Cosignature& other) { return other.witness == cosignature->witness; };
    if (cosignature && std::none_of(found.begin(), found.end(), same)) found.push_back(*cosignature);
  }
  return found;
}

std::optional<Checkpoint> open_checkpoint(std::string_view text, std::string_view origin,
                                          const PublicKey& key) {
  const std::string_view body = body_of(text);
  std::vector<std::string> lines = split(body.substr(0, body.size() - 1), '\n');
  if (!signed_alone(text, origin, key) || lines.size() < 4 || lines[0] != origin) return std::nullopt;
  auto size = parse_integer(lines[1], 0, INT64_MAX);
  auto bytes = base64_decode(lines[2]);
  auto root = bytes ? to_array<32>(*bytes) : std::nullopt;
  const std::vector<std::string> state = split(lines[3], ' ');
  if (!size || !root || state.size() != 3 || state[0] != "state") return std::nullopt;
  auto height = parse_integer(state[1], 0, INT64_MAX);
  auto state_bytes = base64_decode(state[2]);
  auto state_root = state_bytes ? to_array<32>(*state_bytes) : std::nullopt;
  if (!height || !state_root) return std::nullopt;
  return Checkpoint{*size, *root, {*height, *state_root}};
}

}  // namespace ain::ledger
