#include "base/ssh_agent.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <mutex>

#include "base/encoding.h"
#include "base/error.h"
#include "base/files.h"
#include "base/handle.h"
#include "base/process.h"
#include "base/ssh_wire.h"

namespace ain {
namespace {

// Message numbers of the agent protocol.
constexpr uint8_t kRequestIdentities = 11, kIdentitiesAnswer = 12, kSignRequest = 13, kSignResponse = 14;
constexpr uint32_t kMessageBytesMax = 256 << 10;
constexpr int kAnswerSecondsMax = 60;  // an agent may ask its user to confirm

Fd connect_agent(const std::string& key_file) {
  const auto path = environment_variable("SSH_AUTH_SOCK");
  const std::string hint = fmt::format("start an agent and give it the key: eval $(ssh-agent) && ssh-add {}", key_file);
  if (!path) fail_with_hint(ErrorKind::failed, hint, "it is protected by a passphrase and no ssh-agent is running");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path->size() >= sizeof address.sun_path) fail(ErrorKind::failed, "SSH_AUTH_SOCK is too long");
  std::memcpy(address.sun_path, path->c_str(), path->size() + 1);
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{kAnswerSecondsMax, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail_with_hint(ErrorKind::failed, hint, "cannot reach the ssh-agent at '{}': {}", *path, errno_text());
  }
  return fd;
}

std::string read_exactly(int fd, size_t size) {
  std::string bytes(size, '\0');
  for (size_t done = 0; done < size;) {
    const ssize_t got = read(fd, bytes.data() + done, size - done);
    if (got <= 0) fail(ErrorKind::bad_signature, "the ssh-agent did not answer");
    done += static_cast<size_t>(got);
  }
  return bytes;
}

std::string ask(int fd, std::string_view message) {
  write_all(fd, SshWriter().string(message).bytes(), "the ssh-agent");
  const std::string header = read_exactly(fd, 4);
  const uint32_t size = *SshReader(header).u32();
  if (size == 0 || size > kMessageBytesMax) fail(ErrorKind::bad_signature, "the ssh-agent answered nonsense");
  return read_exactly(fd, size);
}

bool holds(int fd, const PublicKey& key) {
  const std::string answer = ask(fd, SshWriter().u8(kRequestIdentities).bytes());
  SshReader reader(answer);
  if (reader.u8() != kIdentitiesAnswer) return false;
  const auto count = reader.u32();
  for (uint32_t i = 0; count && i < *count; ++i) {
    const auto blob = reader.string();
    if (!blob || !reader.string()) return false;
    if (*blob == key.wire()) return true;
  }
  return false;
}

class AgentSigner : public Signer {
 public:
  AgentSigner(Fd fd, const PublicKey& key) : fd_(std::move(fd)), key_(key) {}

  const PublicKey& public_key() const override { return key_; }

  Signature sign(std::string_view message) const override {
    const std::lock_guard lock(mutex_);
    const std::string answer =
        ask(fd_.get(), SshWriter().u8(kSignRequest).string(key_.wire()).string(message).u32(0).bytes());
    SshReader reader(answer);
    const auto number = reader.u8();
    const auto blob = reader.string();
    if (number == kSignResponse && blob) {
      SshReader inner(*blob);
      const auto type = inner.string(), bytes = inner.string();
      const auto signature = bytes ? to_array<64>(*bytes) : std::nullopt;
      if (type == "ssh-ed25519" && signature && verify(key_, message, *signature)) return *signature;
    }
    fail(ErrorKind::bad_signature, "the ssh-agent refused to sign with '{}'", key_.fingerprint());
  }

 private:
  Fd fd_;
  PublicKey key_;
  mutable std::mutex mutex_;  // one question at a time on the connection
};

}  // namespace

std::unique_ptr<Signer> agent_signer(const PublicKey& key, const std::string& key_file) {
  Fd fd = connect_agent(key_file);
  if (!holds(fd.get(), key)) {
    fail_with_hint(ErrorKind::failed, fmt::format("add it: ssh-add {}", key_file),
                   "it is protected by a passphrase and the ssh-agent does not hold it");
  }
  return std::make_unique<AgentSigner>(std::move(fd), key);
}

}  // namespace ain
