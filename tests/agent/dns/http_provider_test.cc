#include "agent/dns/http_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_http.h"
#include "tests/agent/dns/scripted_resolver.h"

namespace agent {
namespace {

using acme::HttpHeader;
using test::name;
using test::ScriptedHttp;
using ::testing::Contains;
using ::testing::IsEmpty;

class HttpProviderTest : public testing::Test {
 protected:
  DnsProvider::Outcome add(HttpHookOptions options = {}) {
    options.endpoint = "https://hook.test/dns";
    HttpProvider provider(http_, options);
    return test::run(loop_, provider.add(record_));
  }
  DnsErrc code_of(int status) {
    http_.answer = [status](const auto&) { return ScriptedHttp::status(status); };
    return add().error().code;
  }

  base::asio::io_context loop_{1};
  ScriptedHttp http_{loop_};
  TxtRecord record_{.fqdn = name("_acme-challenge.a.test"),
                    .value = "value",
                    .challenge = {"a.test", "token", "token.thumbprint"}};
};

TEST_F(HttpProviderTest, PostsAsLegosHttpreqDoes) {
  EXPECT_TRUE(add());
  const acme::HttpRequest request = http_.requests.at(0);
  EXPECT_EQ(request.method, acme::HttpMethod::post);
  EXPECT_EQ(request.url.text(), "https://hook.test/dns/present");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.accept, "application/json");
  EXPECT_EQ(request.body, R"({"fqdn":"_acme-challenge.a.test.","value":"value"})");
  EXPECT_THAT(request.headers, IsEmpty());

  HttpProvider provider(http_, {.endpoint = "https://hook.test/dns"});
  EXPECT_TRUE(test::run(loop_, provider.remove(record_)));
  EXPECT_EQ(http_.requests.at(1).url.text(), "https://hook.test/dns/cleanup");
  EXPECT_EQ(http_.requests.at(1).body, request.body);
}

TEST_F(HttpProviderTest, PostsTheFactsInRawMode) {
  EXPECT_TRUE(add({.mode = HttpHookOptions::Mode::raw}));
  EXPECT_EQ(http_.requests.at(0).body,
            R"({"domain":"a.test","keyAuth":"token.thumbprint","token":"token"})");
}

TEST_F(HttpProviderTest, SaysWhoItIs) {
  EXPECT_TRUE(add({.username = "Aladdin", .password = "open sesame"}));
  EXPECT_THAT(http_.requests.at(0).headers,
              Contains(HttpHeader{"Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="}));
  EXPECT_EQ(basic_authorization("a", "\?\?>"), "Basic YTo/Pz4=");
}

TEST_F(HttpProviderTest, EachStatusIsAnAction) {
  http_.answer = [](const auto&) { return ScriptedHttp::status(204); };
  EXPECT_TRUE(add());
  for (const int status : {500, 502, 503, 429, 408}) {
    EXPECT_EQ(code_of(status), DnsErrc::transient) << status;
  }
  for (const int status : {301, 401, 403, 404}) {
    EXPECT_EQ(code_of(status), DnsErrc::configuration) << status;
  }
  for (const int status : {400, 409, 422}) EXPECT_EQ(code_of(status), DnsErrc::refused) << status;
}

TEST_F(HttpProviderTest, SaysWhatTheServiceSaid) {
  http_.answer = [](const auto&) { return ScriptedHttp::status(400, "no \x1bsuch zone\nmore"); };
  EXPECT_EQ(add().error().message,
            "https://hook.test/dns/present answers with status 400: no ?such zone");
  http_.answer = [](const auto&) { return ScriptedHttp::failure("Connection refused"); };
  EXPECT_EQ(add().error(),
            (DnsError{DnsErrc::transient, "https://hook.test/dns/present: Connection refused"}));
}

}  // namespace
}  // namespace agent
