// The one unit that knows Boost, through session.h.
#include "remote/http/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <cerrno>
#include <future>

#include "base/files.h"
#include "base/handle.h"
#include "remote/http/certificate.h"
#include "remote/http/session.h"

namespace ain::remote {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};  // when the process is out of file descriptors

asio::ssl::context tls_context(const std::string& seed) {
  const Certificate identity = make_certificate(seed);
  asio::ssl::context context(asio::ssl::context::tls_server);
  SSL_CTX* raw = context.native_handle();
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  const bool made = SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION) == 1 &&
                    SSL_CTX_use_certificate_ASN1(raw, static_cast<int>(identity.certificate_der.size()),
                                                 bytes(identity.certificate_der)) == 1 &&
                    SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_ED25519, raw, bytes(identity.key_der),
                                                static_cast<long>(identity.key_der.size())) == 1 &&
                    SSL_CTX_check_private_key(raw) == 1;
  AIN_ASSERT(made);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps no 32 KiB
  return context;
}

Peer peer_of(const Tcp::socket& socket) {
  Peer peer;
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return peer;
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  peer.address = address.to_string();
  peer.port = endpoint.port();
  return peer;
}

Peer peer_of(Local::socket& socket) {
  ucred who{};
  socklen_t size = sizeof(who);
  Peer peer;
  peer.local = true;
  // Whoever the kernel does not name is nobody.
  const bool known = ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0;
  peer.uid = known ? who.uid : static_cast<uint32_t>(-1);
  return peer;
}

// The folder must be private, as a socket's own mode is only set after it exists.
void prepare_folder(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) make_private_folder(folder);
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) fail_errno(fmt::format("cannot look at '{}'", folder.string()));
  if ((info.st_mode & 077) != 0 || info.st_uid != ::geteuid()) {
    fail_with_hint(ErrorKind::failed, fmt::format("chmod 700 '{}'", folder.string()),
                   "others can reach the folder '{}' of the node's socket", folder.string());
  }
}

// Removes what a node that was killed left behind; throws when somebody listens there.
void remove_stale_socket(const std::filesystem::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (!S_ISSOCK(info.st_mode))
    fail(ErrorKind::failed, "'{}' is in the way of the node's socket", path.string());
  const Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) fail_errno("cannot make a socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
      errno == EAGAIN) {
    fail_with_hint(ErrorKind::failed, "stop it first, or give this one another AIN_HOME",
                   "a node already listens at '{}'", path.string());
  }
  ::unlink(path.c_str());
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(Config config)
      : core(std::move(config)),
        work(asio::make_work_guard(core.io)),
        tcp(asio::make_strand(core.io)),
        local(asio::make_strand(core.io)),
        tcp_pause(tcp.get_executor()),
        local_pause(local.get_executor()),
        tcp_seats(std::make_shared<Seats>(limits().connections, limits().connections_per_address)),
        local_seats(std::make_shared<Seats>(limits().connections, limits().connections)) {}

  const ServerLimits& limits() const { return core.config.limits; }

  void open_tcp() {
    error_code error;
    const auto address = asio::ip::make_address(core.config.address, error);
    if (error) fail(ErrorKind::usage, "'{}' is not an address to listen on", core.config.address);
    context.emplace(tls_context(core.config.seed));
    const Tcp::endpoint endpoint(address, core.config.port);
    tcp.open(endpoint.protocol(), error);
    if (!error) tcp.set_option(asio::socket_base::reuse_address(true), error);
    // "::" is meant as everywhere.
    if (!error && address.is_v6()) tcp.set_option(asio::ip::v6_only(false), error);
    if (!error) tcp.bind(endpoint, error);
    if (!error) tcp.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
      fail_with_hint(ErrorKind::failed, "choose another one: 'ain serve --listen HOST:PORT'",
                     "port {} of '{}' is taken by another program", core.config.port, core.config.address);
    }
    if (error) {
      fail_with_hint(ErrorKind::failed, "choose another one: 'ain serve --listen HOST:PORT'",
                     "cannot listen on port {} of '{}': {}", core.config.port, core.config.address,
                     error.message());
    }
    port = tcp.local_endpoint().port();
  }

  void open_local() {
    const std::filesystem::path& path = core.config.unix_path;
    if (path.native().size() >= sizeof(sockaddr_un::sun_path)) {
      fail_with_hint(ErrorKind::failed, "choose a shorter AIN_HOME",
                     "the socket's path '{}' has more than {} bytes", path.string(),
                     sizeof(sockaddr_un::sun_path) - 1);
    }
    prepare_folder(path.parent_path());
    remove_stale_socket(path);
    error_code error;
    local.open(Local(), error);
    if (!error) local.bind(Local::endpoint(path.string()), error);
    struct stat info {};
    if (!error && (::chmod(path.c_str(), 0600) != 0 || ::lstat(path.c_str(), &info) != 0)) {
      fail_errno(fmt::format("cannot make '{}' private", path.string()));
    }
    if (!error) local.listen(asio::socket_base::max_listen_connections, error);
    if (error) fail(ErrorKind::failed, "cannot listen at '{}': {}", path.string(), error.message());
    local_inode = info.st_ino;
  }

  // After an error of accept(): what is over is over, a shortage of descriptors passes.
  template <typename Next>
  void accept_failed(const error_code& error, asio::steady_timer& pause, Next next) {
    if (error == asio::error::operation_aborted || core.stopping) return;
    core.log(fmt::format("cannot accept a connection: {}", error.message()));
    pause.expires_after(kAcceptPause);
    pause.async_wait([next](error_code stopped) {
      if (!stopped) next();
    });
  }

  void accept_tcp() {
    tcp.async_accept(asio::make_strand(core.io), [this](error_code error, Tcp::socket socket) {
      if (error) return accept_failed(error, tcp_pause, [this] { accept_tcp(); });
      if (core.stopping) return;
      Peer peer = peer_of(socket);
      if (auto seat = peer.address.empty() ? nullptr : Seats::take(tcp_seats, peer.address)) {
        error_code ignored;
        socket.set_option(Tcp::no_delay(true), ignored);
        std::make_shared<Session<TlsStream>>(core, std::move(peer), std::move(seat), std::move(socket),
                                             *context)
            ->start();
      }
      accept_tcp();
    });
  }

  void accept_local() {
    local.async_accept(asio::make_strand(core.io), [this](error_code error, Local::socket socket) {
      if (error) return accept_failed(error, local_pause, [this] { accept_local(); });
      if (core.stopping) return;
      Peer peer = peer_of(socket);
      auto seat = Seats::take(local_seats, {});
      const auto session =
          std::make_shared<Session<Local::socket>>(core, std::move(peer), seat, std::move(socket));
      seat ? session->start() : session->turn_away();
      accept_local();
    });
  }

  void run_io() {
    while (true) {
      try {
        core.io.run();
        return;
      } catch (const std::exception& error) {
        core.log(fmt::format("a connection failed inside: {}", error.what()));
      }
    }
  }

  // No connection is accepted after this.
  template <typename Acceptor>
  void close_acceptor(Acceptor& acceptor, asio::steady_timer& pause) {
    std::promise<void> done;
    asio::post(acceptor.get_executor(), [&] {
      error_code ignored;
      acceptor.close(ignored);
      pause.cancel();
      done.set_value();
    });
    done.get_future().wait();
  }

  void remove_socket() {
    struct stat info {};
    const char* path = core.config.unix_path.c_str();
    if (local_inode && ::lstat(path, &info) == 0 && info.st_ino == *local_inode) ::unlink(path);
  }

  void stop(std::chrono::milliseconds grace);

  std::mutex stop_mutex;
  Core core;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::optional<asio::ssl::context> context;
  Tcp::acceptor tcp;
  Local::acceptor local;
  asio::steady_timer tcp_pause, local_pause;
  const std::shared_ptr<Seats> tcp_seats, local_seats;
  std::optional<ino_t> local_inode;
  std::vector<std::thread> threads;
  uint16_t port = 0;
};

void HttpServer::Impl::stop(std::chrono::milliseconds grace) {
  const std::lock_guard once(stop_mutex);
  if (core.stopping.exchange(true)) return;
  if (!threads.empty()) {
    close_acceptor(tcp, tcp_pause);
    close_acceptor(local, local_pause);
    core.for_each([](SessionBase& session) { session.stop_softly(); });
    {
      std::unique_lock lock(core.mutex);
      core.changed.wait_for(lock, grace, [this] { return core.sessions.empty(); });
    }
    core.for_each([](SessionBase& session) { session.stop_now(); });
  }
  core.workers.stop();
  core.streams.stop();
  work.reset();
  // All connections are closed, so that the I/O threads run out of work.
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  remove_socket();
}

HttpServer::HttpServer(Config config) {
  AIN_ASSERT(config.handler);
  AIN_ASSERT(config.address.empty() || config.seed.size() == 32);
  if (!config.body_limit) {
    config.body_limit = [](std::string_view, std::string_view) {
      return static_cast<int64_t>(kBodyInMemoryMax);
    };
  }
  impl_ = std::make_unique<Impl>(std::move(config));
}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

void HttpServer::start() {
  if (!impl_->core.config.address.empty()) impl_->open_tcp();
  if (!impl_->core.config.unix_path.empty()) impl_->open_local();
  if (impl_->tcp.is_open()) impl_->accept_tcp();
  if (impl_->local_inode) impl_->accept_local();
  for (int i = 0; i < kIoThreads; ++i) impl_->threads.emplace_back([this] { impl_->run_io(); });
}

uint16_t HttpServer::port() const { return impl_->port; }

void HttpServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace ain::remote
