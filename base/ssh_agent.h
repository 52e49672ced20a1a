// Signing through ssh-agent, for keys whose passphrase only the agent knows.
#pragma once

#include <memory>
#include <string>

#include "base/keys.h"

namespace ain {

// A signer for `key` held by the agent at $SSH_AUTH_SOCK; throws `failed` with the `ssh-add KEY_FILE` hint when there is no agent
// or it does not hold the key.
std::unique_ptr<Signer> agent_signer(const PublicKey& key, const std::string& key_file);

}  // namespace ain
