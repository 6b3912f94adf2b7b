#include "agent/on_demand/addition_limit.h"

#include <chrono>

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::MonotonicTime start{};

TEST(AdditionLimit, CountsEachDomainByItself) {
  AdditionLimit limit({2, 1h});
  EXPECT_TRUE(limit.take("example.org", start));
  EXPECT_TRUE(limit.take("example.org", start));
  EXPECT_FALSE(limit.has_room("example.org", start));
  EXPECT_FALSE(limit.take("example.org", start));
  EXPECT_TRUE(limit.has_room("example.net", start));
  EXPECT_TRUE(limit.take("example.net", start));
}

TEST(AdditionLimit, GivesPlacesBackOneByOne) {
  AdditionLimit limit({2, 1h});
  EXPECT_TRUE(limit.take("example.org", start));
  EXPECT_TRUE(limit.take("example.org", start));
  EXPECT_FALSE(limit.take("example.org", start + 30min - 1us));
  EXPECT_TRUE(limit.take("example.org", start + 30min));
  EXPECT_FALSE(limit.take("example.org", start + 30min));
}

TEST(AdditionLimit, HasNoRoomForMoreDomainsThanItCanKnow) {
  AdditionLimit limit({1, 1h});
  for (std::size_t i = 0; i < AdditionLimit::most_domains; ++i) {
    ASSERT_TRUE(limit.take(std::to_string(i), start));
  }
  EXPECT_FALSE(limit.take("example.org", start));
  EXPECT_TRUE(limit.take("example.org", start + 1h));
}

}  // namespace
}  // namespace agent
