// A connection of the server, as a template over its stream. Boost's types are here, so server.cc alone
// includes it: it is instantiated twice there, for TLS over TCP and for a Unix socket.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>

#include "remote/http/body_sink.h"
#include "remote/http/session_core.h"
#include "remote/http/stream_pump.h"
#include "remote/http/wire.h"

namespace ain::remote {

using Tcp = asio::ip::tcp;
using Local = asio::local::stream_protocol;
using TlsStream = asio::ssl::stream<Tcp::socket>;
using Seconds = ServerLimits::Seconds;

inline constexpr size_t kReadPiece = 64 << 10;
inline constexpr size_t kReadAhead = 4096;         // of what a client sends while it is being answered
inline constexpr size_t kSmallBody = 64 << 10;     // goes out together with its header
inline constexpr size_t kDrainBytesMax = 8 << 20;  // of a refused body, so that the client gets to read why
inline constexpr Seconds kDrain{2};

// One connection. Everything but run_handler runs on its strand.
template <typename Stream>
class Session final : public SessionBase, public std::enable_shared_from_this<Session<Stream>> {
 public:
  template <typename... Args>
  Session(Core& core, Peer peer, std::shared_ptr<void> seat, Args&&... args)
      : core_(core),
        peer_(std::move(peer)),
        seat_(std::move(seat)),
        stream_(std::forward<Args>(args)...),
        timer_(stream_.get_executor()),
        buffer_(core.config.limits.header_bytes + kReadPiece) {}
  ~Session() override { core_.remove(this); }

  void start() {
    core_.add(this, this->weak_from_this());
    asio::post(stream_.get_executor(), [self = self()] { self->open(); });
  }
  // A connection above the limit: told so and closed.
  void turn_away() {
    core_.add(this, this->weak_from_this());
    asio::post(stream_.get_executor(), [self = self()] {
      self->refuse(Refusal{503, "too many connections"});
    });
  }
  void stop_softly() override {
    asio::post(stream_.get_executor(), [self = self()] {
      if (self->phase_ == Phase::handshake || self->phase_ == Phase::idle) self->close();
      if (self->pump_) self->pump_->end();
    });
  }
  void stop_now() override {
    asio::post(stream_.get_executor(), [self = self()] { self->close(); });
  }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;
  enum class Phase { handshake, idle, header, body, answering, streaming, draining, closed };
  using Parser = http::request_parser<http::buffer_body>;
  using std::enable_shared_from_this<Session<Stream>>::shared_from_this;

  std::shared_ptr<Session> self() { return shared_from_this(); }
  const ServerLimits& limits() const { return core_.config.limits; }
  auto& socket() { return stream_.lowest_layer(); }
  auto& raw() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void arm(Seconds time) {
    expired_ = false;
    timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(time));
    timer_.async_wait([self = self()](error_code error) {
      // A timer set anew while this was already on its way has another expiry.
      if (!error && self->timer_.expiry() <= std::chrono::steady_clock::now()) self->expire();
    });
  }
  void disarm() { timer_.expires_at(std::chrono::steady_clock::time_point::max()); }
  void expire() {
    if (phase_ != Phase::header && phase_ != Phase::body) return close();
    // The read that is under way fails, and its handler says 408.
    expired_ = true;
    error_code ignored;
    socket().cancel(ignored);
  }
  void close() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    timer_.cancel();
    if (pump_) pump_->cancel();
    pump_.reset();
    error_code ignored;
    socket().close(ignored);
  }

  void open() {
    if constexpr (kTls) {
      arm(limits().handshake);
      stream_.async_handshake(asio::ssl::stream_base::server, [self = self()](error_code error) {
        if (error) return self->close();
        self->wait_for_request();
      });
    } else {
      wait_for_request();
    }
  }

  void wait_for_request() {
    if (phase_ == Phase::closed) return;
    if (core_.stopping) return close();
    phase_ = Phase::idle;
    if (buffer_.size() > 0) return read_header();
    arm(limits().idle);
    read_some();
  }

  // Reads whatever comes next: the start of a request, or, while streaming, the news that the client is gone.
  void read_some() {
    if (reading_) return;
    reading_ = true;
    stream_.async_read_some(buffer_.prepare(kReadAhead), [self = self()](error_code error, size_t size) {
      self->reading_ = false;
      self->buffer_.commit(size);
      if (self->phase_ == Phase::draining) return self->drain();
      if (error) return self->close();
      if (self->phase_ == Phase::idle) self->read_header();
    });
  }

  void read_header() {
    phase_ = Phase::header;
    arm(limits().header);
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(limits().header_bytes));
    parser_->body_limit(std::numeric_limits<uint64_t>::max());  // counted in body_read
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = self()](error_code error, size_t) { self->header_read(error); });
  }

  // True when a read failed; then the client has been told, if there is one.
  bool read_failed(const error_code& error) {
    if (!error) return false;
    if (phase_ == Phase::closed) return true;
    if (expired_) {
      refuse(Refusal{408, "the request did not come in time"});
    } else if (error == http::error::header_limit) {
      refuse(Refusal{431, fmt::format("the header is above the limit of {} bytes", limits().header_bytes)});
    } else if (is_parse_error(error)) {
      refuse(Refusal{400, fmt::format("this is not HTTP/1.1: {}", error.message())});
    } else {
      close();
    }
    return true;
  }

  void header_read(error_code error) {
    if (read_failed(error)) return;
    request_ = std::make_shared<HttpRequest>();
    const auto& header = parser_->get();
    request_->peer = peer_;
    for (const auto& field : header) {
      request_->headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    const std::string method(header.method_string()), target(header.target());
    if (auto refusal = check_header(method, header.version(), request_->headers)) return refuse(*refusal);
    try {
      HttpRequest checked(method, target);
      checked.headers = std::move(request_->headers);
      checked.peer = peer_;
      *request_ = std::move(checked);
      body_max_ = core_.config.body_limit(method, request_->path);
    } catch (const Error& refused) {
      return refuse(error_response(refused));
    }
    keep_alive_ = parser_->keep_alive();
    const auto length = parser_->content_length();
    if (length && *length > static_cast<uint64_t>(body_max_)) return refuse_body();
    const bool may_be_large = !parser_->is_done() && body_max_ > static_cast<int64_t>(kBodyInMemoryMax) &&
                              (!length || *length > kBodyInMemoryMax);
    if (may_be_large && core_.config.admission) return admit();
    begin_body();
  }

  // A large body costs disk and time: whether it is wanted is asked before any of it is read.
  void admit() {
    phase_ = Phase::answering;
    disarm();
    const bool taken = core_.workers.try_post([self = self(), request = request_] {
      const auto judge = [&] { return self->core_.config.admission(*request); };
      auto refusal = std::make_shared<std::optional<HttpResponse>>(answer(self->core_, *request, judge));
      asio::post(self->stream_.get_executor(), [self, refusal] {
        if (self->phase_ == Phase::closed) return;
        *refusal ? self->refuse(std::move(**refusal)) : self->begin_body();
      });
    });
    if (!taken) refuse(Refusal{503, "too many requests are waiting"});
  }

  void refuse_body() {
    refuse(Refusal{413, fmt::format("the body is above this route's limit of {} bytes", body_max_)});
  }

  void begin_body() {
    phase_ = Phase::body;
    sink_.emplace(core_.config.temporary_folder);
    body_started_ = std::chrono::steady_clock::now();
    if (parser_->is_done()) return run_handler();
    piece_.resize(kReadPiece);
    if (!request_->headers.find("expect") || buffer_.size() > 0) return read_body();
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    arm(limits().write);
    asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = self()](error_code error, size_t) {
                        if (error) return self->close();
                        self->read_body();
                      });
  }

  void read_body() {
    if (phase_ == Phase::closed) return;
    const Seconds used = std::chrono::steady_clock::now() - body_started_;
    const Seconds allowed(static_cast<double>(sink_->size()) /
                          static_cast<double>(limits().body_bytes_per_second));
    arm(std::max(limits().read + allowed - used, Seconds(0)));
    auto& body = parser_->get().body();
    body.data = piece_.data();
    body.size = piece_.size();
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = self()](error_code error, size_t) { self->body_read(error); });
  }

  void body_read(error_code error) {
    if (error == http::error::need_buffer) error = {};
    if (read_failed(error)) return;
    const size_t size = piece_.size() - parser_->get().body().size;
    if (sink_->size() + static_cast<int64_t>(size) > body_max_) return refuse_body();
    try {
      sink_->add(std::string_view(piece_.data(), size));
    } catch (const Error& failure) {
      core_.log(failure.what());
      return refuse(Refusal{507, "the node has no room for the body"});
    }
    if (parser_->is_done()) return run_handler();
    read_body();
  }

  void run_handler() {
    phase_ = Phase::answering;
    disarm();
    sink_->finish(*request_);
    sink_.reset();
    piece_ = std::string();
    head_only_ = request_->method == "HEAD";
    if (core_.config.quick && core_.config.quick(*request_)) {
      const auto request = std::move(request_);
      return respond(answer(core_, *request, [&] { return core_.config.handler(*request); }));
    }
    const bool taken = core_.workers.try_post([self = self(), request = std::move(request_)]() mutable {
      const auto handle = [&] { return self->core_.config.handler(*request); };
      auto response = std::make_shared<HttpResponse>(answer(self->core_, *request, handle));
      request.reset();  // its file is removed here rather than on the strand
      asio::post(self->stream_.get_executor(), [self, response] { self->respond(std::move(*response)); });
    });
    if (!taken) respond(refusal_response({503, "too many requests are waiting"}));
  }

  // Answers a request that is not read to its end, and closes.
  void refuse(const Refusal& refusal) { refuse(refusal_response(refusal)); }
  void refuse(HttpResponse response) {
    keep_alive_ = head_only_ = false;
    phase_ = Phase::answering;
    respond(std::move(response));
  }

  void respond(HttpResponse response) {
    if (phase_ == Phase::closed) return;
    keep_alive_ = keep_alive_ && !core_.stopping;
    const bool streamed = response.stream && !head_only_ && may_have_body(response.status);
    const int64_t size =
        response.stream ? response.stream_size.value_or(-1) : static_cast<int64_t>(response.body.size());
    BodyForm form = size < 0 ? BodyForm::chunked : BodyForm::sized;
    if (!may_have_body(response.status)) form = BodyForm::none;
    try {
      out_ = response_head(response, form, size, keep_alive_);
    } catch (const Error& error) {
      core_.log(error.what());
      return respond(bug_response());
    }
    if (streamed) return begin_stream(std::move(response), form == BodyForm::chunked);
    body_.clear();
    if (!head_only_ && form != BodyForm::none && !response.stream) body_ = std::move(response.body);
    if (body_.size() <= kSmallBody) out_ += std::exchange(body_, {});
    body_at_ = 0;
    write_out([](Session& session) { session.write_body(); });
  }

  // Sends out_, then goes on with `next`.
  template <typename Next>
  void write_out(Next next) {
    arm(limits().write);
    asio::async_write(stream_, asio::buffer(out_), [self = self(), next](error_code error, size_t) {
      if (error) return self->close();
      self->disarm();
      if (self->phase_ != Phase::closed) next(*self);
    });
  }

  void write_body() {
    if (body_at_ == body_.size()) return answered();
    out_.assign(body_, body_at_, kStreamPieceMax);
    body_at_ += out_.size();
    write_out([](Session& session) { session.write_body(); });
  }

  void answered() {
    body_ = std::string();
    if (keep_alive_ && !core_.stopping) return wait_for_request();
    finish();
  }

  void begin_stream(HttpResponse response, bool chunked) {
    StreamPump::Output output;
    output.write = [self = self()](std::string piece) {
      auto shared = std::make_shared<std::string>(std::move(piece));
      asio::post(self->stream_.get_executor(), [self, shared] { self->write_piece(std::move(*shared)); });
    };
    output.finish = [self = self()](bool whole) {
      asio::post(self->stream_.get_executor(), [self, whole] { self->end_stream(whole); });
    };
    output.log = core_.config.log;
    pump_ = std::make_shared<StreamPump>(std::move(response), limits().keep_alive, std::move(output));
    if (core_.stopping) pump_->end();
    if (!core_.streams.try_post([pump = pump_] { pump->run(); })) {
      pump_.reset();
      return respond(refusal_response({503, "too many responses are being streamed"}));
    }
    chunked_ = chunked;
    phase_ = Phase::streaming;
    if (buffer_.size() == 0) read_some();  // a client that sends ahead is found gone when it is written to
    write_out([](Session& session) { session.pump_->written(); });
  }

  void write_piece(std::string piece) {
    if (phase_ == Phase::closed) return;
    out_.clear();
    if (chunked_) out_ = chunk_head(piece.size());
    out_ += piece;
    if (chunked_) out_ += kChunkTail;
    write_out([](Session& session) { session.pump_->written(); });
  }

  void end_stream(bool whole) {
    pump_.reset();
    if (phase_ == Phase::closed) return;
    if (!whole) return close();
    phase_ = Phase::answering;
    out_ = chunked_ ? kLastChunk : std::string_view();
    write_out([](Session& session) { session.answered(); });
  }

  // Closes so that the client gets to read the answer: the end of ours first, then what it still sends is
  // thrown away for a while. A plain close with unread bytes would be a reset that overtakes the answer.
  void finish() {
    phase_ = Phase::draining;
    arm(kDrain);
    error_code ignored;
    if (reading_) {
      socket().cancel(ignored);  // goes on in read_some's handler
    } else {
      drain();
    }
  }
  void drain() {
    const auto shut = [self = self()] {
      error_code error;
      self->socket().shutdown(Tcp::socket::shutdown_send, error);
      self->buffer_.clear();
      self->drained_ = 0;
      if (error) return self->close();
      self->drain_some();
    };
    if constexpr (kTls) {
      stream_.async_shutdown([shut](error_code) { shut(); });
    } else {
      shut();
    }
  }
  void drain_some() {
    if (phase_ == Phase::closed) return;
    piece_.resize(kReadPiece);
    raw().async_read_some(asio::buffer(piece_), [self = self()](error_code error, size_t size) {
      self->drained_ += size;
      if (error || self->drained_ > kDrainBytesMax) return self->close();
      self->drain_some();
    });
  }

  Core& core_;
  const Peer peer_;
  const std::shared_ptr<void> seat_;
  Stream stream_;
  asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<BodySink> sink_;
  std::shared_ptr<HttpRequest> request_;
  std::shared_ptr<StreamPump> pump_;
  std::chrono::steady_clock::time_point body_started_;
  std::string piece_, out_, body_;
  int64_t body_max_ = 0;
  size_t body_at_ = 0, drained_ = 0;
  Phase phase_ = Phase::handshake;
  bool reading_ = false, expired_ = false, keep_alive_ = false, head_only_ = false, chunked_ = false;
};

}  // namespace ain::remote
