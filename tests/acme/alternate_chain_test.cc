#include "acme/alternate_chain.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

TEST(AlternateChain, IsKnownByItsLastIssuerAndByAnySubject) {
  const fakes::FakeClock clock;
  const fakes::TestCa ca(clock.wall());
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const fakes::LeafWish wish{{"a.example"}, clock.wall(), clock.wall() + 24h};
  const std::string chain = ca.issue(key.get(), wish);
  EXPECT_TRUE(is_preferred_chain(chain, "Test Root"));
  EXPECT_TRUE(is_preferred_chain(chain, "Test Intermediate"));
  EXPECT_FALSE(is_preferred_chain(chain, "Test"));
  EXPECT_FALSE(is_preferred_chain(chain, ""));
  const std::string leaf_only = chain.substr(0, chain.find("-----BEGIN", 1));
  EXPECT_TRUE(is_preferred_chain(leaf_only, "Test Intermediate"));
  EXPECT_FALSE(is_preferred_chain(leaf_only, "Test Root"));
}

TEST(AlternateChain, IsNotWhatCannotBeRead) {
  EXPECT_FALSE(is_preferred_chain("", "Test Root"));
  EXPECT_FALSE(is_preferred_chain("<html>", "Test Root"));
}

}  // namespace
}  // namespace acme
