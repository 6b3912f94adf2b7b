#include "tests/fake_ca/limits.h"

#include "tests/fake_ca/options_json.h"
#include "tests/fake_ca/tests/ca_fixture.h"

namespace fake_ca {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

constexpr base::WallTime begin = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

TEST(Gcra, GivesItsBurstAtOnceAndThenOneTokenAStep) {
  Gcra buckets;
  const Limit limit{300, 3h};
  for (int i = 0; i < 300; ++i) {
    ASSERT_FALSE(buckets.wait("a", limit, begin)) << i;
    buckets.spend("a", limit, begin);
  }
  EXPECT_EQ(buckets.wait("a", limit, begin), 36s);
  EXPECT_FALSE(buckets.wait("b", limit, begin)) << "another key";
  EXPECT_EQ(buckets.wait("a", limit, begin + 35s), 1s);
  EXPECT_FALSE(buckets.wait("a", limit, begin + 36s));
  buckets.spend("a", limit, begin + 36s);
  EXPECT_EQ(buckets.wait("a", limit, begin + 36s), 36s);
  EXPECT_FALSE(buckets.wait("a", limit, begin + 36s + 3h));
  EXPECT_EQ(buckets.spent("a", limit, begin + 36s), 300);
  EXPECT_EQ(buckets.spent("a", limit, begin + 36s + 3h), 0);
}

TEST(Gcra, ServesTwoThousandFourHundredOrdersADay) {
  Gcra buckets;
  const Limit limit{300, 3h};
  int served = 0;
  for (base::WallTime now = begin; now < begin + 24h; now += 1s) {
    while (!buckets.wait("a", limit, now)) {
      buckets.spend("a", limit, now);
      ++served;
    }
  }
  EXPECT_EQ(served, 300 + 2399) << "the burst, and one each 36 s";
}

TEST(RegisteredDomain, IsTheSuffixAndOneLabel) {
  const auto of = [](const char* name, IdentifierType type = IdentifierType::dns) {
    return registered_domain({type, name}, {"co.uk", "platform.example"});
  };
  EXPECT_EQ(of("a.example"), "a.example");
  EXPECT_EQ(of("x.y.a.example"), "a.example");
  EXPECT_EQ(of("*.a.example"), "a.example");
  EXPECT_EQ(of("www.shop.co.uk"), "shop.co.uk");
  EXPECT_EQ(of("c1.platform.example"), "c1.platform.example");
  EXPECT_EQ(of("platform.example"), "platform.example");
  EXPECT_EQ(of("192.0.2.7", IdentifierType::ip), "192.0.2.7");
  EXPECT_EQ(of("2001:db8:1:2:3::4", IdentifierType::ip), "2001:db8:1:2::/64");
}

TEST(LimitOptions, AreLetsEncrypts) {
  const LimitOptions limits = lets_encrypt_limits();
  EXPECT_EQ(limits.new_orders, (Limit{300, 3h}));
  EXPECT_EQ(limits.certificates_per_domain, (Limit{50, 168h}));
  EXPECT_EQ(limits.requests.new_nonce, (Limit{10, 500ms}));
  EXPECT_EQ(limits.requests.renewal_info, (Limit{100, 100ms}));
}

class LimitsTest : public CaTest {
 protected:
  LimitsTest() { options().limits = lets_encrypt_limits(); }

  std::string detail(const Reply& reply) { return json_of(reply).value("detail", ""); }
  std::chrono::seconds retry_after(const Reply& reply) {
    return std::chrono::seconds(std::stoi(SigningClient::header(reply, "Retry-After")));
  }
  /// Requests are so slow that no limit on them is hit.
  Reply place(int number, const std::string& suffix = ".example") {
    clock.advance(100ms);
    return client.place({"n" + std::to_string(number) + suffix});
  }
  Reply issue(const std::string& name, const Json& more = Json::object()) {
    clock.advance(10s);
    options().limits.requests = {};
    return client.issue({name}, more);
  }
};

TEST_F(LimitsTest, AllowThreeHundredNewOrdersOfAnAccount) {
  for (int i = 0; i < 300; ++i) ASSERT_EQ(place(i).status, 201) << i;
  const Reply refused = place(300);
  EXPECT_EQ(verdict_of(refused), "429 rateLimited");
  EXPECT_THAT(detail(refused),
              StartsWith("too many new orders (300) from this account in the last 3h0m0s, retry "
                         "after 2030-01-01 00:00:"));
  EXPECT_GE(retry_after(refused), 5s) << "36 s, less the 30 that the orders took";
  EXPECT_LE(retry_after(refused), 8s);
  SigningClient other(ca, another_key());
  other.register_account();
  EXPECT_EQ(other.place({"a.example"}).status, 201) << "another account";
  clock.advance(8s);
  EXPECT_EQ(place(300).status, 201);
}

TEST_F(LimitsTest, CountAnOrderThatIsReusedAllTheSame) {
  options().limits.new_orders = {2, 1h};
  EXPECT_EQ(place(1).status, 201);
  EXPECT_EQ(place(1).status, 201);
  EXPECT_EQ(statistics().reused_orders, 1);
  EXPECT_EQ(place(1).status, 429);
}

TEST_F(LimitsTest, HaveOverrides) {
  options().limits.new_orders = {1, 1h};
  const std::string number =
      client.account()->text().substr(client.account()->text().rfind('/') + 1);
  options().limits.new_orders_overrides[number] = {2, 1h};
  place(1);
  EXPECT_EQ(place(2).status, 201);
  EXPECT_THAT(detail(place(3)), StartsWith("too many new orders (2)"));
}

TEST_F(LimitsTest, AllowFiftyCertificatesOfARegisteredDomain) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(json_of(issue("n" + std::to_string(i) + ".a.example"))["status"], "valid") << i;
  }
  const Reply refused = issue("another.a.example");
  EXPECT_EQ(verdict_of(refused), "429 rateLimited");
  EXPECT_THAT(detail(refused),
              StartsWith("too many certificates (50) already issued for \"a.example\" in the last "
                         "168h0m0s, retry after "));
  EXPECT_EQ(json_of(issue("n0.a.example"))["status"], "valid") << "a renewal of the exact set";
  EXPECT_EQ(json_of(issue("b.example"))["status"], "valid");
}

TEST_F(LimitsTest, AllowFiveCertificatesOfAnExactSet) {
  for (int i = 0; i < 5; ++i) ASSERT_EQ(json_of(issue("a.example"))["status"], "valid");
  const Reply refused = issue("a.example");
  EXPECT_THAT(detail(refused),
              StartsWith("too many certificates (5) already issued for this exact "
                         "set of identifiers in the last 168h0m0s"));
  EXPECT_GT(retry_after(refused), 33h);
  EXPECT_LT(retry_after(refused), 36h);
}

TEST_F(LimitsTest, AllowFiveFailuresAnHour) {
  options().verdicts["a.example"] = {.type = "connection", .detail = "nobody there"};
  for (int i = 0; i < 5; ++i) ASSERT_EQ(verdict_of(issue("a.example")), "403 orderNotReady") << i;
  const Reply refused = issue("a.example");
  EXPECT_THAT(
      detail(refused),
      StartsWith("too many failed authorizations (5) for \"a.example\" in the last 1h0m0s"));
  EXPECT_EQ(client.place({"b.example", "a.example"}).status, 429) << "one such name is enough";
  clock.advance(12min);
  EXPECT_EQ(client.place({"a.example"}).status, 201);
}

TEST_F(LimitsTest, PauseANameThatFailsForEverUntilSomebodyUnpausesIt) {
  options().limits.failed_authorizations = {};
  options().limits.consecutive_failures = {3, 3 * 24h};
  options().verdicts["a.example"] = {.type = "dns", .detail = "NXDOMAIN"};
  for (int i = 0; i < 3; ++i) issue("a.example");
  const Reply paused = issue("a.example");
  EXPECT_EQ(verdict_of(paused), "429 rateLimited");
  EXPECT_THAT(detail(paused), HasSubstr("https://"));
  EXPECT_EQ(SigningClient::header(paused, "Retry-After"), "");
  clock.advance(24h * 30);
  EXPECT_EQ(issue("a.example").status, 429) << "time does not help";
  ca.state().limits.unpause(ca.state().accounts.begin()->first);
  EXPECT_EQ(client.place({"a.example"}).status, 201);
}

TEST_F(LimitsTest, ForgetFailuresInARowAfterASuccess) {
  options().limits.failed_authorizations = {};
  options().limits.consecutive_failures = {3, 3 * 24h};
  options().reuses_authorizations = false;
  for (int round = 0; round < 3; ++round) {
    options().verdicts["a.example"] = {.type = "dns", .detail = "NXDOMAIN"};
    issue("a.example");
    issue("a.example");
    options().verdicts.clear();
    ASSERT_EQ(json_of(issue("a.example"))["status"], "valid") << round;
  }
}

TEST_F(LimitsTest, AllowTenNewAccountsOfAnAddress) {
  options().limits.requests = {};
  const auto make = [this](const char* address) {
    SigningClient other(ca, another_key());
    other.remote = address;
    return other.register_account();
  };
  for (int i = 0; i < 10; ++i) ASSERT_EQ(make("192.0.2.1").status, 201) << i;
  const Reply refused = make("192.0.2.1");
  EXPECT_THAT(
      detail(refused),
      StartsWith("too many new registrations (10) from this IP address in the last 3h0m0s"));
  EXPECT_EQ(make("192.0.2.2").status, 201);
}

TEST_F(LimitsTest, AnswerTooManyRequestsAsALoadBalancer) {
  Reply last;
  int served = 0;
  for (int i = 0; i < 30; ++i) {
    last = client.get("/acme/new-nonce", Method::head);
    served += last.status == 200 ? 1 : 0;
  }
  EXPECT_EQ(served, 10);
  EXPECT_EQ(last.status, 503);
  EXPECT_THAT(last.body, StartsWith("<html>"));
  EXPECT_EQ(SigningClient::header(last, "Retry-After"), "1");
  EXPECT_EQ(client.get("/directory").status, 200) << "a bucket of its own";
  clock.advance(50ms);
  EXPECT_EQ(client.get("/acme/new-nonce", Method::head).status, 200);
}

TEST_F(LimitsTest, SpareAnAriRenewalInItsWindow) {
  const Reply order = issue("a.example");
  client.download(order);
  const std::string id = ca.state().certificates.begin()->second.leaf.cert_id;
  options().limits.new_orders = {1, 24h * 365};
  options().limits.certificates_per_set = {1, 24h * 365};
  ca.state().limits.forget();
  place(1);  // the only token
  clock.advance(10 * 24h);
  EXPECT_EQ(place(2).status, 429);
  EXPECT_EQ(client.place({"a.example", "new.example"}, {{"replaces", id}}).status, 429)
      << "before its window";
  clock.advance(50 * 24h);
  const Json renewal = {{"replaces", id}};
  EXPECT_EQ(json_of(issue("a.example", renewal))["status"], "valid");
  EXPECT_EQ(statistics().exempt_orders, 1);
  EXPECT_EQ(place(3).status, 429);
}

TEST_F(LimitsTest, NameTheFurthestOfSeveral) {
  options().limits.new_orders = {1, 1h};
  options().limits.failed_authorizations = {1, 10h};
  options().verdicts["a.example"] = {.type = "dns", .detail = "NXDOMAIN"};
  issue("a.example");
  EXPECT_THAT(detail(issue("a.example")), StartsWith("too many failed authorizations"));
}

TEST(OptionsJson, ChangesWhatItNamesAndNothingByMistake) {
  Options options;
  ASSERT_TRUE(apply_options(options, Json::parse(R"({
      "limits": {"preset": "letsencrypt", "new_orders": {"burst": 10, "period_seconds": 60}},
      "processing_seconds": 2.5, "challenge_types": ["dns-persist-01"],
      "external_accounts": {"kid-1": "AQID"}, "order_retry_after_seconds": 3,
      "profiles": {"short": {"validity_seconds": 60}}, "default_profile": "short",
      "verdicts": {"a.example": {"type": "caa", "status": 403, "detail": "no"}}})")));
  EXPECT_EQ(options.limits.new_orders, (Limit{10, 60s}));
  EXPECT_EQ(options.limits.certificates_per_domain, (Limit{50, 168h}));
  EXPECT_EQ(options.processing_time, 2500ms);
  EXPECT_EQ(options.challenge_types, std::vector{ChallengeType::dns_persist_01});
  EXPECT_EQ(options.external_accounts.at("kid-1"), "\1\2\3");
  EXPECT_EQ(options.profiles.at("short").validity, 60s);
  EXPECT_EQ(options.verdicts.at("a.example").type, "caa");
  const auto mistake = [&options](const char* json) {
    const auto applied = apply_options(options, Json::parse(json));
    return applied ? "none" : applied.error();
  };
  EXPECT_THAT(mistake(R"({"processing": 1})"), StartsWith("processing is unknown; there are "));
  EXPECT_EQ(mistake(R"({"limits": {"new_orders": {"burst": "x"}}})"),
            "limits.new_orders.burst is to be a whole number");
  EXPECT_EQ(mistake(R"({"limits": {"new_orders": {"burst": 1, "period_seconds": 0}}})"),
            "limits.new_orders.period_seconds is to be positive");
  EXPECT_EQ(mistake(R"({"reuses_orders": false, "validation": "maybe"})"),
            "validation is to be one of fetch, always_valid");
  EXPECT_TRUE(options.reuses_orders) << "a mistake changes nothing";
}

}  // namespace
}  // namespace fake_ca
