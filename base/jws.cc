#include "base/jws.h"

#include "base/encoding.h"
#include "base/hash.h"

namespace ain {
namespace {

std::string header_of(std::string_view typ) { return fmt::format(R"({{"alg":"EdDSA","typ":"{}"}})", typ); }

}  // namespace

std::string jws_sign(std::string_view typ, const Json& payload, const Signer& signer) {
  const std::string input = base64url_encode(header_of(typ)) + '.' + base64url_encode(canonical(payload));
  return input + '.' + base64url_encode(as_view(signer.sign(input)));
}

Jws jws_decode(std::string_view compact, std::string_view typ, size_t bytes_max) {
  const auto refuse = [&](std::string_view why) { fail(ErrorKind::bad_signature, "the {} envelope {}", typ, why); };
  if (compact.size() > bytes_max) refuse(fmt::format("is larger than {} bytes", bytes_max));
  const size_t first = compact.find('.'), last = compact.rfind('.');
  if (first == std::string_view::npos || first == last) refuse("is not a compact JWS");
  // Nearly always it is the one that jws_sign() writes.
  const bool usual = compact.substr(0, first) == base64url_encode(header_of(typ));
  const auto header = usual ? header_of(typ) : base64url_decode(compact.substr(0, first));
  const auto payload = base64url_decode(compact.substr(first + 1, last - first - 1));
  const auto bytes = base64url_decode(compact.substr(last + 1));
  const auto signature = bytes ? to_array<64>(*bytes) : std::nullopt;
  if (!header || !payload || !signature) refuse("is not a compact JWS");
  // Any JOSE library may have made it: the header's members count, not their order or spacing.
  const auto is_wanted = [&] { return parse_json(*header, fmt::format("the header of the {} envelope", typ), 4096) == Json{{"alg", "EdDSA"}, {"typ", typ}}; };
  if (!usual && !is_wanted()) refuse(fmt::format("does not have the header {}", header_of(typ)));
  return {parse_json(*payload, fmt::format("the {} envelope", typ), bytes_max), std::string(compact.substr(0, last)),
          *signature};
}

Json jws_open(std::string_view compact, std::string_view typ, const PublicKey& key, size_t bytes_max) {
  Jws jws = jws_decode(compact, typ, bytes_max);
  if (!jws.verify(key)) fail(ErrorKind::bad_signature, "the {} envelope has a wrong signature", typ);
  return std::move(jws.payload);
}

}  // namespace ain
