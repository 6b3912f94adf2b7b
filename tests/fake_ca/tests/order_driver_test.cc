// Our own client and order machine against the authority, on a virtual clock.

#include "tests/fakes/order_driver.h"

#include <gtest/gtest.h>

#include "tests/fake_ca/in_process_server.h"

namespace fake_ca {
namespace {

using Driver = fakes::BasicOrderDriver<InProcessServer>;

std::string trouble_of(const Driver::Order& order) {
  return order.error ? acme::describe(*order.error) : "not over";
}

TEST(FakeCaWithOurClient, IssuesACertificateWhoseChallengeIsAnswered) {
  Driver driver;
  const Driver::Order& order = driver.run_one({"a.example", "b.example"});
  ASSERT_TRUE(order.certificate) << trouble_of(order);
  EXPECT_EQ(order.certificate->names, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(driver.server.statistics().issued, 1);
  EXPECT_EQ(driver.server.statistics().validations, 2);
  EXPECT_EQ(driver.server.statistics().repeated_responses, 0);
}

TEST(FakeCaWithOurClient, RefusesANameWhoseChallengeIsNotAnswered) {
  Driver driver;
  driver.publishes = false;
  const Driver::Order& order = driver.run_one();
  ASSERT_TRUE(order.error);
  EXPECT_EQ(order.error->subproblems.at(0).code, acme::Errc::unauthorized);
  EXPECT_EQ(driver.server.statistics().issued, 0);
}

TEST(FakeCaWithOurClient, AsksNobodyWhenEverythingIsValid) {
  Driver driver;
  driver.publishes = false;
  driver.server.options().validation = Validation::always_valid;
  EXPECT_TRUE(driver.run_one().certificate);
}

}  // namespace
}  // namespace fake_ca
