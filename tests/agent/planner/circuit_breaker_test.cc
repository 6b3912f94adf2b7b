#include "agent/planner/circuit_breaker.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;

class CircuitBreakerTest : public testing::Test {
 protected:
  void fail(int times = 1) {
    for (int i = 0; i < times; ++i) breaker_.fail(now_, std::nullopt, 0);
  }
  State state() const { return breaker_.state(now_); }
  /// How long it is open from now on.
  std::chrono::milliseconds opening() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(*breaker_.open_until(now_) - now_);
  }

  CircuitBreaker breaker_;
  base::MonotonicTime now_{1h};
};

TEST_F(CircuitBreakerTest, OpensAtTheThirdFaultInARow) {
  fail(2);
  breaker_.succeed();
  fail(2);
  EXPECT_EQ(state(), State::closed);
  EXPECT_TRUE(breaker_.admits(now_));
  fail();
  EXPECT_EQ(state(), State::open);
  EXPECT_FALSE(breaker_.admits(now_));
  EXPECT_EQ(opening(), 5s);
}

TEST_F(CircuitBreakerTest, OpensWhenHalfOfTheOutcomesAreFaults) {
  for (int i = 0; i < 4; ++i) {
    breaker_.succeed();
    fail();
  }
  breaker_.succeed();
  EXPECT_EQ(state(), State::closed) << "nine outcomes are too few to tell";
  fail();
  EXPECT_EQ(state(), State::open);
}

TEST_F(CircuitBreakerTest, ForgetsOutcomesOfLongAgo) {
  for (int i = 0; i < 4; ++i) {
    fail();
    breaker_.succeed();
    breaker_.succeed();
  }
  for (int i = 0; i < 20; ++i) breaker_.succeed();
  for (int i = 0; i < 4; ++i) {
    fail();
    breaker_.succeed();
    breaker_.succeed();
  }
  EXPECT_EQ(state(), State::closed);
}

TEST_F(CircuitBreakerTest, LetsOneOrderProbeWhenItsTimeIsOver) {
  fail(3);
  now_ += 5s;
  EXPECT_EQ(state(), State::half_open);
  ASSERT_TRUE(breaker_.admits(now_));
  breaker_.start(now_);
  EXPECT_FALSE(breaker_.admits(now_));
  breaker_.succeed();
  EXPECT_EQ(state(), State::closed);
  EXPECT_TRUE(breaker_.admits(now_));
  fail(2);
  EXPECT_EQ(state(), State::closed) << "what was before is forgotten";
}

TEST_F(CircuitBreakerTest, StaysOpenTwiceAsLongEachTimeUpToAQuarterOfAnHour) {
  fail(3);
  for (const auto expected : {10s, 20s, 40s, 80s, 160s, 320s, 640s, 900s, 900s}) {
    now_ += opening();
    breaker_.start(now_);
    fail();
    EXPECT_EQ(opening(), expected);
  }
}

TEST_F(CircuitBreakerTest, AProbeThatSaysNothingMakesRoomForAnother) {
  fail(3);
  now_ += 5s;
  breaker_.start(now_);
  breaker_.end_without_verdict();
  EXPECT_EQ(state(), State::half_open);
  EXPECT_TRUE(breaker_.admits(now_));
}

TEST_F(CircuitBreakerTest, FaultsOfOrdersThatStartedBeforeDoNotProlongIt) {
  fail(3);
  now_ += 1s;
  fail(5);
  EXPECT_EQ(opening(), 4s);
}

TEST_F(CircuitBreakerTest, OpensAtOnceForAsLongAsTheAuthorityWants) {
  breaker_.fail(now_, 1h, 0);
  EXPECT_EQ(opening(), 1h);
  breaker_.fail(now_, 2h, 0);
  EXPECT_EQ(opening(), 2h);
  breaker_.fail(now_, 1min, 0);
  EXPECT_EQ(opening(), 2h);
}

TEST_F(CircuitBreakerTest, SpreadsTheEndByUpToAFifth) {
  fail(2);
  breaker_.fail(now_, std::nullopt, 0.5);
  EXPECT_EQ(opening(), 5500ms);
}

}  // namespace
}  // namespace agent
