#include "agent/lookup/per_thread.h"

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace agent {
namespace {

struct Number {
  std::atomic<int> value = 0;
};

int sum(const PerThread<Number>& numbers) {
  int sum = 0;
  numbers.for_each([&sum](const Number& number) { sum += number.value; });
  return sum;
}

TEST(PerThread, GivesAThreadTheSameEachTime) {
  PerThread<Number> numbers;
  EXPECT_EQ(&numbers.local(), &numbers.local());
}

TEST(PerThread, GivesEveryThreadItsOwn) {
  PerThread<Number> numbers;
  numbers.local().value = 1;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&numbers] {
      for (int n = 0; n < 1'000; ++n) {
        Number& own = numbers.local();
        own.value.store(own.value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      }
    });
  }
  sum(numbers);  // whatever it is by now
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum(numbers), 4'001);
}

TEST(PerThread, KeepsTwoOfOneTypeApart) {
  PerThread<Number> first;
  PerThread<Number> second;
  for (int i = 0; i < 3; ++i) {
    ++first.local().value;
    second.local().value += 10;
  }
  EXPECT_EQ(sum(first), 3);
  EXPECT_EQ(sum(second), 30);
}

TEST(PerThread, DoesNotMistakeANewOneForAnOldOneAtItsAddress) {
  std::optional<PerThread<Number>> numbers;
  for (int i = 0; i < 3; ++i) {
    numbers.emplace();
    ++numbers->local().value;
    EXPECT_EQ(sum(*numbers), 1);
  }
}

}  // namespace
}  // namespace agent
