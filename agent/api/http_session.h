#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "agent/api/api_message.h"
#include "agent/api/http_server.h"
#include "agent/api/problem.h"
#include "base/asio.h"
#include "base/asio_endpoint.h"

namespace agent {

/// One connection of an HttpServer. Its two coroutines own it: run() serves, watch() closes the
/// socket when the deadline has passed. Neither touches the server once the session is closed.
class HttpSession {
 public:
  using Socket = base::asio::basic_stream_socket<base::StreamProtocol>;
  using Self = std::shared_ptr<HttpSession>;

  static Self start(HttpServer& server, Socket socket, std::uint64_t id);

  /// Closes at once, or after the answer if a request is under way.
  void stop();

  /// To a connection too many, whose socket is closed with this call: says so if it can be said
  /// without waiting.
  static void turn_away(Socket socket);

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class Next { another_request, close };

  HttpSession(HttpServer& server, Socket socket, std::uint64_t id);

  static base::asio::awaitable<void> run(Self self);
  static base::asio::awaitable<void> watch(Self self);

  base::asio::awaitable<Next> serve_request();
  base::asio::awaitable<boost::system::error_code> read_body(Parser& parser);
  base::asio::awaitable<Next> answer(Request request, Actor actor);
  base::asio::awaitable<base::Result<Actor, Problem>> authenticate(const Request& request);
  /// nullopt: there is nobody to tell.
  base::asio::awaitable<Next> refuse(std::optional<Problem> problem);
  base::asio::awaitable<Next> send(Response response);
  base::asio::awaitable<void> stream(ApiResponse answer);
  base::asio::awaitable<void> linger();

  void set_deadline(std::optional<std::chrono::milliseconds> from_now);
  void close();

  HttpServer& server_;
  const HttpLimits limits_;
  Socket socket_;
  base::asio::steady_timer timer_;
  const std::uint64_t id_;
  boost::beast::flat_buffer buffer_;
  std::chrono::steady_clock::time_point deadline_;
  bool answering_ = false;  ///< a whole request has arrived and its answer is not sent
  bool stopping_ = false;
};

}  // namespace agent
