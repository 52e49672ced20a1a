// SSH signatures (PROTOCOL.sshsig), as `ssh-keygen -Y sign` and `git commit -S` with gpg.format=ssh make them.
#pragma once

#include <string>
#include <string_view>

#include "base/keys.h"

namespace ain {

// The armored signature ("-----BEGIN SSH SIGNATURE-----"), SHA-512, in `name_space` ("git").
std::string sshsig_sign(std::string_view name_space, std::string_view message, const Signer& signer);

// The key that signed, when the signature is well-formed, Ed25519, of that namespace and valid; nothing otherwise.
std::optional<PublicKey> sshsig_verify(std::string_view name_space, std::string_view message,
                                       std::string_view armored);

}  // namespace ain
