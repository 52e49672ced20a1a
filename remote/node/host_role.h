// The host role: repositories over smart HTTP, for git itself. Reading is public; pushing needs the token of a delegate.
//   GET  /git/{repo1…}/info/refs?service=git-upload-pack | git-receive-pack
//   POST /git/{repo1…}/git-upload-pack | git-receive-pack
// A repository comes into being by its first push, which must carry refs/ain/identity with that very id and the pusher as delegate.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "remote/http/message.h"

namespace ain::remote {

inline constexpr int64_t kPushBytesMax = int64_t{2} << 30;        // one push
inline constexpr int64_t kFetchRequestBytesMax = int64_t{8} << 20;  // wants and haves of one fetch
inline constexpr size_t kPushRefsMax = 1000;                      // references that one push may touch

class HostRole {
 public:
  // `folder` is the node's own: repositories lie in folder/repositories/repo1….git, hooks in folder/hooks. `program` is ain itself,
  // which git calls back to judge a push. Makes the folders.
  HostRole(std::filesystem::path folder, const NodeId& self, std::string program);

  // Takes every path below /git/. Throws HttpFailure or Error; streams what git says.
  HttpResponse handle(const HttpRequest& request);
  // The refusal, if there is one, of a request that is not wanted, to be asked before its body is read.
  std::optional<HttpResponse> admit(const HttpRequest& request);
  // The largest body in bytes for a path below /git/.
  int64_t body_limit(std::string_view path) const;

 private:
  struct Route;
  static Route route_of(const HttpRequest& request);
  HttpResponse advertise(const Route& route, const HttpRequest& request);
  HttpResponse serve(const Route& route, const HttpRequest& request);
  AccountId pusher_of(const Route& route, const HttpRequest& request) const;
  void check_exists(const Route& route) const;
  std::filesystem::path repository_folder(const RepositoryId& id) const;

  std::filesystem::path folder_;
  NodeId self_;
  std::string program_;
};

// What a pre-receive hook decides. Reads "old new ref" lines from `updates`; the objects of the push are visible through `git_folder`
// and git's quarantine (GIT_OBJECT_DIRECTORY, GIT_QUARANTINE_PATH of the environment). Throws `refused` or `bad_signature` saying why
// the push is not taken.
void check_push(const std::filesystem::path& git_folder, const RepositoryId& id, const AccountId& pusher,
                std::string_view updates);

}  // namespace ain::remote
