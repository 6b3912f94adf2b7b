// The validation authority against real sockets.

#include "tests/fake_ca/asio/validator.h"

#include <gtest/gtest.h>

#include "tests/fakes/http_server.h"

namespace fake_ca {
namespace {

namespace asio = base::asio;

Evidence fetch(const ValidatorOptions& options, const ValidationTask& task) {
  asio::io_context io;
  base::NullLog log;
  Evidence found = Unreachable{"none", "not fetched"};
  const auto run = [](const ValidatorOptions& from, ValidationTask what, Evidence& into)
      -> asio::awaitable<void> { into = co_await fetch_evidence(from, std::move(what)); };
  asio::co_spawn(io, run(options, task, found), base::log_failure(log, "fetch"));
  io.run();
  return found;
}

ValidationTask task_of(ChallengeType type) {
  return {AuthorizationId(1),
          type,
          {IdentifierType::dns, "a.example"},
          "token",
          "token.thumbprint",
          "https://ca.example/acme/acct/1",
          {"ca.example"}};
}

std::uint16_t port_of(const fakes::HttpServer& server) {
  const std::string url = server.url("");
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

std::string answer(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Validator, GetsTheAnswerAtTheNameAndFollowsARedirect) {
  const fakes::HttpServer server([](const fakes::HttpRequestText& request) {
    if (request.head.starts_with("GET /.well-known/acme-challenge/token ")) {
      return std::optional(answer("302 Found", "Location: http://b.example/there\r\n", ""));
    }
    return std::optional(answer("200 OK", "", "token.thumbprint"));
  });
  const Evidence found = fetch({.http_port = port_of(server)}, task_of(ChallengeType::http_01));
  ASSERT_TRUE(std::holds_alternative<HttpAnswer>(found));
  EXPECT_EQ(std::get<HttpAnswer>(found).body, "token.thumbprint");
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_NE(server.requests()[0].head.find("Host: a.example\r\n"), std::string::npos);
  EXPECT_NE(server.requests()[1].head.find("Host: b.example\r\n"), std::string::npos);
}

TEST(Validator, GivesUpOnALoopAndOnAClosedPort) {
  const fakes::HttpServer server([](const fakes::HttpRequestText&) {
    return std::optional(answer("301 Moved", "Location: /again\r\n", ""));
  });
  const ValidationTask task = task_of(ChallengeType::http_01);
  const Evidence lost = fetch({.http_port = port_of(server)}, task);
  EXPECT_EQ(std::get<Unreachable>(lost).type, "connection");
  EXPECT_EQ(server.requests().size(), 11U);
  const fakes::ClosedPort closed;
  EXPECT_EQ(std::get<Unreachable>(fetch({.http_port = closed.port()}, task)).type, "connection");
}

TEST(Validator, AsksTheResolverForTxtOverTcp) {
  using namespace std::string_literals;
  const fakes::LoopbackServer resolver([](int fd) {
    std::string query(2 + 12 + 27 + 4, '\0');  // of _acme-challenge.a.example
    std::size_t got = 0;
    while (got < query.size()) {
      const auto n = ::read(fd, query.data() + got, query.size() - got);
      if (n <= 0) return;
      got += static_cast<std::size_t>(n);
    }
    std::string reply = query.substr(2);
    reply[2] = '\x81';
    reply[7] = 1;
    reply += "\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x06\x05value"s;
    reply = std::string{'\0', static_cast<char>(reply.size())} + reply;
    EXPECT_EQ(::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(reply.size()));
  });
  const ValidationTask task = task_of(ChallengeType::dns_01);
  const Evidence found = fetch({.resolver = base::TcpEndpoint{"127.0.0.1", resolver.port()}}, task);
  ASSERT_TRUE(std::holds_alternative<TxtRecords>(found)) << std::get<Unreachable>(found).detail;
  EXPECT_EQ(std::get<TxtRecords>(found).values, std::vector<std::string>{"value"});
  EXPECT_EQ(std::get<Unreachable>(fetch({}, task)).type, "dns") << "no resolver";
}

TEST(Validator, TakesTheCertificateOfATlsServer) {
  const base::WallTime now = base::SystemClock().wall();
  const fakes::TestCa ca(now);
  const fakes::TlsIdentity identity(
      ca, {{"a.example"}, now - std::chrono::hours(1), now + std::chrono::hours(1)});
  const fakes::HttpServer server(
      [](const fakes::HttpRequestText&) { return std::optional(std::string()); }, &identity);
  const Evidence found = fetch({.tls_port = port_of(server)}, task_of(ChallengeType::tls_alpn_01));
  ASSERT_TRUE(std::holds_alternative<AlpnCertificate>(found));
  EXPECT_FALSE(std::get<AlpnCertificate>(found).der.empty());
  EXPECT_EQ(std::get<AlpnCertificate>(found).protocol, "") << "this server knows no acme-tls/1";
}

}  // namespace
}  // namespace fake_ca
