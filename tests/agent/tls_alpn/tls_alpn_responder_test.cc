#include "agent/tls_alpn/tls_alpn_responder.h"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/agent/tls_alpn/alpn_client.h"
#include "tests/fakes/fake_clock.h"

namespace agent {
namespace {

namespace asio = base::asio;
using boost::system::error_code;

class Responder : public testing::Test {
 protected:
  explicit Responder(TlsAlpnLimits limits = {}) : responder_(clock_, log_, limits) {
    endpoint_ = responder_.listen(base::TcpEndpoint{"127.0.0.1", 0}, 0600).value();
    responder_.certificates().put(answer_for("a.example"));
    responder_.start();
  }

  asio::ip::tcp::socket connect() {
    const auto& tcp = std::get<base::TcpEndpoint>(endpoint_);
    asio::ip::tcp::socket socket(io_);
    socket.connect({asio::ip::make_address(tcp.host), tcp.port});
    return socket;
  }

  /// A whole handshake; what the server does last is in the client.
  static void talk(asio::ip::tcp::socket& socket, AlpnClient& client) {
    error_code ec;
    std::string received;
    std::array<char, 4096> buffer{};
    while (!ec) {
      const std::string bytes = client.step(received);
      asio::write(socket, asio::buffer(bytes), ec);
      if (client.is_done || client.alert) return;
      received.assign(buffer.data(), socket.read_some(asio::buffer(buffer), ec));
    }
  }

  /// Bytes until the server ends the connection.
  static error_code read_to_end(asio::ip::tcp::socket& socket) {
    error_code ec;
    std::array<char, 4096> buffer{};
    while (!ec) socket.read_some(asio::buffer(buffer), ec);
    return ec;
  }

  fakes::FakeClock clock_;
  base::NullLog log_;
  TlsAlpnResponder responder_;
  base::Endpoint endpoint_;
  asio::io_context io_;
};

TEST_F(Responder, ProvesANameToManyAtOnce) {
  std::vector<asio::ip::tcp::socket> idle;
  for (int i = 0; i < 10; ++i) idle.push_back(connect());
  for (int i = 0; i < 10; ++i) {
    asio::ip::tcp::socket socket = connect();
    AlpnClient client(acme_tls, "a.example");
    talk(socket, client);
    EXPECT_TRUE(client.is_done);
    EXPECT_EQ(client.protocol(), "acme-tls/1");
    socket.shutdown(asio::ip::tcp::socket::shutdown_send);
    EXPECT_EQ(read_to_end(socket), asio::error::eof) << "it ends, without a reset";
  }
}

TEST_F(Responder, SendsItsAlertBeforeItCloses) {
  asio::ip::tcp::socket socket = connect();
  AlpnClient client(acme_tls, "b.example");
  talk(socket, client);
  EXPECT_EQ(client.alert, SSL_AD_UNRECOGNIZED_NAME);
}

TEST_F(Responder, SeesAnAnswerAsSoonAsItIsPut) {
  responder_.certificates().put(answer_for("new.example"));
  asio::ip::tcp::socket socket = connect();
  AlpnClient client(acme_tls, "new.example");
  talk(socket, client);
  EXPECT_TRUE(client.is_done);
}

class HurriedResponder : public Responder {
 protected:
  HurriedResponder() : Responder({.connections = 256, .time = std::chrono::milliseconds(50)}) {}
};

TEST_F(HurriedResponder, EndsWhoeverTakesTooLong) {
  asio::ip::tcp::socket silent = connect();
  EXPECT_EQ(read_to_end(silent), asio::error::eof);
  asio::ip::tcp::socket half = connect();
  asio::write(half, asio::buffer(AlpnClient(acme_tls, "a.example").step("").substr(0, 50)));
  read_to_end(half);
}

class CrowdedResponder : public Responder {
 protected:
  CrowdedResponder() : Responder({.connections = 3, .time = std::chrono::minutes(10)}) {}
};

TEST_F(CrowdedResponder, LetsTheNewestInThoughOthersHoldTheirConnections) {
  std::vector<asio::ip::tcp::socket> idle;
  for (int i = 0; i < 4; ++i) idle.push_back(connect());
  EXPECT_EQ(read_to_end(idle[0]), asio::error::eof) << "the oldest has to go";
  asio::ip::tcp::socket socket = connect();
  AlpnClient client(acme_tls, "a.example");
  talk(socket, client);
  EXPECT_TRUE(client.is_done);
}

}  // namespace
}  // namespace agent
