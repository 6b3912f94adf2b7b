#include "agent/issuer/order_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

base::DomainName name(std::string_view text) {
  return *base::DomainName::parse(text);
}

OrderRecord order_of(std::initializer_list<std::string_view> texts, std::uint32_t failures = 0) {
  OrderRecord order{.id = OrderId(1), .authority = "le"};
  for (const std::string_view text : texts) order.names.push_back(name(text));
  order.failures = failures;
  return order;
}

acme::Error dead(std::string_view text) {
  acme::Error error{
      .code = acme::Errc::dns, .origin = acme::Origin::challenge, .context = {}, .detail = {}};
  error.detail = "NXDOMAIN";
  error.subproblems = {{acme::Identifier(name(text)), acme::Errc::dns, "NXDOMAIN"}};
  return error;
}

OrderFailure judge(const OrderRecord& order,
                   const acme::Error& error,
                   base::WallTime at,
                   double jitter) {
  return judge_failure(order, error, acme::retry_advice(error), at, jitter);
}

Budgets letsencrypt() {
  return Budgets("le", limits_of(LimitPreset::letsencrypt, ""));
}

const BudgetState* find(const std::vector<BudgetEntry>& entries, const BudgetKey& key) {
  for (const BudgetEntry& entry : entries) {
    if (entry.key == key) return &entry.state;
  }
  return nullptr;
}

TEST(OrderVerdict, BlamesOnlyTheNamesThatTheErrorNames) {
  const OrderFailure failure =
      judge(order_of({"a.org", "dead.org", "z.org"}), dead("dead.org"), now, 0.5);
  ASSERT_EQ(failure.names.size(), 1u);
  EXPECT_EQ(failure.names[0].name, name("dead.org"));
  EXPECT_EQ(failure.names[0].next_attempt, now + 1min);
  EXPECT_THAT(failure.names[0].error, HasSubstr("NXDOMAIN"));
  EXPECT_THAT(failure.names[0].error, HasSubstr("What to do: check that the name exists in DNS"));
}

TEST(OrderVerdict, BlamesAllIfTheErrorNamesNone) {
  acme::Error error = dead("elsewhere.org");
  EXPECT_THAT(judge(order_of({"a.org", "b.org"}), error, now, 0.5).names, IsEmpty());
}

TEST(OrderVerdict, OrdersEachAloneIfOneOfThemIsMeantAndNotNamed) {
  acme::Error error = dead("a.org");
  error.code = acme::Errc::rejected_identifier;
  error.origin = acme::Origin::request;
  error.subproblems.clear();
  const OrderFailure failure = judge(order_of({"a.org", "b.org"}), error, now, 0.5);
  EXPECT_THAT(failure.names, IsEmpty());
  EXPECT_EQ(failure.next_attempt, now);
  EXPECT_FALSE(failure.parked);
  const OrderFailure alone = judge(order_of({"a.org"}), error, now, 0.5);
  EXPECT_TRUE(alone.parked);
  EXPECT_GT(alone.next_attempt, now + 12h);
}

TEST(OrderVerdict, ParksANameThatFailsForThirtyDays) {
  OrderRecord order = order_of({"a.org"}, 12);
  order.failing_since = now - 24h * 30 + 1s;
  EXPECT_FALSE(judge(order, dead("a.org"), now, 0).parked);
  order.failing_since = now - 24h * 30;
  const OrderFailure failure = judge(order, dead("a.org"), now, 0);
  EXPECT_TRUE(failure.parked);
  EXPECT_EQ(failure.next_attempt, now + 24h * 7);
}

TEST(OrderVerdict, DoesNotParkHoweverOftenIfItsNameHasACertificate) {
  EXPECT_FALSE(judge(order_of({"a.org"}, 100), dead("a.org"), now, 0).parked);
}

TEST(OrderVerdict, CountsAFailedAuthorizationOfTheBlamedName) {
  const auto charges =
      charge_failure(letsencrypt(), order_of({"a.org", "dead.org"}), dead("dead.org"), now);
  EXPECT_NE(find(charges, {LimitKind::failed_authorizations, "dead.org"}), nullptr);
  EXPECT_EQ(find(charges, {LimitKind::failed_authorizations, "a.org"}), nullptr);
}

TEST(OrderVerdict, AdoptsTheLimitThatARefusalNames) {
  acme::Error error{.code = acme::Errc::rate_limited, .context = {}, .detail = {}};
  error.detail =
      "too many new orders (3000) from this account in the last 3h0m0s, retry after 2030-01-01 "
      "00:05:00 UTC";
  error.http_status = 429;
  const auto charges =
      charge_suspension(letsencrypt(), order_of({"a.org"}), error, now + 5min, now);
  const BudgetState* const account = find(charges, {LimitKind::new_orders, ""});
  ASSERT_NE(account, nullptr);
  EXPECT_EQ(account->learned, (RateLimit{3000, 3h}));
  Budgets budgets = letsencrypt();
  budgets.apply(charges, now);
  EXPECT_GE(budgets.opens_at(Urgency::person_waits, now), now + 5min);
}

TEST(OrderVerdict, OtherErrorsChangeNoBudget) {
  const acme::Error error{.code = acme::Errc::server_internal, .context = {}, .detail = {}};
  EXPECT_THAT(charge_suspension(letsencrypt(), order_of({"a.org"}), error, now + 5min, now),
              IsEmpty());
}

}  // namespace
}  // namespace agent
