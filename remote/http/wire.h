// What the server puts on the wire, and what it does not take from it: HTTP/1.1 framing without any socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "remote/http/message.h"

namespace ain::remote {

// A request that is answered without asking the handler; the connection is closed after it.
struct Refusal {
  int status = 400;
  std::string message;
};

// Questions about a request's header on top of the parser's: nothing that two readers could frame differently
// (RFC 9112 section 6.3 and 11.2) comes through. `version`: 11 for HTTP/1.1.
std::optional<Refusal> check_header(std::string_view method, unsigned version, const Headers& headers);

HttpResponse refusal_response(const Refusal& refusal);

enum class BodyForm { sized, chunked, none };

// Status line and fields, to the empty line. Throws `bug` for a field that would break the framing.
std::string response_head(const HttpResponse& response, BodyForm form, int64_t size, bool keep_alive);
std::string_view reason_of(int status);
bool may_have_body(int status);

std::string chunk_head(size_t size);  // "1f\r\n"
inline constexpr std::string_view kChunkTail = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace ain::remote
