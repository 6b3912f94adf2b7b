#include "agent/dns/acme_dns_provider.h"

#include <filesystem>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_http.h"
#include "tests/agent/dns/scripted_resolver.h"
#include "tests/haproxy/test_process.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using acme::HttpHeader;
using dns::RecordType;
using test::name;
using test::ScriptedHttp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string registered = R"({"allowfrom":[],"fulldomain":"u1.auth.test","subdomain":"u1",)"
                               R"("username":"user1","password":"secret1"})";

class AcmeDnsProviderTest : public testing::Test {
 protected:
  AcmeDnsProviderTest() {
    http_.answer = [this](const acme::HttpRequest& request) {
      if (!request.url.text().ends_with("/register")) return update_reply_;
      ++registrations_;
      return register_reply_;
    };
  }
  DnsProvider::Outcome add(const std::string& fqdn = "_acme-challenge.a.test") {
    AcmeDnsProvider provider(
        http_, resolver_, pool_, "https://auth.test", folder_.path("acme-dns"));
    return test::run(loop_, provider.add({.fqdn = name(fqdn), .value = "value"}));
  }
  void delegate() {
    resolver_.set("_acme-challenge.a.test", RecordType::cname, {name("u1.auth.test")});
  }

  base::asio::io_context loop_{1};
  base::asio::executor_work_guard<base::asio::io_context::executor_type> work_ =
      base::asio::make_work_guard(loop_);
  base::asio::thread_pool pool_{1};
  haproxy::test::TempFolder folder_;
  ScriptedHttp http_{loop_};
  test::ScriptedResolver resolver_;
  ScriptedHttp::Reply register_reply_ = ScriptedHttp::status(201, registered);
  ScriptedHttp::Reply update_reply_ = ScriptedHttp::status(200, R"({"txt":"value"})");
  int registrations_ = 0;
};

TEST_F(AcmeDnsProviderTest, SaysTheExactRecordUntilItIsThere) {
  EXPECT_EQ(add().error(),
            (DnsError{DnsErrc::configuration,
                      "create this record once: _acme-challenge.a.test. CNAME u1.auth.test."}));
  resolver_.set("_acme-challenge.a.test", RecordType::cname, {name("old.auth.test")});
  EXPECT_THAT(add().error().message, HasSubstr("(it points to old.auth.test. now)"));
  delegate();
  EXPECT_TRUE(add());
  EXPECT_EQ(registrations_, 1);
}

TEST_F(AcmeDnsProviderTest, UpdatesWithTheStoredCredentials) {
  delegate();
  ASSERT_TRUE(add());
  EXPECT_EQ(http_.requests.at(0).url.text(), "https://auth.test/register");
  const acme::HttpRequest& update = http_.requests.at(1);
  EXPECT_EQ(update.url.text(), "https://auth.test/update");
  EXPECT_EQ(update.body, R"({"subdomain":"u1","txt":"value"})");
  EXPECT_THAT(update.headers,
              ElementsAre(HttpHeader{"X-Api-User", "user1"}, HttpHeader{"X-Api-Key", "secret1"}));
}

TEST_F(AcmeDnsProviderTest, RegistersANameOnceForEver) {
  delegate();
  ASSERT_TRUE(add());
  register_reply_ = ScriptedHttp::status(500);
  EXPECT_TRUE(add());  // by another object, as after a restart
  EXPECT_EQ(registrations_, 1);
}

TEST_F(AcmeDnsProviderTest, NobodyElseReadsTheCredentials) {
  delegate();
  ASSERT_TRUE(add());
  struct stat status {};
  const std::string file = folder_.path("acme-dns/_acme-challenge.a.test/account.json");
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat(folder_.path("acme-dns").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

base::asio::awaitable<void> add_one(DnsProvider& provider, int& added) {
  TxtRecord record{.fqdn = name("_acme-challenge.a.test"), .value = "value"};
  const auto outcome = co_await provider.add(std::move(record));
  if (outcome) ++added;
}

TEST_F(AcmeDnsProviderTest, RegistersANameOnceForManyAtATime) {
  delegate();
  AcmeDnsProvider provider(http_, resolver_, pool_, "https://auth.test", folder_.path("acme-dns"));
  int added = 0;
  for (int i = 0; i < 5; ++i) {
    base::asio::co_spawn(loop_, add_one(provider, added), [](const std::exception_ptr&) {});
  }
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (added < 5 && std::chrono::steady_clock::now() < deadline) loop_.run_one_for(1s);
  EXPECT_EQ(added, 5);
  EXPECT_EQ(registrations_, 1);
}

TEST_F(AcmeDnsProviderTest, SaysWhatToDoAboutALostAccount) {
  delegate();
  update_reply_ = ScriptedHttp::status(401, R"({"error":"forbidden"})");
  const auto outcome = add();
  EXPECT_EQ(outcome.error().code, DnsErrc::configuration);
  EXPECT_THAT(outcome.error().message, HasSubstr("to register it again remove " + folder_.path()));
}

TEST_F(AcmeDnsProviderTest, FaultsOfTheServerAreTransient) {
  delegate();
  update_reply_ = ScriptedHttp::status(500);
  EXPECT_EQ(add().error().code, DnsErrc::transient);
  register_reply_ = ScriptedHttp::status(201, "<html>");
  const auto odd = add("_acme-challenge.b.test");
  EXPECT_EQ(odd.error().code, DnsErrc::transient);
  EXPECT_THAT(odd.error().message, HasSubstr("the reply makes no sense"));
}

TEST_F(AcmeDnsProviderTest, ADamagedFileIsSaidAndNotReplaced) {
  delegate();
  ASSERT_TRUE(add());
  const std::string file = folder_.path("acme-dns/_acme-challenge.a.test/account.json");
  haproxy::test::write_file(file, "{");
  EXPECT_EQ(add().error(), (DnsError{DnsErrc::configuration, file + ": it is no JSON object"}));
  EXPECT_EQ(registrations_, 1);
}

}  // namespace
}  // namespace agent
