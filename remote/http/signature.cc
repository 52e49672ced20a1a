#include "remote/http/signature.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "base/encoding.h"
#include "base/handle.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"

namespace ain::remote {
namespace {

constexpr size_t kSignatureHeaderMax = 8192;
constexpr size_t kSignaturesMax = 8;
constexpr size_t kComponentsMax = 32;
constexpr size_t kParametersMax = 16;
constexpr size_t kNonceMin = 8, kNonceMax = 128;
constexpr std::string_view kTag = "ain";
constexpr std::string_view kAlgorithm = "ed25519";

template <typename... Args>
[[noreturn]] void fail_signature(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(ErrorKind::bad_signature,
              "bad request signature: " + fmt::format(format, std::forward<Args>(args)...));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alpha(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

// A value of RFC 8941 as far as RFC 9421 uses it.
struct BareItem {
  enum class Type { boolean, integer, string, token, bytes } type = Type::boolean;
  std::string text;  // decoded
  int64_t integer = 0;
};

// Reads the structured fields of RFC 8941 from left to right; what does not fit throws bad_signature.
class FieldReader {
 public:
  FieldReader(std::string_view text, std::string_view header) : text_(text), header_(header) {
    if (text.size() > kSignatureHeaderMax) fail_signature("'{}' is too long", header);
  }

  bool done() const { return at_ == text_.size(); }
  size_t position() const { return at_; }
  std::string_view since(size_t start) const { return text_.substr(start, at_ - start); }
  void skip_spaces() {
    while (!done() && text_[at_] == ' ') ++at_;
  }
  void skip_white() {
    while (!done() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }
  bool peek(char c) const { return !done() && text_[at_] == c; }
  bool take(char c) {
    if (!peek(c)) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail_signature("'{}' has no '{}' at {}", header_, c, at_);
  }
  // Between the members of a dictionary: true when another one follows.
  bool next_member() {
    skip_white();
    if (done()) return false;
    expect(',');
    skip_white();
    if (done()) fail_signature("'{}' ends with a comma", header_);
    return true;
  }

  std::string key() {
    const size_t start = at_;
    if (done() || !(is_lower(text_[at_]) || text_[at_] == '*')) fail_signature("'{}' has a bad key", header_);
    const auto in_key = [](char c) {
      return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
    };
    while (!done() && in_key(text_[at_])) ++at_;
    return std::string(since(start));
  }

  std::string string() {
    expect('"');
    std::string result;
    while (!take('"')) {
      if (done()) fail_signature("'{}' has an open string", header_);
      char c = text_[at_++];
      if (c == '\\') {
        if (!peek('"') && !peek('\\')) fail_signature("'{}' has a bad escape", header_);
        c = text_[at_++];
      }
      if (c < 0x20 || c > 0x7e) fail_signature("'{}' has a bad character", header_);
      result += c;
    }
    return result;
  }

  std::string bytes() {
    expect(':');
    const size_t end = text_.find(':', at_);
    if (end == std::string_view::npos) fail_signature("'{}' has open bytes", header_);
    const auto result = base64_decode(text_.substr(at_, end - at_));
    if (!result) fail_signature("'{}' has bad base64", header_);
    at_ = end + 1;
    return *result;
  }

  BareItem item() {
    BareItem result;
    if (peek('"')) {
      result = {BareItem::Type::string, string(), 0};
    } else if (peek(':')) {
      result = {BareItem::Type::bytes, bytes(), 0};
    } else if (take('?')) {
      if (!take('0') && !take('1')) fail_signature("'{}' has a bad boolean", header_);
    } else if (!done() && (is_digit(text_[at_]) || text_[at_] == '-')) {
      const size_t start = at_++;
      while (!done() && is_digit(text_[at_])) ++at_;
      const auto value = parse_integer(since(start), -999'999'999'999'999, 999'999'999'999'999);
      if (!value || at_ - start > 16 || peek('.')) fail_signature("'{}' has a bad number", header_);
      result = {BareItem::Type::integer, {}, *value};
    } else if (!done() && (is_alpha(text_[at_]) || text_[at_] == '*')) {
      const size_t start = at_;
      while (!done() && (is_alpha(text_[at_]) || is_digit(text_[at_]) ||
                         std::string_view("!#$%&'*+-.^_`|~:/").find(text_[at_]) != std::string_view::npos)) {
        ++at_;
      }
      result = {BareItem::Type::token, std::string(since(start)), 0};
    } else {
      fail_signature("'{}' has no value at {}", header_, at_);
    }
    return result;
  }

  // ";a=1;b" into pairs.
  std::vector<std::pair<std::string, BareItem>> parameters() {
    std::vector<std::pair<std::string, BareItem>> result;
    while (take(';')) {
      skip_spaces();
      std::string name = key();
      for (const auto& [other, value] : result) {
        if (other == name) fail_signature("'{}' has parameter '{}' twice", header_, name);
      }
      if (result.size() >= kParametersMax) fail_signature("'{}' has too many parameters", header_);
      result.emplace_back(std::move(name), take('=') ? item() : BareItem{});
    }
    return result;
  }

 private:
  std::string_view text_, header_;
  size_t at_ = 0;
};

std::vector<std::string> read_components(FieldReader& reader) {
  std::vector<std::string> result;
  reader.expect('(');
  reader.skip_spaces();
  while (!reader.take(')')) {
    std::string component = reader.string();
    const size_t start = reader.position();
    reader.parameters();
    component +=
        reader.since(start);  // a component with parameters keeps them, and is then none that we know
    if (result.size() >= kComponentsMax) fail_signature("too many components");
    if (std::find(result.begin(), result.end(), component) != result.end()) {
      fail_signature("component '{}' twice", sanitize(component));
    }
    result.push_back(std::move(component));
    if (!reader.peek(')')) {
      reader.expect(' ');
      reader.skip_spaces();
    }
  }
  return result;
}

SignatureInput read_input(FieldReader& reader) {
  SignatureInput input;
  input.label = reader.key();
  reader.expect('=');
  const size_t start = reader.position();
  input.components = read_components(reader);
  for (const auto& [name, value] : reader.parameters()) {
    const bool is_text = value.type == BareItem::Type::string;
    const bool is_integer = value.type == BareItem::Type::integer;
    if (name == "created" || name == "expires") {
      if (!is_integer || value.integer < 0) fail_signature("'{}' is no time", name);
      (name == "created" ? input.created : input.expires) = value.integer;
    } else if (name == "nonce" || name == "keyid" || name == "alg" || name == "tag") {
      if (!is_text) fail_signature("'{}' is no string", name);
      (name == "nonce"   ? input.nonce
       : name == "keyid" ? input.keyid
       : name == "alg"   ? input.alg
                         : input.tag) = value.text;
    }
  }
  input.parameters = reader.since(start);
  return input;
}

// The member `label` of a dictionary of byte sequences.
std::optional<std::string> find_bytes(std::string_view text, std::string_view header,
                                      std::string_view label) {
  std::optional<std::string> result;
  FieldReader reader(text, header);
  reader.skip_white();
  if (reader.done()) return result;
  size_t members = 0;
  do {
    if (++members > kSignaturesMax) fail_signature("'{}' has too many members", header);
    const std::string key = reader.key();
    BareItem item;
    if (reader.take('=')) item = reader.item();
    reader.parameters();
    if (key != label) continue;
    if (result) fail_signature("'{}' has '{}' twice", header, label);
    if (item.type != BareItem::Type::bytes) fail_signature("'{}' in '{}' is not bytes", label, header);
    result = item.text;
  } while (reader.next_member());
  return result;
}

// RFC 9421 section 2.2.3: lower case, without the port that https implies.
std::string normal_authority(std::string_view host) {
  std::string result(trim(host));
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (result.ends_with(":443")) result.resize(result.size() - 4);
  return result;
}

std::string component_value(const HttpRequest& request, const std::string& component) {
  if (component == "@method") return request.method;
  if (component == "@path") return request.raw_path();
  if (component == "@query") return "?" + request.raw_query();
  if (component == "@authority") {
    if (request.headers.count("host") != 1) fail_signature("'@authority' without one 'Host'");
    return normal_authority(request.headers.get("host"));
  }
  const bool is_field = !component.empty() && std::all_of(component.begin(), component.end(), [](char c) {
    return is_lower(c) || is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
  if (!is_field) fail_signature("component '{}' is not known", sanitize(component));
  const auto value = request.headers.combined(component);
  if (!value) fail_signature("the request has no '{}'", component);
  return *value;
}

std::string signature_base(const HttpRequest& request, const std::vector<std::string>& components,
                           std::string_view parameters) {
  std::string base;
  for (const std::string& component : components) {
    base += '"' + component + "\": " + component_value(request, component) + '\n';
  }
  base += "\"@signature-params\": ";
  base += parameters;
  return base;
}

Digest body_digest(const HttpRequest& request) {
  if (!request.body_file) return sha256(request.body);
  const std::filesystem::path& path = request.body_file->path();
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) fail_errno(fmt::format("cannot read '{}'", path.string()));
  Sha256 hash;
  std::string piece(256 << 10, '\0');
  while (true) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_errno(fmt::format("cannot read '{}'", path.string()));
    if (got == 0) return hash.finish();
    hash.update(std::string_view(piece.data(), static_cast<size_t>(got)));
  }
}

void check_covered(const HttpRequest& request, bool has_body, const SignatureInput& input) {
  std::vector<std::string_view> needed = {"@method", "@path", "@query", "ain-node"};
  if (!request.peer.local) needed.push_back("@authority");
  if (has_body) needed.push_back("content-digest");
  for (const std::string_view component : needed) {
    if (std::find(input.components.begin(), input.components.end(), component) == input.components.end()) {
      fail_signature("'{}' is not covered", component);
    }
  }
}

void check_time(const SignatureInput& input, int64_t now_ms) {
  if (!input.created) fail_signature("it has no 'created'");
  const int64_t age = now_ms - *input.created * 1000;
  const bool expired = input.expires && *input.expires * 1000 < now_ms;
  if (expired || age > kSignatureWindowMs || age < -kSignatureWindowMs) {
    throw Error(ErrorKind::bad_signature,
                fmt::format("bad request signature: it was made at {}, and here it is {}",
                            rfc3339(*input.created * 1000), rfc3339(now_ms)),
                "check the clock of this machine");
  }
}

PublicKey key_of_input(const SignatureInput& input) {
  if (input.alg != kAlgorithm) fail_signature("'alg' is not '{}'", kAlgorithm);
  const auto bytes = base64url_decode(input.keyid);
  const auto key = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!key) fail_signature("'keyid' is not an Ed25519 key");
  return PublicKey{*key};
}

}  // namespace

NonceCache::NonceCache(int64_t started_ms, size_t max, size_t per_key_max)
    : started_ms_(started_ms), max_(max), per_key_max_(per_key_max) {}

size_t NonceCache::size() const {
  const std::lock_guard lock(mutex_);
  return names_.size();
}

void NonceCache::forget_until(int64_t now_ms) {
  while (!by_expiry_.empty() && by_expiry_.begin()->first.first < now_ms) {
    const auto first = by_expiry_.begin();
    names_.erase(first->first.second);
    const auto count = per_key_.find(first->second);
    if (--count->second == 0) per_key_.erase(count);
    by_expiry_.erase(first);
  }
}

void NonceCache::use(const PublicKey& key, std::string_view nonce, int64_t created_ms, int64_t now_ms) {
  // `created` has whole seconds: one from the second of the start counts as after it.
  if (created_ms + 999 < started_ms_) {
    // A client whose clock lags is told to come again, not that its key is wrong.
    throw HttpFailure(503, ErrorKind::unreachable, "the request was signed before this node's start", "try again");
  }
  const Name name = sha256(std::string(as_view(key.bytes)) + std::string(nonce));
  const std::lock_guard lock(mutex_);
  forget_until(now_ms);
  if (names_.contains(name)) fail_signature("its nonce was used before");
  const auto mine = per_key_.find(key);
  if (names_.size() >= max_ || (mine != per_key_.end() && mine->second >= per_key_max_)) {
    throw Error(ErrorKind::refused,
                fmt::format("more than {} signed requests in {} s",
                            names_.size() >= max_ ? max_ : per_key_max_, 2 * kSignatureWindowMs / 1000),
                "try again in some minutes");
  }
  names_.insert(name);
  by_expiry_.emplace(std::make_pair(created_ms + kSignatureWindowMs, name), key);
  ++per_key_[key];
}

std::string content_digest(const HttpRequest& request) {
  return "sha-256=:" + base64_encode(as_view(body_digest(request))) + ":";
}

void sign_request(HttpRequest& request, const Signer& signer, const NodeId& target) {
  sign_request(request, signer, target, now_ms(), base64url_encode(random_bytes(16)));
}

void sign_request(HttpRequest& request, const Signer& signer, const NodeId& target, int64_t now_ms,
                  std::string_view nonce) {
  std::vector<std::string> components = {"@method", "@path", "@query", "ain-node"};
  request.headers.set("ain-node", target.text());
  if (request.headers.find("host")) components.insert(components.begin() + 1, "@authority");
  request.headers.remove("content-digest");
  if (request.has_body()) {
    request.headers.set("content-digest", content_digest(request));
    components.push_back("content-digest");
  }
  std::string list;
  for (const std::string& component : components) list += (list.empty() ? "\"" : " \"") + component + '"';
  const std::string parameters =
      fmt::format("({});created={};nonce=\"{}\";keyid=\"{}\";alg=\"{}\";tag=\"{}\"", list, now_ms / 1000,
                  nonce, base64url_encode(as_view(signer.public_key().bytes)), kAlgorithm, kTag);
  const Signature signature = signer.sign(signature_base(request, components, parameters));
  request.headers.set("signature-input", "ain=" + parameters);
  request.headers.set("signature", "ain=:" + base64_encode(as_view(signature)) + ":");
}

std::vector<SignatureInput> parse_signature_input(std::string_view header) {
  std::vector<SignatureInput> result;
  FieldReader reader(header, "Signature-Input");
  reader.skip_white();
  if (reader.done()) return result;
  do {
    if (result.size() >= kSignaturesMax) fail_signature("more than {} signatures", kSignaturesMax);
    SignatureInput input = read_input(reader);
    for (const SignatureInput& other : result) {
      if (other.label == input.label) fail_signature("label '{}' twice", input.label);
    }
    result.push_back(std::move(input));
  } while (reader.next_member());
  return result;
}

std::optional<PublicKey> verify_request(const HttpRequest& request, const NodeId& self, int64_t now_ms,
                                        NonceCache& nonces) {
  const auto key = verify_headers(request, request.has_body(), self, now_ms, nonces);
  if (key && request.has_body()) check_body(request);  // last, as it may be large
  return key;
}

std::optional<PublicKey> verify_headers(const HttpRequest& request, bool has_body, const NodeId& self,
                                        int64_t now_ms, NonceCache& nonces) {
  const auto header = request.headers.combined("signature-input");
  if (!header) return std::nullopt;
  std::optional<SignatureInput> input;
  for (SignatureInput& candidate : parse_signature_input(*header)) {
    if (candidate.tag != kTag) continue;
    if (input) fail_signature("there are several with the tag '{}'", kTag);
    input = std::move(candidate);
  }
  if (!input) return std::nullopt;

  // The cheap questions first.
  const PublicKey key = key_of_input(*input);
  check_covered(request, has_body, *input);
  check_time(*input, now_ms);
  if (input->nonce.size() < kNonceMin || input->nonce.size() > kNonceMax)
    fail_signature("its nonce has a bad size");
  if (request.headers.combined("ain-node") != self.text()) {
    throw Error(ErrorKind::bad_signature, "bad request signature: it is for another node",
                fmt::format("this node is {}", self.text()));
  }
  const auto bytes =
      find_bytes(request.headers.combined("signature").value_or(""), "Signature", input->label);
  const auto signature = bytes ? to_array<64>(*bytes) : std::nullopt;
  if (!signature) fail_signature("there are no 64 bytes under '{}'", input->label);
  if (!verify(key, signature_base(request, input->components, input->parameters), *signature)) {
    fail_signature("it does not match the request");
  }
  nonces.use(key, input->nonce, *input->created * 1000, now_ms);
  return key;
}

void check_body(const HttpRequest& request) {
  const auto digest =
      find_bytes(request.headers.combined("content-digest").value_or(""), "Content-Digest", "sha-256");
  if (!digest || *digest != as_view(body_digest(request))) fail_signature("the body has another digest");
}

}  // namespace ain::remote
