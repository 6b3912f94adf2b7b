#include "agent/on_demand/permit_cache.h"

#include <chrono>

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::MonotonicTime start{};

TEST(PermitCache, KnowsAnAnswerUntilItsTime) {
  PermitCache cache(10);
  EXPECT_EQ(cache.find("a.example", start), nullptr);
  cache.put("a.example", {Permit::yes, start + 1h, start + 1h});
  ASSERT_NE(cache.find("a.example", start + 1h - 1ns), nullptr);
  EXPECT_EQ(cache.find("a.example", start)->permit, Permit::yes);
  EXPECT_EQ(cache.find("a.example", start + 1h), nullptr);
}

TEST(PermitCache, TheNewestAnswerCounts) {
  PermitCache cache(10);
  cache.put("a.example", {Permit::no, start + 1h, start + 1h});
  cache.put("a.example", {Permit::yes, start + 2h, start + 2h});
  ASSERT_NE(cache.find("a.example", start + 1h), nullptr);
  EXPECT_EQ(cache.find("a.example", start + 1h)->permit, Permit::yes);
  EXPECT_EQ(cache.size(), 1u);
}

TEST(PermitCache, ForgetsTheOldestAnswerWhenItIsFull) {
  PermitCache cache(2);
  cache.put("a.example", {Permit::no, start + 1h, start + 1h});
  cache.put("b.example", {Permit::no, start + 1h, start + 1h});
  cache.put("a.example", {Permit::no, start + 1h, start + 1h});
  cache.put("c.example", {Permit::no, start + 1h, start + 1h});
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_NE(cache.find("a.example", start), nullptr);
  EXPECT_EQ(cache.find("b.example", start), nullptr);
  EXPECT_NE(cache.find("c.example", start), nullptr);
}

}  // namespace
}  // namespace agent
