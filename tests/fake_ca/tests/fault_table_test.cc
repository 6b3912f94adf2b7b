// Every fault of the authority, met by our own client and order machine, ends as it is meant to: at
// once in a certificate, later in a certificate, or in an error that retry_advice() sorts.

#include <algorithm>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "acme/retry_advice.h"
#include "tests/fake_ca/in_process_server.h"
#include "tests/fakes/order_driver.h"

namespace fake_ca {
namespace {

using acme::RetryAction;
using acme::RetryScope;
using Driver = fakes::BasicOrderDriver<InProcessServer>;
using namespace std::chrono_literals;

/// How an order of one name ends.
struct End {
  enum class Kind {
    at_once,  ///< a certificate, and the order was never put back
    later,    ///< a certificate, after it was put back for that reason
    failed,   ///< no certificate, for that reason
  } kind;
  RetryAction action = RetryAction::now;
  RetryScope scope = RetryScope::order;
  std::chrono::seconds delay = 0s;  ///< of the advice
};
constexpr End at_once{End::Kind::at_once};
End later(RetryAction action, RetryScope scope, std::chrono::seconds delay) {
  return {End::Kind::later, action, scope, delay};
}
End failed(RetryAction action, RetryScope scope, std::chrono::seconds delay = 0s) {
  return {End::Kind::failed, action, scope, delay};
}

struct Row {
  std::string name;
  std::function<void(InProcessServer&)> arrange;
  End end;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

FaultRule rule(FaultKind kind, const std::string& endpoint, int count = 1) {
  return {.fault = {.kind = kind}, .endpoint = endpoint, .count = count};
}
Row scripted(const std::string& name, FaultRule fault, End end) {
  return {name, [fault](InProcessServer& server) { server.faults.set({fault}); }, end};
}
Row reply(const std::string& endpoint, Reply what, End end) {
  FaultRule fault = rule(FaultKind::reply, endpoint);
  const std::string name = endpoint + " answers " + std::to_string(what.status);
  fault.fault.reply = std::move(what);
  return scripted(name, std::move(fault), end);
}
Row problem(const std::string& endpoint, Problem what, End end, int count = 1) {
  FaultRule fault = rule(FaultKind::problem, endpoint, count);
  const std::string name = endpoint + " says " + what.type + " " + std::to_string(count) + " times";
  fault.fault.problem = std::move(what);
  return scripted(name, std::move(fault), end);
}
Row verdict(Problem what, End end) {
  return {"a challenge's " + what.type + " " + what.detail,
          [what](InProcessServer& server) { server.options().verdicts["a.example"] = what; },
          end};
}

const Reply html_503{503, {{"Content-Type", "text/html"}}, "<html>maintenance</html>"};
const Reply html_429{429, {{"Retry-After", "36"}}, "<html>slow down</html>"};

Problem rejected_with_subproblem() {
  Problem part{.type = "rejectedIdentifier", .detail = "on a block list"};
  part.identifier = Identifier{IdentifierType::dns, "a.example"};
  return {.type = "rejectedIdentifier", .detail = "policy", .subproblems = {part}};
}

const auto server = [](std::chrono::seconds delay = 5s) {
  return later(RetryAction::server, RetryScope::authority, delay);
};
const auto backoff = failed(RetryAction::backoff, RetryScope::identifiers, 1min);
const auto park_authority = failed(RetryAction::park, RetryScope::authority, 24h);
const auto park_names = failed(RetryAction::park, RetryScope::identifiers, 24h);
const auto switch_names = failed(RetryAction::switch_authority, RetryScope::identifiers, 24h);

std::vector<Row> transport_rows() {
  std::vector<Row> rows;
  for (const char* endpoint : {"directory",
                               "newNonce",
                               "newAccount",
                               "newOrder",
                               "authz",
                               "challenge",
                               "order",
                               "finalize",
                               "certificate"}) {
    const std::string at = std::string(" at ") + endpoint;
    rows.push_back(reply(endpoint, html_503, server()));
    rows.push_back(reply(endpoint, {500, {{"Retry-After", "60"}}, ""}, server(60s)));
    rows.push_back(reply(endpoint, html_429, later(RetryAction::wait, RetryScope::account, 36s)));
    rows.push_back(
        scripted("request lost" + at, rule(FaultKind::lose_request, endpoint), server()));
    rows.push_back(scripted("reply lost" + at, rule(FaultKind::lose_reply, endpoint), server()));
    rows.push_back(scripted("hanging" + at, rule(FaultKind::hang, endpoint), server()));
    rows.push_back(scripted("hanging after" + at, rule(FaultKind::hang_after, endpoint), server()));
  }
  for (const char* endpoint :
       {"newAccount", "newOrder", "authz", "challenge", "order", "finalize"}) {
    rows.push_back(scripted(std::string("five bad nonces at ") + endpoint,
                            rule(FaultKind::bad_nonce, endpoint, 5),
                            at_once));
  }
  rows.push_back(scripted("six bad nonces", rule(FaultKind::bad_nonce, "newOrder", 6), server()));
  return rows;
}

std::vector<Row> request_rows() {
  return {
      problem("newOrder", {.type = "accountDoesNotExist"}, at_once),
      problem("newOrder",
              {.type = "unauthorized", .status = 403},
              failed(RetryAction::check_account, RetryScope::account, 1h)),
      problem("newAccount", {.type = "externalAccountRequired", .status = 403}, park_authority),
      problem("newAccount", {.type = "agreementRequired", .status = 403}, park_authority),
      problem("newOrder", {.type = "userActionRequired", .status = 403}, park_authority),
      problem("newAccount", {.type = "badSignatureAlgorithm"}, park_authority),
      problem("newAccount", {.type = "badPublicKey"}, park_authority),
      problem("newOrder", {.type = "invalidProfile"}, park_authority),
      problem("newOrder",
              {.type = "malformed"},
              failed(RetryAction::backoff, RetryScope::identifiers, 24h)),
      problem("order", {.type = "malformed", .status = 404}, at_once),
      problem("newOrder",
              rejected_with_subproblem(),
              failed(RetryAction::split, RetryScope::identifiers)),
      problem("newOrder", {.type = "rejectedIdentifier"}, switch_names),
      problem("newOrder",
              {.type = "rateLimited",
               .status = 429,
               .detail = "Your account is temporarily prevented from requesting certificates for "
                         "a.example and possibly others. Please visit: https://ca.example/sfe"},
              park_names),
      problem("newOrder", {.type = "unsupportedIdentifier"}, switch_names),
      problem("finalize", {.type = "orderNotReady", .status = 403}, at_once),
      problem("finalize", {.type = "badCSR"}, at_once),
      problem("finalize", {.type = "badCSR"}, failed(RetryAction::new_key, RetryScope::order), 100),
      problem("finalize", {.type = "caa", .status = 403}, switch_names),
  };
}

/// Fetched again a minute later; what to do if it stays so is of the third time.
std::vector<Row> chain_rows() {
  const End again = later(RetryAction::backoff, RetryScope::identifiers, 1h);
  return {
      scripted("a chain cut within its leaf", rule(FaultKind::truncate, "certificate"), again),
      scripted("a leaf alone", rule(FaultKind::drop_intermediates, "certificate"), again),
      scripted("no chain", rule(FaultKind::invalid_json, "certificate"), again),
  };
}

std::vector<Row> challenge_rows() {
  return {
      verdict({.type = "unauthorized", .status = 403}, backoff),
      verdict({.type = "dns"}, backoff),
      verdict({.type = "connection"}, backoff),
      verdict({.type = "tls"}, backoff),
      verdict({.type = "incorrectResponse", .status = 403}, backoff),
      verdict({.type = "caa", .status = 403, .detail = "CAA prevents issuance"}, switch_names),
      verdict({.type = "caa", .status = 403, .detail = "DNS problem: SERVFAIL"}, backoff),
      verdict({.type = "rateLimited", .status = 429},
              failed(RetryAction::wait, RetryScope::account, 10min)),
  };
}

class FaultTable : public testing::TestWithParam<Row> {};

TEST_P(FaultTable, EndsAsTheTableSays) {
  Driver driver;
  GetParam().arrange(driver.server);
  const Driver::Order& order = driver.run_one();
  ASSERT_TRUE(order.is_over());
  EXPECT_TRUE(driver.server.answers.empty()) << "every answer is withdrawn";
  EXPECT_LE(driver.server.statistics().issued, 1);
  const End& end = GetParam().end;
  const std::string reason = order.error ? acme::describe(*order.error) : "issued";
  EXPECT_EQ(order.certificate.has_value(), end.kind != End::Kind::failed) << reason;
  EXPECT_EQ(order.suspensions.size(), end.kind == End::Kind::later ? 1U : 0U)
      << (order.suspensions.empty() ? "" : acme::describe(order.suspensions.back()));
  if (end.kind == End::Kind::at_once || HasFailure()) return;
  const acme::Error& error = order.error ? *order.error : order.suspensions.front();
  const acme::Advice advice =
      order.error && !error.subproblems.empty() && error.origin == acme::Origin::challenge
          ? acme::retry_advice(error.subproblems.front(), error.origin)
          : acme::retry_advice(error);
  EXPECT_EQ(acme::name_of(advice.action), acme::name_of(end.action)) << acme::describe(error);
  EXPECT_EQ(advice.scope, end.scope) << acme::describe(error);
  EXPECT_EQ(advice.delay, end.delay) << acme::describe(error);
}

INSTANTIATE_TEST_SUITE_P(Transport, FaultTable, testing::ValuesIn(transport_rows()));
INSTANTIATE_TEST_SUITE_P(Requests, FaultTable, testing::ValuesIn(request_rows()));
INSTANTIATE_TEST_SUITE_P(Chains, FaultTable, testing::ValuesIn(chain_rows()));
INSTANTIATE_TEST_SUITE_P(Challenges, FaultTable, testing::ValuesIn(challenge_rows()));

// --- the authority's real limits, with Boulder's words

struct LimitRow {
  std::string name;
  std::function<void(LimitOptions&)> set;
  std::vector<std::string> first, second;
  RetryScope scope;
};

class RealLimit : public testing::TestWithParam<LimitRow> {};

TEST_P(RealLimit, HasTheSecondOrderWaitForItsOwnBucketAndThenServed) {
  Driver driver;
  GetParam().set(driver.server.options().limits);
  ASSERT_TRUE(driver.run_one(GetParam().first).certificate);
  const base::WallTime began = driver.clock.wall();
  const Driver::Order& order = driver.run_one(GetParam().second);
  ASSERT_TRUE(order.certificate);
  ASSERT_EQ(order.suspensions.size(), 1U) << "it comes back when it may, not before";
  const acme::Advice advice = acme::retry_advice(order.suspensions.front());
  EXPECT_EQ(advice.action, RetryAction::wait);
  EXPECT_EQ(advice.scope, GetParam().scope);
  EXPECT_GT(driver.clock.wall() - began, 59min);
  EXPECT_LT(driver.clock.wall() - began, 80min);
}

INSTANTIATE_TEST_SUITE_P(FakeCa,
                         RealLimit,
                         testing::Values(LimitRow{"new orders",
                                                  [](LimitOptions& limits) {
                                                    limits.new_orders = {1, 1h};
                                                  },
                                                  {"a.example"},
                                                  {"b.example"},
                                                  RetryScope::account},
                                         LimitRow{"registered domain",
                                                  [](LimitOptions& limits) {
                                                    limits.certificates_per_domain = {1, 1h};
                                                  },
                                                  {"one.a.example"},
                                                  {"two.a.example"},
                                                  RetryScope::registered_domain},
                                         LimitRow{"exact set",
                                                  [](LimitOptions& limits) {
                                                    limits.certificates_per_set = {1, 1h};
                                                  },
                                                  {"a.example"},
                                                  {"a.example"},
                                                  RetryScope::identifiers}),
                         [](const auto& row) {
                           std::string name = row.param.name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

// --- certificates that are none

TEST(BadCertificate, IsNeverTakenAndItsOrderFailsAtTheThirdTime) {
  for (const FaultKind kind : {FaultKind::wrong_names,
                               FaultKind::truncate,
                               FaultKind::drop_intermediates,
                               FaultKind::invalid_json}) {
    Driver driver;
    const bool is_made_wrong = kind == FaultKind::wrong_names;
    driver.server.faults.set({rule(kind, is_made_wrong ? "finalize" : "certificate", 0)});
    const Driver::Order& order = driver.run_one();
    ASSERT_TRUE(order.is_over()) << name_of(kind);
    ASSERT_FALSE(order.certificate) << name_of(kind);
    EXPECT_EQ(order.error->code, acme::Errc::bad_certificate) << name_of(kind);
    EXPECT_EQ(order.suspensions.size(), 2U) << name_of(kind);
    EXPECT_EQ(acme::retry_advice(*order.error).action, RetryAction::backoff) << name_of(kind);
    EXPECT_TRUE(order.stored.certificate_chain_pem.empty()) << name_of(kind);
  }
}

TEST(BadCertificate, IsFetchedAgain) {
  for (const FaultKind kind : {FaultKind::truncate, FaultKind::drop_intermediates}) {
    Driver driver;
    driver.server.faults.set({rule(kind, "certificate", 2)});
    ASSERT_TRUE(driver.run_one().certificate) << name_of(kind);
    EXPECT_EQ(driver.server.statistics().issued, 1) << name_of(kind);
  }
}

TEST(BadCertificate, IsNotTakenFromAnAuthorityWhoseClockIsAhead) {
  Driver driver;
  driver.server.options().validity_skew = 10h;
  const Driver::Order& order = driver.run_one();
  ASSERT_TRUE(order.error);
  EXPECT_EQ(order.error->code, acme::Errc::bad_certificate);
}

// --- all of it at once

/// Of the first requests of each kind, and of the saves, some meet trouble; the seed decides.
class RandomSchedule : public testing::TestWithParam<unsigned> {
 protected:
  static std::vector<FaultRule> rules() {
    std::vector<FaultRule> rules;
    for (const FaultKind kind : {FaultKind::bad_nonce,
                                 FaultKind::lose_request,
                                 FaultKind::lose_reply,
                                 FaultKind::hang,
                                 FaultKind::hang_after,
                                 FaultKind::truncate,
                                 FaultKind::invalid_json}) {
      rules.push_back({.fault = {.kind = kind}, .count = 120, .probability = 0.04});
    }
    for (const Reply& what : {html_503, html_429, Reply{500, {{"Retry-After", "60"}}, ""}}) {
      FaultRule fault = {.fault = {.kind = FaultKind::reply}, .count = 120, .probability = 0.04};
      fault.fault.reply = what;
      rules.push_back(std::move(fault));
    }
    return rules;
  }
};

TEST_P(RandomSchedule, LosesNothingAndIssuesNothingTwice) {
  constexpr int names = 4;
  Driver driver;
  std::mt19937 dice(GetParam());
  driver.server.faults.set_seed(GetParam());
  driver.server.faults.set(rules());
  driver.server.options().processing_time = 2s;
  driver.server.options().validation_time = 1s;
  driver.on_saved = [&driver, &dice](int number) {
    driver.is_dead = number < 60 && dice() % 8 == 0;
  };
  for (int i = 0; i < names; ++i) driver.add({"n" + std::to_string(i) + ".example"});
  driver.run();
  int restarts = 0;
  while (driver.is_dead && ++restarts < 1000) driver.restart();
  for (const Driver::Order& order : driver.orders) {
    EXPECT_TRUE(order.certificate) << (order.error ? acme::describe(*order.error) : "not over");
  }
  const Statistics& counts = driver.server.statistics();
  EXPECT_EQ(counts.issued, names);
  EXPECT_EQ(counts.finalized, names);
  EXPECT_EQ(counts.orders, names) << "an order that is placed again is the same";
  EXPECT_EQ(counts.validations, names);
  EXPECT_EQ(driver.server.ca.state().accounts.size(), 1U);
  EXPECT_TRUE(driver.server.answers.empty());
  EXPECT_GT(driver.server.faults.struck(), 0);
}

INSTANTIATE_TEST_SUITE_P(FakeCa, RandomSchedule, testing::Range(1U, 101U));

}  // namespace
}  // namespace fake_ca
