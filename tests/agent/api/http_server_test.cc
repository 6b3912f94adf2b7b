#include "agent/api/http_server.h"

#include <filesystem>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "tests/agent/api/http_peer.h"
#include "tests/agent/api/running_server.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
namespace asio = base::asio;

asio::awaitable<ApiResponse> echo(const ApiRequest& request, const std::string& parameter) {
  std::string text = "parameter=" + parameter;
  for (const std::string& segment : request.path) text += " /" + segment;
  for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
  text += " " + request.content_type + " " + request.body;
  co_return ApiResponse{.content_type = "text/plain", .body = text};
}

asio::awaitable<ApiResponse> nothing(const ApiRequest&, const std::string&) {
  co_return ApiResponse{.status = 204, .content_type = ""};
}

asio::awaitable<ApiResponse> much(const ApiRequest&, const std::string&) {
  co_return ApiResponse{.body = std::string(16 << 20, 'x')};
}

asio::awaitable<ApiResponse> bug(const ApiRequest&, const std::string&) {
  throw std::logic_error("a bug");
  co_return ApiResponse{};
}

Router make_routes() {
  Router router;
  router.add(HttpMethod::get, "/bug", bug);
  router.add(HttpMethod::get, "/echo/{text}", echo);
  router.add(HttpMethod::post, "/echo/{text}", echo);
  router.add(HttpMethod::remove, "/nothing", nothing);
  router.add(HttpMethod::get, "/much", much);
  return router;
}

class HttpServerTest : public testing::Test {
 protected:
  RunningServer& start(HttpLimits limits = {}) { return server_.emplace(routes_, limits); }

  const Router routes_ = make_routes();
  std::optional<RunningServer> server_;
};

TEST_F(HttpServerTest, GivesRoutesWhatTheClientMeant) {
  HttpPeer peer(start().endpoint());
  const HttpReply reply = peer.request("POST", "/echo/a%2Fb%20c?x=1%262&y", "{}");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.body, "parameter=a/b c /echo /a/b c x=1&2 y= application/json {}");
  EXPECT_EQ(reply.header.at("content-type"), "text/plain");
  EXPECT_EQ(reply.header.at("cache-control"), "no-store");
}

TEST_F(HttpServerTest, AnswersManyRequestsOfOneConnectionInTheirOrder) {
  HttpPeer peer(start().endpoint());
  peer.send(
      "GET /echo/1 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /echo/2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /echo/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  for (const char* text : {"1", "2", "3"}) {
    EXPECT_TRUE(peer.receive().body.starts_with("parameter=" + std::string(text)));
  }
  EXPECT_TRUE(peer.is_closed_by_server());
}

TEST_F(HttpServerTest, TakesARequestCutAnywhere) {
  start();
  const std::string request =
      "POST /echo/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Type: t\r\n\r\nbody";
  HttpPeer peer(server_->endpoint());
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    peer.send(std::string_view(request).substr(0, cut));
    server_->in_thread([] {});  // the first part may have been read by now
    peer.send(std::string_view(request).substr(cut));
    EXPECT_EQ(peer.receive().body, "parameter=x /echo /x t body") << cut;
  }
}

TEST_F(HttpServerTest, AnswersHeadAsGetWithoutTheBody) {
  HttpPeer peer(start().endpoint());
  const HttpReply reply = peer.request("HEAD", "/echo/x");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.header.at("content-length"),
            std::to_string(peer.request("GET", "/echo/x").body.size()));
}

TEST_F(HttpServerTest, SendsNoBodyWhereThereIsNone) {
  HttpPeer peer(start().endpoint());
  const HttpReply reply = peer.request("DELETE", "/nothing");
  EXPECT_EQ(reply.status, 204u);
  EXPECT_FALSE(reply.header.contains("content-length"));
  EXPECT_FALSE(reply.header.contains("content-type"));
  EXPECT_EQ(peer.request("GET", "/echo/x").status, 200u);
}

TEST_F(HttpServerTest, SaysThatAPathIsNotThere) {
  HttpPeer peer(start().endpoint());
  const HttpReply reply = peer.request("GET", "/nowhere");
  EXPECT_EQ(reply.status, 404u);
  EXPECT_EQ(reply.header.at("content-type"), "application/problem+json");
  EXPECT_EQ(reply.json()["type"], "urn:acme-spoa:problem:not-found");
  EXPECT_EQ(peer.request("GET", "/echo").status, 404u);
  EXPECT_EQ(peer.request("GET", "/echo/").status, 404u);
  EXPECT_EQ(peer.request("GET", "/echo/a/b").status, 404u);
}

TEST_F(HttpServerTest, SaysWhichMethodsAPathTakes) {
  HttpPeer peer(start().endpoint());
  for (const char* method : {"DELETE", "PROPFIND"}) {
    const HttpReply reply = peer.request(method, "/echo/x");
    EXPECT_EQ(reply.status, 405u);
    EXPECT_EQ(reply.header.at("allow"), "GET, HEAD, POST");
  }
}

TEST_F(HttpServerTest, RefusesATargetThatIsNoPath) {
  HttpPeer peer(start().endpoint());
  for (const char* target : {"*", "/echo/%", "/echo/%0", "/echo/%zz", "/echo/x?%"}) {
    EXPECT_EQ(peer.request("GET", target).status, 400u) << target;
  }
}

TEST_F(HttpServerTest, AnswersWhatIsNoHttpWithAProblemAndCloses) {
  start();
  for (const char* bytes : {"nonsense\r\n\r\n",
                            "GET / HTTP/9.9\r\n\r\n",
                            "\x16\x03\x01\x02 tls",
                            "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}) {
    HttpPeer peer(server_->endpoint());
    peer.send(bytes);
    const HttpReply reply = peer.receive();
    EXPECT_EQ(reply.status, 400u) << bytes;
    EXPECT_EQ(reply.json()["type"], "urn:acme-spoa:problem:malformed-request");
    EXPECT_TRUE(peer.is_closed_by_server());
  }
}

TEST_F(HttpServerTest, RefusesAHeaderThatIsTooLarge) {
  HttpPeer peer(start({.header_bytes = 1024}).endpoint());
  peer.send("GET / HTTP/1.1\r\nX: " + std::string(2048, 'x') + "\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 431u);
  EXPECT_TRUE(peer.is_closed_by_server());
}

TEST_F(HttpServerTest, RefusesABodyThatIsTooLargeHoweverItIsSent) {
  start({.body_bytes = 100});
  HttpPeer counted(server_->endpoint());
  counted.send("POST /echo/x HTTP/1.1\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'));
  EXPECT_EQ(counted.receive().status, 413u);
  HttpPeer chunked(server_->endpoint());
  chunked.send("POST /echo/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n" +
               std::string(64, 'x') + "\r\n40\r\n" + std::string(64, 'x') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.receive().status, 413u);
  HttpPeer exact(server_->endpoint());
  EXPECT_EQ(exact.request("POST", "/echo/x", std::string(100, 'x')).status, 200u);
}

TEST_F(HttpServerTest, LetsAClientAskBeforeItSendsTheBody) {
  HttpPeer peer(start({.body_bytes = 100}).endpoint());
  peer.send("POST /echo/x HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 100u);
  peer.send("body");
  EXPECT_EQ(peer.receive().status, 200u);
  peer.send("POST /echo/x HTTP/1.1\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.receive().status, 413u);
}

TEST_F(HttpServerTest, TurnsAwayAConnectionTooManyAndTakesTheNextOnceThereIsRoom) {
  start({.connections = 2});
  HttpPeer first(server_->endpoint());
  EXPECT_EQ(first.request("GET", "/echo/x").status, 200u);
  {
    HttpPeer second(server_->endpoint());
    EXPECT_EQ(second.request("GET", "/echo/x").status, 200u);
    HttpPeer third(server_->endpoint());
    const HttpReply reply = third.receive();
    EXPECT_EQ(reply.status, 503u);
    EXPECT_EQ(reply.json()["type"], "urn:acme-spoa:problem:too-many-connections");
    EXPECT_TRUE(third.is_closed_by_server());
  }
  while (server_->open_connections() == 2) continue;
  HttpPeer fourth(server_->endpoint());
  EXPECT_EQ(fourth.request("GET", "/echo/x").status, 200u);
}

TEST_F(HttpServerTest, LosesOnlyTheConnectionOfARouteThatThrows) {
  start({.connections = 1});
  for (int i = 0; i < 2; ++i) {
    HttpPeer peer(server_->endpoint());
    EXPECT_EQ(peer.request("GET", "/bug").status, 0u);
    while (server_->open_connections() != 0) continue;
  }
  EXPECT_EQ(HttpPeer(server_->endpoint()).request("GET", "/echo/x").status, 200u);
  server_->stop();
}

TEST_F(HttpServerTest, ClosesAConnectionThatSendsNothing) {
  HttpPeer peer(start({.idle_timeout = 20ms}).endpoint());
  EXPECT_TRUE(peer.is_closed_by_server());
}

TEST_F(HttpServerTest, ClosesAConnectionThatStaysIdleAfterARequest) {
  HttpPeer peer(start({.idle_timeout = 200ms}).endpoint());
  EXPECT_EQ(peer.request("GET", "/echo/x").status, 200u);
  EXPECT_TRUE(peer.is_closed_by_server());
}

TEST_F(HttpServerTest, ClosesAConnectionWhoseRequestDoesNotEnd) {
  HttpPeer peer(start({.idle_timeout = 20ms}).endpoint());
  peer.send("POST /echo/x HTTP/1.1\r\nContent-Length: 5\r\n\r\nbody");
  EXPECT_TRUE(peer.is_closed_by_server());
}

TEST_F(HttpServerTest, ClosesAConnectionThatDoesNotTakeItsReply) {
  HttpPeer peer(start({.idle_timeout = 50ms}).endpoint());
  peer.send("GET /much HTTP/1.1\r\n\r\n");
  while (server_->open_connections() == 0) continue;
  while (server_->open_connections() != 0) continue;
}

/// A route that answers when it is told to.
class Gate {
 public:
  explicit Gate(asio::io_context& io) : opened_(io, asio::steady_timer::time_point::max()) {}
  static asio::awaitable<ApiResponse> wait(Gate& gate) {
    gate.reached_.set_value();
    boost::system::error_code ignored;
    co_await gate.opened_.async_wait(base::into(ignored));
    co_return ApiResponse{.body = "through"};
  }
  void wait_until_reached() { reached_.get_future().wait(); }
  void open() { opened_.cancel(); }

 private:
  std::promise<void> reached_;
  asio::steady_timer opened_;
};

TEST(HttpServerStop, ClosesIdleConnectionsAndAnswersTheOthersFirst) {
  std::optional<Gate> gate;
  Router router;
  router.add(HttpMethod::get, "/gate", [&](const auto&, const auto&) { return Gate::wait(*gate); });
  RunningServer server(router);
  gate.emplace(server.io());
  HttpPeer idle(server.endpoint());
  HttpPeer busy(server.endpoint());
  busy.send("GET /gate HTTP/1.1\r\n\r\n");
  gate->wait_until_reached();
  server.begin_stop();
  EXPECT_TRUE(idle.is_closed_by_server());
  server.in_thread([&] { gate->open(); });
  const HttpReply reply = busy.receive();
  EXPECT_EQ(reply.body, "through");
  EXPECT_EQ(reply.header.at("connection"), "close");
  EXPECT_TRUE(busy.is_closed_by_server());
  server.stop();
  gate.reset();  // its timer belongs to the server's io_context
}

TEST(HttpServerStop, RemovesItsSocketFile) {
  const Router router;
  RunningServer server(router);
  const std::string path = std::get<base::UnixEndpoint>(server.endpoint()).path;
  EXPECT_TRUE(std::filesystem::exists(path));
  server.stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(HttpServerListen, RefusesASocketThatAnotherServerHas) {
  const Router router;
  RunningServer first(router);
  base::NullLog log;
  asio::io_context io;
  HttpServer second(io, router, log);
  const auto listening = second.listen(first.endpoint(), 0600);
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error(), std::errc::address_in_use);
}

TEST(HttpServerListen, WorksOverTcp) {
  const Router router = make_routes();
  base::NullLog log;
  asio::io_context io{1};
  HttpServer server(io, router, log);
  const auto endpoint = server.listen(base::TcpEndpoint{"127.0.0.1", 0}, 0);
  ASSERT_TRUE(endpoint);
  std::thread thread([&] { io.run(); });
  EXPECT_EQ(HttpPeer(*endpoint).request("GET", "/echo/x").status, 200u);
  asio::co_spawn(io, server.stop(), base::log_failure(log, "stop"));
  thread.join();
}

}  // namespace
}  // namespace agent
