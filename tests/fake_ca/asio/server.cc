#include "tests/fake_ca/asio/server.h"

#include <functional>

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "tests/fake_ca/management.h"
#include "tests/fakes/tls_identity.h"

namespace fake_ca {

namespace {

namespace asio = base::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;
using Answer = std::function<Delivery(const Request&)>;

constexpr std::size_t max_body = 256 * 1024;

tcp::acceptor listen_on(asio::io_context& io, const base::TcpEndpoint& at) {
  return {io, tcp::endpoint(asio::ip::make_address(at.host), at.port)};
}

Method to_method(http::verb verb) {
  if (verb == http::verb::get) return Method::get;
  if (verb == http::verb::head) return Method::head;
  return verb == http::verb::post ? Method::post : Method::other;
}

Request to_request(const HttpRequest& http, const std::string& scheme, std::string remote) {
  const std::string target(http.target());
  return {.method = to_method(http.method()),
          .origin = scheme + "://" + std::string(http[http::field::host]),
          .path = target.substr(0, target.find('?')),
          .content_type = std::string(http[http::field::content_type]),
          .user_agent = std::string(http[http::field::user_agent]),
          .body = http.body(),
          .remote = std::move(remote)};
}

HttpResponse to_response(const Reply& reply, const HttpRequest& request) {
  HttpResponse response;
  response.version(11);
  response.result(static_cast<unsigned>(reply.status));
  for (const Header& header : reply.headers) response.insert(header.name, header.value);
  response.keep_alive(request.keep_alive());
  if (reply.status != 204) response.content_length(reply.body.size());
  if (request.method() != http::verb::head) response.body() = reply.body;
  return response;
}

/// Serves requests until the peer goes, or a fault ends the connection.
template <class Stream>
asio::awaitable<void> serve(Stream& stream,
                            std::string scheme,
                            std::string remote,
                            const Answer& answer) {
  beast::flat_buffer buffer;
  error_code ec;
  while (true) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(max_body);
    co_await http::async_read(stream, buffer, parser, base::into(ec));
    if (ec) co_return;
    const HttpRequest request = parser.release();
    const Delivery delivery = answer(to_request(request, scheme, remote));
    if (delivery.fate == Delivery::Fate::cut) co_return;
    if (delivery.fate == Delivery::Fate::hang) {
      std::array<char, 1> more{};  // nothing comes but the end
      co_await stream.async_read_some(asio::buffer(more), base::into(ec));
      co_return;
    }
    HttpResponse response = to_response(delivery.reply, request);
    co_await http::async_write(stream, response, base::into(ec));
    if (ec || !response.keep_alive()) co_return;
  }
}

std::string remote_of(const tcp::socket& socket) {
  error_code ec;
  const tcp::endpoint peer = socket.remote_endpoint(ec);
  return ec ? "unknown" : peer.address().to_string();
}

asio::awaitable<void> serve_tls(tcp::socket socket,
                                asio::ssl::context& context,
                                const Answer& answer) {
  const std::string remote = remote_of(socket);
  beast::ssl_stream<tcp::socket> stream(std::move(socket), context);
  error_code ec;
  co_await stream.async_handshake(asio::ssl::stream_base::server, base::into(ec));
  const std::string scheme = "https";
  if (!ec) co_await serve(stream, scheme, remote, answer);
}

asio::awaitable<void> serve_plain(tcp::socket socket, const Answer& answer) {
  const std::string remote = remote_of(socket);
  const std::string scheme = "http";
  co_await serve(socket, scheme, remote, answer);
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerOptions options)
      : options_(std::move(options)),
        ca_(clock_, random_, options_.authority),
        faults_(options_.fault_seed) {
    faults_.set(options_.faults);
    use_identity();
    tcp::acceptor acme = listen_on(io_, options_.listen);
    tcp::acceptor management = listen_on(io_, options_.management);
    port_ = acme.local_endpoint().port();
    management_port_ = management.local_endpoint().port();
    asio::co_spawn(io_, accept_acme(std::move(acme)), base::log_failure(log_, "ACME"));
    asio::co_spawn(
        io_, accept_management(std::move(management)), base::log_failure(log_, "management"));
    thread_ = std::thread([this] { io_.run(); });
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    io_.stop();
    thread_.join();
  }

 private:
  friend class Server;

  void use_identity() {
    const std::string chain = identity_.chain_pem();
    const std::string key = identity_.key_pem();
    tls_.use_certificate_chain(asio::buffer(chain));
    tls_.use_private_key(asio::buffer(key), asio::ssl::context::pem);
  }

  asio::awaitable<void> accept_acme(tcp::acceptor acceptor) {
    const auto executor = co_await asio::this_coro::executor;
    while (true) {
      error_code ec;
      tcp::socket socket = co_await acceptor.async_accept(base::into(ec));
      if (ec) continue;
      socket.set_option(tcp::no_delay(true), ec);
      asio::co_spawn(executor,
                     serve_tls(std::move(socket), tls_, answer_acme_),
                     base::log_failure(log_, "ACME session"));
    }
  }

  asio::awaitable<void> accept_management(tcp::acceptor acceptor) {
    const auto executor = co_await asio::this_coro::executor;
    while (true) {
      error_code ec;
      tcp::socket socket = co_await acceptor.async_accept(base::into(ec));
      if (ec) continue;
      asio::co_spawn(executor,
                     serve_plain(std::move(socket), answer_management_),
                     base::log_failure(log_, "management session"));
    }
  }

  Delivery answer_acme(const Request& request) {
    Delivery delivery = deliver(ca_, faults_, request);
    for (ValidationTask& task : ca_.take_tasks()) {
      asio::co_spawn(io_, validate(std::move(task)), base::log_failure(log_, "validation"));
    }
    return delivery;
  }

  Delivery answer_management(const Request& request) {
    const auto advance = [this](std::chrono::milliseconds by) { clock_.advance(by); };
    return {Delivery::Fate::send, manage(ca_, faults_, advance, request)};
  }

  /// Asks from every perspective; the first wrong answer is the verdict.
  asio::awaitable<void> validate(ValidationTask task) {
    Evidence evidence = Unreachable{"serverInternal", "no perspective"};
    for (int i = 0; i < options_.perspectives; ++i) {
      ValidationTask copy = task;
      evidence = co_await fetch_evidence(options_.validator, std::move(copy));
      if (judge(task, evidence, clock_.wall())) break;
    }
    ca_.conclude(task, evidence);
  }

  const ServerOptions options_;
  AdjustableClock clock_;
  base::SystemRandom random_;
  base::NullLog log_;
  const fakes::TestCa tls_ca_{clock_.wall()};
  const fakes::TlsIdentity identity_{tls_ca_,
                                     {{"localhost"},
                                      clock_.wall() - std::chrono::hours(24),
                                      clock_.wall() + std::chrono::hours(24 * 365 * 9),
                                      "IP:127.0.0.1"}};
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  // Used on the thread only, once it runs.
  Ca ca_;
  FaultPlan faults_;
  const Answer answer_acme_ = [this](const Request& request) { return answer_acme(request); };
  const Answer answer_management_ = [this](const Request& request) {
    return answer_management(request);
  };
  std::uint16_t port_ = 0;
  std::uint16_t management_port_ = 0;
  asio::io_context io_{1};  // its coroutines end before what they use
  std::thread thread_;
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() = default;

std::string Server::directory_url() const {
  return "https://" + impl_->options_.listen.host + ":" + std::to_string(impl_->port_) +
         std::string(Ca::directory_path);
}
std::string Server::management_url() const {
  return "http://" + impl_->options_.management.host + ":" +
         std::to_string(impl_->management_port_);
}
std::string Server::tls_root_pem() const {
  return impl_->tls_ca_.root_pem();
}
std::string Server::root_pem(std::size_t chain) {
  return impl_->ca_.state().signer.root_pem(chain);
}
AdjustableClock& Server::clock() {
  return impl_->clock_;
}
Ca& Server::ca() {
  return impl_->ca_;
}
FaultPlan& Server::faults() {
  return impl_->faults_;
}
asio::io_context& Server::io_context() {
  return impl_->io_;
}

}  // namespace fake_ca
