#include "agent/issuer/curl_http_client.h"

#include <csignal>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/http_server.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using acme::Errc;
using acme::HttpHeader;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Reply = base::Result<acme::HttpResponse, acme::Error>;

std::string ok(const std::string& body, const std::string& headers = {}) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

acme::HttpRequest get(const std::string& url) {
  return {acme::HttpMethod::get, *acme::Url::parse(url), {}, {}, {}};
}

class CurlHttpClientTest : public testing::Test {
 protected:
  CurlHttpClientTest() { ::signal(SIGPIPE, SIG_IGN); }

  void open(CurlOptions options = {}) {
    options.user_agent = "acme-spoa-test/1";
    client_.emplace(control_.get_executor(), std::move(options));
  }

  /// Runs the control thread's handlers until `done`, or for so long that something is wrong.
  template <class Done>
  bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < deadline) control_.run_one_for(1s);
    return done();
  }

  Reply fetch(acme::HttpRequest request) {
    std::optional<Reply> reply;
    client_->send(std::move(request), [&reply](Reply arrived) { reply = std::move(arrived); });
    EXPECT_FALSE(reply) << "called inside send()";
    EXPECT_TRUE(run_until([&reply] { return reply.has_value(); }));
    return std::move(reply).value();
  }

  std::optional<Errc> failure_of(acme::HttpRequest request) {
    const Reply reply = fetch(std::move(request));
    if (reply) return std::nullopt;
    EXPECT_EQ(reply.error().origin, acme::Origin::request);
    EXPECT_NE(reply.error().detail, "");
    return reply.error().code;
  }

  base::asio::io_context control_{1};
  base::asio::executor_work_guard<base::asio::io_context::executor_type> work_ =
      base::asio::make_work_guard(control_);
  std::optional<CurlHttpClient> client_;
};

fakes::HttpServer::Answer always(std::string text) {
  return [answer = std::move(text)](const fakes::HttpRequestText&) { return answer; };
}

TEST_F(CurlHttpClientTest, SendsTheHeadersOfTheRequest) {
  const fakes::HttpServer server(always(ok("")));
  open();
  acme::HttpRequest request = get(server.url("/"));
  request.headers = {{"X-Api-User", "somebody"}, {"Authorization", "Basic YTpi"}};
  ASSERT_TRUE(fetch(std::move(request)));
  EXPECT_THAT(server.requests().at(0).head, HasSubstr("\r\nX-Api-User: somebody\r\n"));
  EXPECT_THAT(server.requests().at(0).head, HasSubstr("\r\nAuthorization: Basic YTpi\r\n"));
}

TEST_F(CurlHttpClientTest, GetsAndSaysWhoItIs) {
  const fakes::HttpServer server(always(ok("hello")));
  open();
  const Reply reply = fetch(get(server.url("/dir")));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "hello");
  const std::string head = server.requests().at(0).head;
  EXPECT_THAT(head, StartsWith("GET /dir HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("User-Agent: acme-spoa-test/1\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Type")));
  EXPECT_THAT(head, Not(HasSubstr("Accept:")));
}

TEST_F(CurlHttpClientTest, AsksForTheHeadWithoutWaitingForABody) {
  const fakes::HttpServer server(
      always("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nReplay-Nonce: n\r\n\r\n"));
  open();
  const Reply reply =
      fetch({acme::HttpMethod::head, *acme::Url::parse(server.url("/nonce")), {}, {}, {}});
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->body, "");
  EXPECT_EQ(acme::find_header(*reply, "replay-nonce"), "n");
  EXPECT_THAT(server.requests().at(0).head, StartsWith("HEAD /nonce "));
}

TEST_F(CurlHttpClientTest, PostsABodyAtOnceWithItsTypeAndLength) {
  const fakes::HttpServer server(always(ok("")));
  open();
  const std::string body(5000, 'x');  // libcurl would ask for a 100-continue above 1 MiB only
  const Reply reply = fetch({acme::HttpMethod::post,
                             *acme::Url::parse(server.url("/order")),
                             "application/jose+json",
                             "application/pem-certificate-chain",
                             body});
  ASSERT_TRUE(reply) << reply.error().detail;
  const fakes::HttpRequestText request = server.requests().at(0);
  EXPECT_THAT(request.head, StartsWith("POST /order "));
  EXPECT_THAT(request.head, HasSubstr("Content-Type: application/jose+json\r\n"));
  EXPECT_THAT(request.head, HasSubstr("Accept: application/pem-certificate-chain\r\n"));
  EXPECT_THAT(request.head, HasSubstr("Content-Length: 5000\r\n"));
  EXPECT_THAT(request.head, Not(HasSubstr("Expect")));
  EXPECT_EQ(request.body, body);
}

TEST_F(CurlHttpClientTest, GivesAnEmptyPostItsLength) {
  const fakes::HttpServer server(always(ok("")));
  open();
  ASSERT_TRUE(
      fetch({acme::HttpMethod::post, *acme::Url::parse(server.url("/")), "text/plain", {}, {}}));
  EXPECT_THAT(server.requests().at(0).head, HasSubstr("Content-Length: 0\r\n"));
}

TEST_F(CurlHttpClientTest, LowersTheNamesOfHeadersAndKeepsThoseThatRepeat) {
  const fakes::HttpServer server(
      always(ok("", "Link: <a>;rel=\"up\"\r\nLINK:  <b>;rel=\"alternate\"  \r\nX-Empty:\r\n")));
  open();
  const Reply reply = fetch(get(server.url("/")));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_THAT(reply->headers,
              testing::ElementsAre(HttpHeader{"content-length", "0"},
                                   HttpHeader{"link", "<a>;rel=\"up\""},
                                   HttpHeader{"link", "<b>;rel=\"alternate\""},
                                   HttpHeader{"x-empty", ""}));
}

TEST_F(CurlHttpClientTest, KeepsOnlyTheHeadersOfTheFinalReply) {
  const fakes::HttpServer server(
      always("HTTP/1.1 103 Early Hints\r\nLink: <early>\r\n\r\n" + ok("final")));
  open();
  const Reply reply = fetch(get(server.url("/")));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(acme::find_header(*reply, "link"), "");
}

TEST_F(CurlHttpClientTest, TakesAnErrorStatusForAReply) {
  const fakes::HttpServer server(
      always("HTTP/1.1 429 Too Many\r\nContent-Length: 4\r\nRetry-After: 7\r\n\r\nslow"));
  open();
  const Reply reply = fetch(get(server.url("/")));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 429);
  EXPECT_EQ(reply->body, "slow");
}

TEST_F(CurlHttpClientTest, DoesNotFollowARedirect) {
  const fakes::HttpServer server(
      always("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));
  open();
  const Reply reply = fetch(get(server.url("/")));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(CurlHttpClientTest, TakesABodyOfOneMebibyteAndNoMore) {
  constexpr std::size_t limit = 1 << 20;
  const fakes::HttpServer server([](const fakes::HttpRequestText& request) {
    const bool is_more = request.head.starts_with("GET /more");
    return ok(std::string(is_more ? limit + 1 : limit, 'x'));
  });
  open();
  const Reply most = fetch(get(server.url("/most")));
  ASSERT_TRUE(most) << most.error().detail;
  EXPECT_EQ(most->body.size(), limit);
  EXPECT_EQ(failure_of(get(server.url("/more"))), Errc::bad_response);
}

TEST_F(CurlHttpClientTest, RefusesHeadersAboveSixtyFourKibibytes) {
  std::string headers;
  for (int i = 0; i < 70; ++i) headers += "X-Padding: " + std::string(1000, 'x') + "\r\n";
  const fakes::HttpServer server(always(ok("", headers)));
  open();
  EXPECT_EQ(failure_of(get(server.url("/"))), Errc::bad_response);
}

TEST_F(CurlHttpClientTest, RefusesOneEndlessHeader) {
  const fakes::HttpServer server(
      always(ok("", "X-Endless: " + std::string(300'000, 'x') + "\r\n")));
  open();
  EXPECT_EQ(failure_of(get(server.url("/"))), Errc::bad_response);
}

TEST_F(CurlHttpClientTest, RefusesWhatIsNotHttp) {
  const fakes::HttpServer server(always("220 mail.example ESMTP\r\n\r\n"));
  open();
  EXPECT_EQ(failure_of(get(server.url("/"))), Errc::bad_response);
}

TEST_F(CurlHttpClientTest, RefusesABodyThatIsCutOff) {
  const fakes::LoopbackServer server([](int fd) {
    char bytes[4096];
    EXPECT_GT(::read(fd, bytes, sizeof bytes), 0);
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    EXPECT_GT(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), 0);
  });
  open();
  EXPECT_EQ(failure_of(get("http://127.0.0.1:" + std::to_string(server.port()) + "/")),
            Errc::bad_response);
}

TEST_F(CurlHttpClientTest, SaysWhenNobodyListens) {
  const fakes::ClosedPort port;
  open();
  EXPECT_EQ(failure_of(get("http://127.0.0.1:" + std::to_string(port.port()) + "/")),
            Errc::connection_failed);
}

TEST_F(CurlHttpClientTest, SaysWhenTheConnectionBreaksBeforeTheReply) {
  const fakes::LoopbackServer server([](int fd) {
    char bytes[4096];
    EXPECT_GT(::read(fd, bytes, sizeof bytes), 0);
  });
  open();
  EXPECT_EQ(failure_of(get("http://127.0.0.1:" + std::to_string(server.port()) + "/")),
            Errc::connection_failed);
}

TEST_F(CurlHttpClientTest, DoesNotWaitForEverForAServerThatNeverAnswers) {
  const fakes::HttpServer server([](const fakes::HttpRequestText&) { return std::nullopt; });
  CurlOptions options;
  options.request_timeout = 100ms;
  open(options);
  EXPECT_EQ(failure_of(get(server.url("/"))), Errc::timeout);
}

TEST_F(CurlHttpClientTest, EndsWhatIsUnderWayAndAllThatFollowsOnceStopped) {
  const fakes::HttpServer server([](const fakes::HttpRequestText&) { return std::nullopt; });
  open();
  std::vector<Errc> ends;
  const auto note = [&ends](const Reply& reply) {
    ends.push_back(reply ? Errc::bad_response : reply.error().code);
  };
  client_->send(get(server.url("/1")), note);
  client_->send(get(server.url("/2")), note);
  client_->stop();
  client_->send(get(server.url("/3")), note);
  EXPECT_TRUE(ends.empty()) << "called inside stop() or send()";
  ASSERT_TRUE(run_until([&ends] { return ends.size() == 3; }));
  EXPECT_THAT(ends, testing::Each(Errc::cancelled));
}

TEST_F(CurlHttpClientTest, IsDestroyedWithoutCallingAnybody) {
  const fakes::HttpServer server(always(ok("")));
  const fakes::HttpServer silent([](const fakes::HttpRequestText&) { return std::nullopt; });
  open();
  int calls = 0;
  const auto alive = std::make_shared<int>();
  const std::weak_ptr<int> callback_lives = alive;
  for (const std::string& url : {server.url("/"), silent.url("/")}) {
    client_->send(get(url), [&calls, kept = alive](const Reply&) { ++calls; });
  }
  client_.reset();
  control_.restart();
  control_.poll();
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(callback_lives.use_count(), 1) << "a callback was kept";
}

TEST_F(CurlHttpClientTest, CallsBackOnTheThreadOfItsContext) {
  const fakes::HttpServer server(always(ok("")));
  open();
  std::optional<std::thread::id> called_on;
  client_->send(get(server.url("/")),
                [&called_on](const Reply&) { called_on = std::this_thread::get_id(); });
  ASSERT_TRUE(run_until([&called_on] { return called_on.has_value(); }));
  EXPECT_EQ(called_on, std::this_thread::get_id());
}

TEST_F(CurlHttpClientTest, CanBeDestroyedByACallback) {
  const fakes::HttpServer server(always(ok("")));
  open();
  client_->send(get(server.url("/")), [this](const Reply&) { client_.reset(); });
  EXPECT_TRUE(run_until([this] { return !client_.has_value(); }));
}

TEST_F(CurlHttpClientTest, CarriesManyAtOnceOnFewConnections) {
  const fakes::HttpServer server([](const fakes::HttpRequestText& request) {
    return ok(request.head.substr(0, request.head.find(" HTTP")));
  });
  open();
  constexpr int many = 300;
  int right = 0;
  int arrived = 0;
  for (int i = 0; i < many; ++i) {
    const std::string path = "/" + std::to_string(i);
    client_->send(get(server.url(path)), [&, path](const Reply& reply) {
      ++arrived;
      if (reply && reply->body == "GET " + path) ++right;
    });
  }
  ASSERT_TRUE(run_until([&arrived] { return arrived == many; }));
  EXPECT_EQ(right, many);
  EXPECT_LE(server.connections(), 16);
}

class CurlHttpClientTlsTest : public CurlHttpClientTest {
 protected:
  std::string ca_file() const {
    std::ofstream(folder_ / "ca.pem") << ca_.root_pem();
    return folder_ / "ca.pem";
  }

  const base::WallTime now_ = base::SystemClock().wall();
  const fakes::TestCa ca_{now_};
  const fakes::TlsIdentity identity_{ca_, {{"localhost"}, now_ - 1h, now_ + 1h, "IP:127.0.0.1"}};
  const fakes::TlsIdentity other_name_{ca_, {{"other.example"}, now_ - 1h, now_ + 1h}};
  const TemporaryFolder folder_;
};

TEST_F(CurlHttpClientTlsTest, TrustsTheRootsOfItsFile) {
  const fakes::HttpServer server(always(ok("secret")), &identity_);
  CurlOptions options;
  options.ca_file = ca_file();
  open(options);
  const Reply reply = fetch(get(server.url("/")));
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->body, "secret");
}

TEST_F(CurlHttpClientTlsTest, RefusesAnIssuerItDoesNotKnow) {
  const fakes::HttpServer server(always(ok("secret")), &identity_);
  open();
  EXPECT_EQ(failure_of(get(server.url("/"))), Errc::tls_failed);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlHttpClientTlsTest, RefusesACertificateOfAnotherName) {
  const fakes::HttpServer server(always(ok("secret")), &other_name_);
  CurlOptions options;
  options.ca_file = ca_file();
  open(options);
  EXPECT_EQ(failure_of(get(server.url("/"))), Errc::tls_failed);
}

TEST_F(CurlHttpClientTlsTest, RefusesAServerWithoutTls) {
  const fakes::LoopbackServer server([](int fd) {
    const std::string text = ok("plain");
    EXPECT_GT(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), 0);
    fakes::wait_for_the_end(fd);
  });
  open();
  EXPECT_EQ(failure_of(get("https://127.0.0.1:" + std::to_string(server.port()) + "/")),
            Errc::tls_failed);
}

TEST_F(CurlHttpClientTlsTest, SaysThatTheFileOfRootsCannotBeRead) {
  const fakes::HttpServer server(always(ok("secret")), &identity_);
  CurlOptions options;
  options.ca_file = folder_ / "missing.pem";
  open(options);
  EXPECT_EQ(failure_of(get(server.url("/"))), Errc::tls_failed);
}

}  // namespace
}  // namespace agent
