// HTTP messages beyond the parser's framing. The first byte: a request's target; its header fields; a signature header; a request that is
// signed, changed and verified; a stream of events; an error's body.
#include "base/text.h"
#include "remote/http/signature.h"
#include "remote/http/sse.h"
#include "remote/http/wire.h"
#include "tests/fuzz/harness.h"

namespace ain::remote {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;

const Signer& signer() {
  static const auto signer = key_from_seed(std::string(32, 'k'));
  return *signer;
}
NodeId node() { return node_of(signer().public_key()); }

void target(std::string_view text) {
  const auto request = value_or_error([&] { return HttpRequest("GET", std::string(text)); });
  const auto decoded = percent_decode(text, false);
  if (decoded) must(percent_decode(percent_encode(*decoded), false) == decoded);
  if (!request) return;
  must(request->path.starts_with('/') && is_utf8(request->path) && request->path.find('\0') == std::string::npos);
  must((request->path + "/").find("/../") == std::string::npos && (request->path + "/").find("/./") == std::string::npos);
  must(request->query.size() <= kQueryItemsMax);
  // What was decoded, encoded again, is the same request.
  std::string again;
  for (const char c : request->path) again += c == '/' ? "/" : percent_encode(std::string_view(&c, 1));
  char mark = '?';
  for (const auto& [name, value] : request->query) again += std::exchange(mark, '&') + percent_encode(name) + "=" + percent_encode(value);
  if (again.size() > kTargetBytesMax) return;
  const auto same = value_or_error([&] { return HttpRequest("GET", again); });
  // A name of nothing with a value of nothing is left out when it stands alone.
  must(same && same->path == request->path && same->query == request->query);
}

Headers read_headers(Input& input) {
  Headers headers;
  for (int left = 64; left > 0 && !input.at_end(); --left) {
    const std::string_view line = input.text();
    const size_t colon = line.find(':');
    headers.add(std::string(line.substr(0, colon)), colon == line.npos ? "" : std::string(line.substr(colon + 1)));
  }
  return headers;
}

void fields(Input& input) {
  const unsigned version = 10 + input.below(3);
  const std::string method(input.text());
  HttpResponse response;
  response.status = 200 + static_cast<int>(input.byte());
  response.headers = read_headers(input);
  const auto refusal = check_header(method, version, response.headers);
  if (refusal) {
    must(refusal->status >= 400 && !refusal_response(*refusal).body.empty());
    return;
  }
  // What the server takes it can also say; nothing in it ends the header early.
  const std::string head = response_head(response, BodyForm::sized, 1, true);
  must(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == head.size() - 4);
  must(response.headers.combined("host").has_value());
}

void signature_input(std::string_view text) {
  const auto inputs = value_or_error([&] { return parse_signature_input(text); });
  if (!inputs) return;
  for (const SignatureInput& input : *inputs) {
    const auto again = parse_signature_input(input.label + "=" + input.parameters);
    must(again.size() == 1 && again[0].components == input.components && again[0].parameters == input.parameters);
    must(again[0].nonce == input.nonce && again[0].created == input.created);
  }
}

// Headers that a stranger wrote, beside those that a signer would.
void signed_request(Input& input) {
  const int how = static_cast<int>(input.below(4));
  auto request = value_or_error([&] { return HttpRequest("POST", std::string(input.text()), std::string(input.text())); });
  if (!request) return;
  request->peer.local = how == 1;
  const Headers headers = read_headers(input);
  for (const auto& [name, value] : headers) request->headers.add(name, value);
  NonceCache nonces(kNowMs - 1000);
  if (how == 0) {
    value_or_error([&] { return verify_request(*request, node(), kNowMs, nonces); });
    return;
  }
  // A signature over what is there holds, once; and not for another body.
  if (how == 2) request->headers.set("host", "node:7433");
  if (!value_or_error([&] { return sign_request(*request, signer(), node(), kNowMs, "0123456789abcdef"), true; })) return;
  const auto key = value_or_error([&] { return verify_request(*request, node(), kNowMs, nonces); });
  must(how != 2 || (key && *key == signer().public_key()));
  if (!key || !*key) return;
  must(!value_or_error([&] { return verify_request(*request, node(), kNowMs, nonces); }));
  NonceCache others(kNowMs - 1000);
  request->body += "x";
  must(!value_or_error([&] { return verify_request(*request, node(), kNowMs, others); }));
}

std::vector<SseEvent> events_of(std::string_view text, size_t piece) {
  std::vector<SseEvent> events;
  SseParser parser;
  for (size_t at = 0; at < text.size(); at += piece) {
    must(parser.feed(text.substr(at, piece), [&](const SseEvent& event) { return events.push_back(event), true; }));
  }
  return events;
}

// Whatever it is cut into; and written again it reads the same.
void events(Input& input) {
  const size_t piece = 1 + input.byte();
  const std::vector<SseEvent> events = events_of(input.rest(), SIZE_MAX / 2);
  must(events_of(input.rest(), piece) == events);
  std::string text;
  for (const SseEvent& event : events) text += sse_text(event);
  std::vector<SseEvent> again = events_of(text, SIZE_MAX / 2);
  must(again.size() == events.size());
  for (size_t i = 0; i < events.size(); ++i) must(again[i].data == events[i].data && again[i].event == events[i].event);
}

void error_body(Input& input) {
  HttpResponse response;
  response.status = 200 + 2 * input.byte();
  response.body = input.rest();
  try {
    throw_if_error(response);
    must(response.status < 400);
  } catch (const Error& error) {
    must(response.status >= 400 && is_utf8(error.message()));
    must(error.message().find('\x1b') == std::string::npos);
  }
}

}  // namespace
}  // namespace ain::remote

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ain::remote;
  ain::Input input(data, size);
  switch (input.below(6)) {
    case 0: target(input.rest()); break;
    case 1: fields(input); break;
    case 2: signature_input(input.rest()); break;
    case 3: signed_request(input); break;
    case 4: events(input); break;
    default: error_body(input);
  }
  return 0;
}
