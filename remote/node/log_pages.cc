#include "remote/node/log_pages.h"

#include <algorithm>
#include <span>

#include "base/encoding.h"
#include "base/text.h"

namespace ain::remote {
namespace {

using ledger::kTileWidth;

// "x001/x234/067.p/5" -> 1234067, and 5; C2SP's way to write a tile's number, so that no folder of a file server holds more than 1,000.
struct TilePlace {
  int64_t number = 0;
  int64_t width = kTileWidth;
};
std::optional<TilePlace> tile_place(std::span<const std::string> parts) {
  TilePlace place;
  std::string digits;
  for (size_t i = 0; i < parts.size(); ++i) {
    std::string part = parts[i];
    const bool partial = part.ends_with(".p");
    if (partial) {
      if (i + 2 != parts.size()) return std::nullopt;
      const auto width = parse_integer(parts[i + 1], 1, kTileWidth - 1);
      if (!width) return std::nullopt;
      place.width = *width;
      part.resize(part.size() - 2);
    }
    const bool last = partial || i + 1 == parts.size();
    if (!last && (part.empty() || part[0] != 'x')) return std::nullopt;
    if (!last) part.erase(0, 1);
    if (part.size() != 3 || digits.size() > 12) return std::nullopt;
    digits += part;
    if (last) break;
  }
  const auto number = parse_integer(digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1)), 0, INT64_MAX);
  if (!number) return std::nullopt;
  place.number = *number;
  return place;
}

HttpResponse tile_response(std::optional<std::string> bytes, const TilePlace& place) {
  if (!bytes) fail_not_found("such tile yet");
  HttpResponse response = text_response(200, *std::move(bytes), "application/octet-stream");
  // A tile of some width never changes.
  response.headers.set("cache-control", place.width == kTileWidth ? "public, max-age=31536000, immutable" : "public, max-age=3600");
  return response;
}

HttpResponse tile(const ledger::Ledger& ledger, const std::vector<std::string>& parts) {
  const auto place = tile_place(std::span(parts).subspan(2));
  if (!place) fail(ErrorKind::usage, "a tile's path is tile/LEVEL/NUMBER or tile/LEVEL/NUMBER.p/WIDTH, the number in groups of three digits");
  if (parts[1] == "entries") return tile_response(ledger.entries(place->number, place->width), *place);
  const auto level = parse_integer(parts[1], 0, ledger::kTileLevelsMax - 1);
  if (!level) fail(ErrorKind::usage, "'{}' is no level of tiles", sanitize(parts[1].substr(0, 20)));
  return tile_response(ledger.tile(static_cast<int>(*level), place->number, place->width), *place);
}

}  // namespace

Digest digest_of(const std::string& text) {
  const auto bytes = from_hex(text);
  const auto digest = bytes ? to_array<32>(*bytes) : std::nullopt;
  if (!digest) fail(ErrorKind::usage, "'{}' is not a hash of 64 hex digits", sanitize(text.substr(0, 80)));
  return *digest;
}

int64_t number(const HttpRequest& request, const char* name, int64_t fallback, int64_t max) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return fallback;
  const auto value = parse_integer(found->second, 0, max);
  if (!value) fail(ErrorKind::usage, "'{}' must be a number within 0..{}", name, max);
  return *value;
}

std::optional<HttpResponse> log_page(const ledger::Ledger& ledger, const HttpRequest& request, const std::vector<std::string>& parts) {
  if (request.path == "/checkpoint") return text_response(200, ledger.checkpoint());
  if (parts.size() >= 3 && parts[0] == "tile") return tile(ledger, parts);
  if (request.path == "/v1/ledger/consistency") {
    Json path = Json::array();
    for (const Digest& hash : ledger.consistency(number(request, "from", 0, INT64_MAX), number(request, "to", ledger.size(), INT64_MAX))) {
      path.push_back(base64_encode(as_view(hash)));
    }
    return json_response(200, path);
  }
  if (parts.size() == 5 && parts[0] == "v1" && parts[1] == "ledger" && parts[2] == "transactions" && parts[4] == "receipt") {
    auto receipt = ledger.receipt(digest_of(parts[3]));
    if (!receipt) fail_not_found("such transaction");
    return text_response(200, *std::move(receipt));
  }
  if (parts.size() == 5 && parts[0] == "v1" && parts[1] == "ledger" && parts[2] == "accounts" && parts[4] == "proof") {
    auto proof = ledger.balance_proof(AccountId::parse(parts[3]));
    if (!proof) fail_not_found("account on the ledger");
    return text_response(200, *std::move(proof));
  }
  return std::nullopt;
}

}  // namespace ain::remote
