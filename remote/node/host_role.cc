#include "remote/node/host_role.h"

#include "base/files.h"
#include "base/process.h"
#include "base/text.h"
#include "base/time.h"
#include "remote/node/service_stream.h"
#include "remote/token.h"
#include "repo/identity.h"
#include "repo/packs.h"

namespace ain::remote {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "/git/";
constexpr std::string_view kReceivePack = "git-receive-pack";
constexpr std::string_view kUploadPack = "git-upload-pack";
constexpr int kHookMode = 0700;

std::string shell_quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + '\'';
}

HttpResponse no_cache(HttpResponse response) {
  response.headers.set("Cache-Control", "no-cache");
  return response;
}

// git shows a plain text that comes with a failure to its user.
HttpResponse plain_error(int status, const Error& error) {
  std::string text = "error: " + error.message() + '\n';
  if (!error.hint().empty()) text += "hint: " + error.hint() + '\n';
  return no_cache(text_response(status, std::move(text)));
}

// What `call` returns, or what it throws in git's form.
template <typename Call>
auto plainly(Call call) -> decltype(call()) {
  try {
    return call();
  } catch (const HttpFailure& failure) {
    return plain_error(failure.status(), failure);
  } catch (const Error& error) {
    // Not 401, at which git would ask for a password that nobody has.
    return plain_error(error.kind() == ErrorKind::bad_signature ? 403 : status_of(error.kind()), error);
  }
}

// The branch that a clone checks out: as long as it is not there, the first one that is.
void settle_head(const repo::Repository& repository) {
  if (repository.head_commit()) return;
  const auto branches = repository.references("refs/heads/");
  if (branches.empty()) return;
  run_process({.argv = {"git", "symbolic-ref", "HEAD", branches.front().first}, .folder = repository.git_folder()});
}

}  // namespace

struct HostRole::Route {
  RepositoryId repository;
  std::string service;
  bool advertise = false;
  bool pushes() const { return service == kReceivePack; }
};

HostRole::HostRole(fs::path folder, const NodeId& self, std::string program)
    : folder_(std::move(folder)), self_(self), program_(std::move(program)) {
  make_private_folder(folder_ / "repositories");
  make_private_folder(folder_ / "hooks");
  make_private_folder(folder_ / "bodies");
  write_file_atomic(folder_ / "hooks" / "pre-receive", fmt::format("#!/bin/sh\nexec {} __pre-receive\n", shell_quote(program_)),
                    kHookMode);
}

fs::path HostRole::repository_folder(const RepositoryId& id) const {
  return folder_ / "repositories" / (id.text() + ".git");
}

int64_t HostRole::body_limit(std::string_view path) const {
  if (path.ends_with(kReceivePack)) return kPushBytesMax;
  return path.ends_with(kUploadPack) ? kFetchRequestBytesMax : 0;
}

// Who pushes: the account of the token, which must be a delegate's as soon as there is a repository.
AccountId HostRole::pusher_of(const Route& route, const HttpRequest& request) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string header = request.headers.get("Authorization");
  if (!header.starts_with(kScheme)) {
    fail_with_hint(ErrorKind::bad_signature, "push to ain://repo1…: git's helper for it brings a token of your account",
                   "a push needs an account");
  }
  const AccountId pusher = check_token(std::string_view(header).substr(kScheme.size()), self_, now_ms());
  const fs::path folder = repository_folder(route.repository);
  if (!fs::exists(folder)) return pusher;
  const auto identity = repo::read_identity(repo::Repository::open(folder));
  if (!identity || !identity->is_delegate(pusher)) {
    fail_with_hint(ErrorKind::bad_signature, "a delegate can let you: ain identity add NAME YOUR-KEY, then push",
                   "'{}' is no delegate of '{}'", pusher.text(), route.repository.text());
  }
  return pusher;
}

void HostRole::check_exists(const Route& route) const {
  if (!fs::exists(repository_folder(route.repository))) {
    fail_not_found(fmt::format("repository '{}' on this node", route.repository.text()));
  }
}

HostRole::Route HostRole::route_of(const HttpRequest& request) {
  if (!request.path.starts_with(kPrefix)) fail_not_found("such page on this node");
  const std::string rest = request.path.substr(kPrefix.size());
  const size_t slash = rest.find('/');
  const auto id = RepositoryId::from_text(rest.substr(0, slash));
  if (!id || slash == std::string::npos) fail_not_found("such repository");
  Route route{.repository = *id, .service = rest.substr(slash + 1)};
  if (route.service == "info/refs" && request.method == "GET") {
    const auto service = request.query.find("service");
    route.service = service == request.query.end() ? "" : service->second;
    route.advertise = true;
  } else if (request.method != "POST") {
    throw HttpFailure(405, ErrorKind::usage, "that is not how git asks");
  }
  if (route.service != kReceivePack && route.service != kUploadPack) fail_not_found("such service of git");
  return route;
}

HttpResponse HostRole::handle(const HttpRequest& request) {
  return plainly([&] {
    const Route route = route_of(request);
    return no_cache(route.advertise ? advertise(route, request) : serve(route, request));
  });
}

std::optional<HttpResponse> HostRole::admit(const HttpRequest& request) {
  return plainly([&]() -> std::optional<HttpResponse> {
    const Route route = route_of(request);
    if (route.pushes()) pusher_of(route, request);
    else check_exists(route);
    return std::nullopt;
  });
}

HttpResponse HostRole::advertise(const Route& route, const HttpRequest& request) {
  const fs::path folder = repository_folder(route.repository);
  std::optional<TemporaryFolder> empty;
  if (route.pushes()) {
    pusher_of(route, request);
    // What is to come into being has nothing to show yet.
    if (!fs::exists(folder)) empty.emplace("empty", folder_ / "bodies");
  } else {
    check_exists(route);
  }
  const repo::Repository repository =
      empty ? repo::Repository::init(empty->path() / "repository", true) : repo::Repository::open(folder);
  std::string text;
  repo::run_service(repository,
                    {.service = route.service, .advertise = true, .protocol = request.headers.get("Git-Protocol")},
                    [&](std::string_view bytes) {
                      text += bytes;
                      if (text.size() > kServiceHeldBytesMax) {
                        fail(ErrorKind::exhausted, "the repository has more references than this node shows");
                      }
                    });
  return text_response(200, std::move(text), fmt::format("application/x-{}-advertisement", route.service));
}

HttpResponse HostRole::serve(const Route& route, const HttpRequest& request) {
  const fs::path folder = repository_folder(route.repository);
  const bool exists = fs::exists(folder);
  std::optional<AccountId> pusher;
  if (route.pushes()) pusher = pusher_of(route, request);
  else check_exists(route);

  // Everything that must outlive this call belongs to the stream.
  struct Work {
    explicit Work(const fs::path& bodies) : temporary("call", bodies) {}
    TemporaryFolder temporary;
    std::shared_ptr<const BodyFile> body;
    repo::ServiceCall call;
    fs::path repository, final_place;
  };
  const auto work = std::make_shared<Work>(folder_ / "bodies");
  work->call.service = route.service;
  work->call.protocol = request.headers.get("Git-Protocol");
  const std::string encoding = request.headers.get("Content-Encoding");
  work->call.gzip = encoding == "gzip" || encoding == "x-gzip";
  if (request.body_file) {
    work->body = request.body_file;
    work->call.body = work->body->path();
  } else {
    work->call.body = work->temporary.path() / "body";
    write_new_file(work->call.body, request.body, 0600);
  }
  work->repository = folder;
  if (route.pushes()) {
    work->call.hooks_folder = fs::absolute(folder_ / "hooks");
    work->call.environment = {"AIN_HOOK_REPOSITORY=" + route.repository.text(), "AIN_HOOK_PUSHER=" + pusher->text()};
    if (!exists) {
      // Made aside, and moved to its place when the push was taken.
      work->repository = work->temporary.path() / "repository";
      work->final_place = folder;
      repo::Repository::init(work->repository, true);
    }
  }
  HttpResponse response;
  response.headers.set("Content-Type", fmt::format("application/x-{}-result", route.service));
  response.stream = service_stream(
      [work](const std::function<void(std::string_view)>& write) {
        const repo::Repository repository = repo::Repository::open(work->repository);
        repo::run_service(repository, work->call, write);
        if (work->call.hooks_folder.empty()) return;
        settle_head(repository);
        if (work->final_place.empty() || !repository.reference(repo::kIdentityRef)) return;
        std::error_code error;
        fs::rename(work->repository, work->final_place, error);
        if (error) fail(ErrorKind::failed, "another push made '{}' at the same moment", work->final_place.filename().string());
      },
      route.pushes());
  return response;
}

}  // namespace ain::remote
