#include "acme/nonce_pool.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using fakes::FakeClock;

TEST(NoncePool, ForgetsNoncesOlderThanTheirLifetime) {
  FakeClock clock;
  NoncePool pool(clock, 10min);
  pool.put(Nonce("stale"));
  clock.advance(10min);
  EXPECT_EQ(pool.take(), std::nullopt);
}

TEST(NoncePool, KeepsNoncesForTheirLifetimeWhateverTheWallClockDoes) {
  FakeClock clock;
  NoncePool pool(clock, 10min);
  pool.put(Nonce("fresh"));
  clock.advance(10min - 1ms);
  clock.jump(24h);
  EXPECT_EQ(pool.take(), Nonce("fresh"));
}

TEST(NoncePool, GivesEachNonceOnceAndTheYoungestFirst) {
  FakeClock clock;
  NoncePool pool(clock, 10min);
  pool.put(Nonce("old"));
  pool.put(Nonce("young"));
  EXPECT_EQ(pool.take(), Nonce("young"));
  EXPECT_EQ(pool.take(), Nonce("old"));
  EXPECT_EQ(pool.take(), std::nullopt);
}

TEST(NoncePool, KeepsTheYoungOnesWhenTheOldHaveDied) {
  FakeClock clock;
  NoncePool pool(clock, 10min);
  pool.put(Nonce("old"));
  clock.advance(6min);
  pool.put(Nonce("young"));
  clock.advance(6min);
  EXPECT_EQ(pool.take(), Nonce("young"));
  EXPECT_EQ(pool.take(), std::nullopt);
}

TEST(NoncePool, DropsTheOldestWhenFull) {
  FakeClock clock;
  NoncePool pool(clock, 10min);
  for (int i = 0; i < 65; ++i) pool.put(Nonce(std::to_string(i)));
  for (int i = 64; i >= 1; --i) EXPECT_EQ(pool.take(), Nonce(std::to_string(i)));
  EXPECT_EQ(pool.take(), std::nullopt);
}

}  // namespace
}  // namespace acme
