#include "agent/api/http_session.h"

#include <array>
#include <sstream>
#include <utility>

#include "agent/api/target.h"

namespace agent {

namespace asio = base::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr unsigned http_1_1 = 11;

HttpMethod to_method(http::verb verb) {
  switch (verb) {
    case http::verb::get: return HttpMethod::get;
    case http::verb::head: return HttpMethod::head;
    case http::verb::put: return HttpMethod::put;
    case http::verb::post: return HttpMethod::post;
    case http::verb::patch: return HttpMethod::patch;
    case http::verb::delete_: return HttpMethod::remove;
    default: return HttpMethod::other;  // Beast knows thirty more
  }
}

bool has_body(unsigned status) {
  return status != static_cast<unsigned>(http::status::no_content) &&
         status != static_cast<unsigned>(http::status::not_modified);
}

http::response<http::string_body> to_http(ApiResponse answer, bool keep_alive) {
  http::response<http::string_body> response;
  response.version(http_1_1);
  response.result(answer.status);
  response.set(http::field::cache_control, "no-store");
  if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
  if (!answer.content_type.empty()) response.set(http::field::content_type, answer.content_type);
  response.keep_alive(keep_alive);
  if (!answer.etag.empty()) response.set(http::field::etag, answer.etag);
  if (has_body(answer.status)) response.content_length(answer.body.size());
  response.body() = std::move(answer.body);
  return response;
}

/// nullopt if it is not the peer's bytes that are wrong: it went away, or we closed the socket.
std::optional<Problem> to_problem(const error_code& ec) {
  static const auto& http_category = http::make_error_code(http::error::bad_method).category();
  if (ec.category() != http_category) return std::nullopt;
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) return std::nullopt;
  if (ec == http::error::header_limit) {
    return Problem{ProblemType::header_too_large, "the request's header is too large"};
  }
  if (ec == http::error::body_limit) {
    return Problem{ProblemType::body_too_large, "the request's body is too large"};
  }
  return Problem{ProblemType::malformed_request, "no HTTP: " + ec.message()};
}

}  // namespace

HttpSession::HttpSession(HttpServer& server, Socket socket, std::uint64_t id)
    : server_(server),
      limits_(server.limits_),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      id_(id) {}

HttpSession::Self HttpSession::start(HttpServer& server, Socket socket, std::uint64_t id) {
  const Self self(new HttpSession(server, std::move(socket), id));
  self->set_deadline(self->limits_.idle_timeout);
  const auto executor = self->socket_.get_executor();
  const auto log_failure = base::log_failure(server.log_, "HTTP session");
  // Not at the end of run(): a route's exception would pass it by.
  const auto finish = [self, log_failure](const std::exception_ptr& failure) {
    log_failure(failure);
    self->close();
    self->server_.on_closed(self->id_);
  };
  asio::co_spawn(executor, run(self), finish);
  asio::co_spawn(executor, watch(self), base::log_failure(server.log_, "HTTP session's watch"));
  return self;
}

void HttpSession::stop() {
  stopping_ = true;
  if (!answering_) close();
}

void HttpSession::turn_away(Socket socket) {
  const auto response = to_http(
      to_response({ProblemType::too_many_connections, "close one first, or try again later"}),
      false);
  std::ostringstream text;
  text << response;
  error_code ignored;
  socket.non_blocking(true, ignored);
  if (!ignored) socket.write_some(asio::buffer(text.str()), ignored);
}

asio::awaitable<void> HttpSession::run(Self self) {
  Next next = Next::another_request;
  while (next == Next::another_request) next = co_await self->serve_request();
}

asio::awaitable<void> HttpSession::watch(Self self) {
  error_code ignored;  // set_deadline() and close() cancel the wait; the loop condition notices
  while (self->socket_.is_open() && std::chrono::steady_clock::now() < self->deadline_) {
    self->timer_.expires_at(self->deadline_);
    co_await self->timer_.async_wait(base::into(ignored));
  }
  self->close();
}

asio::awaitable<HttpSession::Next> HttpSession::serve_request() {
  Parser parser;
  parser.header_limit(limits_.header_bytes);
  parser.body_limit(limits_.body_bytes);
  set_deadline(limits_.idle_timeout);
  error_code ec;
  co_await http::async_read_header(socket_, buffer_, parser, base::into(ec));
  if (ec) co_return co_await refuse(to_problem(ec));
  // Nobody unknown makes us take a body.
  auto actor = co_await authenticate(parser.get());
  if (!actor) co_return co_await refuse(actor.error());
  ec = co_await read_body(parser);
  if (ec) co_return co_await refuse(to_problem(ec));
  answering_ = true;
  set_deadline(std::nullopt);
  Request request = parser.release();
  const Next next = co_await answer(std::move(request), *std::move(actor));
  answering_ = false;
  co_return stopping_ ? Next::close : next;
}

asio::awaitable<error_code> HttpSession::read_body(Parser& parser) {
  error_code ec;
  if (parser.get()[http::field::expect] == "100-continue") {
    const asio::const_buffer go_on = asio::buffer("HTTP/1.1 100 Continue\r\n\r\n", 25);
    co_await asio::async_write(socket_, go_on, base::into(ec));
    if (ec) co_return ec;
  }
  co_await http::async_read(socket_, buffer_, parser, base::into(ec));
  co_return ec;
}

asio::awaitable<HttpSession::Next> HttpSession::answer(Request request, Actor actor) {
  const auto target = request.target();
  auto parsed = parse_target(std::string_view(target.data(), target.size()));
  if (!parsed) {
    const Problem problem{ProblemType::malformed_request, parsed.error()};
    Response refusal = to_http(to_response(problem), request.keep_alive());
    co_return co_await send(std::move(refusal));
  }
  const ApiRequest api_request{.method = to_method(request.method()),
                               .path = std::move(parsed->path),
                               .query = std::move(parsed->query),
                               .content_type = std::string(request[http::field::content_type]),
                               .body = std::move(request.body()),
                               .if_match = std::string(request[http::field::if_match]),
                               .if_none_match = std::string(request[http::field::if_none_match]),
                               .accept = std::string(request[http::field::accept]),
                               .last_event_id = std::string(request["Last-Event-ID"]),
                               .actor = std::move(actor)};
  ApiResponse answered = co_await server_.router_.answer(api_request);
  if (answered.next_piece && api_request.method != HttpMethod::head) {
    co_await stream(std::move(answered));
    co_return Next::close;
  }
  const bool keep_alive = request.keep_alive() && !stopping_;
  Response response = to_http(std::move(answered), keep_alive);
  // The length stays: it says what a GET would get (RFC 9110 §9.3.2).
  if (api_request.method == HttpMethod::head) response.body().clear();
  co_return co_await send(std::move(response));
}

asio::awaitable<base::Result<Actor, Problem>> HttpSession::authenticate(const Request& request) {
  if (server_.authenticator_ == nullptr) co_return ApiRequest{}.actor;
  const auto header = request[http::field::authorization];
  co_return co_await server_.authenticator_->authenticate({header.data(), header.size()});
}

asio::awaitable<HttpSession::Next> HttpSession::refuse(std::optional<Problem> problem) {
  if (!problem) co_return Next::close;
  Response response = to_http(to_response(*problem), false);
  co_await send(std::move(response));
  co_await linger();
  co_return Next::close;
}

asio::awaitable<HttpSession::Next> HttpSession::send(Response response) {
  set_deadline(limits_.idle_timeout);
  error_code ec;
  co_await http::async_write(socket_, response, base::into(ec));
  co_return !ec && response.keep_alive() ? Next::another_request : Next::close;
}

/// In chunks (RFC 9112 §7.1).
asio::awaitable<void> HttpSession::stream(ApiResponse answer) {
  http::response<http::empty_body> response;
  response.version(http_1_1);
  response.result(answer.status);
  response.set(http::field::content_type, answer.content_type);
  response.set(http::field::cache_control, "no-store");
  response.chunked(true);
  http::response_serializer<http::empty_body> serializer(response);
  error_code ec;
  co_await http::async_write_header(socket_, serializer, base::into(ec));
  while (!ec && !stopping_ && socket_.is_open()) {
    const std::string piece = co_await answer.next_piece();
    if (piece.empty()) continue;
    set_deadline(limits_.idle_timeout);
    co_await asio::async_write(socket_, http::make_chunk(asio::buffer(piece)), base::into(ec));
    set_deadline(std::nullopt);
  }
  if (!ec) co_await asio::async_write(socket_, http::make_chunk_last(), base::into(ec));
}

/// Closing with input unread would reset the connection, and the peer would never see the answer.
asio::awaitable<void> HttpSession::linger() {
  set_deadline(std::chrono::seconds(2));
  error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
  std::array<char, 16 * 1024> rest{};
  while (!ec) co_await socket_.async_read_some(asio::buffer(rest), base::into(ec));
}

void HttpSession::set_deadline(std::optional<std::chrono::milliseconds> from_now) {
  deadline_ = from_now ? std::chrono::steady_clock::now() + *from_now
                       : std::chrono::steady_clock::time_point::max();
  timer_.cancel();
}

void HttpSession::close() {
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
}

}  // namespace agent
