#include "agent/lookup/traffic_samples.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace agent {
namespace {

std::vector<std::string> take(const TrafficSamples& samples) {
  std::vector<std::string> taken;
  samples.take([&taken](std::string_view host) { taken.emplace_back(host); });
  return taken;
}

TEST(TrafficSamples, AreTakenOnceInTheirOrder) {
  const auto samples = std::make_unique<TrafficSamples>();
  samples->offer("a.example");
  samples->offer("B.example:80");
  EXPECT_EQ(take(*samples), (std::vector<std::string>{"a.example", "B.example:80"}));
  EXPECT_TRUE(take(*samples).empty());
}

TEST(TrafficSamples, AreDroppedWhileNobodyTakesThem) {
  const auto samples = std::make_unique<TrafficSamples>();
  for (std::size_t i = 0; i < TrafficSamples::capacity + 10; ++i) {
    samples->offer(std::to_string(i));
  }
  const std::vector<std::string> taken = take(*samples);
  EXPECT_EQ(taken.size(), TrafficSamples::capacity);
  EXPECT_EQ(taken.back(), std::to_string(TrafficSamples::capacity - 1));
  samples->offer("again");
  EXPECT_EQ(take(*samples), std::vector<std::string>{"again"});
}

TEST(TrafficSamples, DropWhatCannotBeAName) {
  const auto samples = std::make_unique<TrafficSamples>();
  samples->offer(std::string(TrafficSamples::max_host + 1, 'x'));
  EXPECT_TRUE(take(*samples).empty());
  samples->offer(std::string(TrafficSamples::max_host, 'x'));
  EXPECT_EQ(take(*samples).size(), 1u);
}

TEST(TrafficSamples, PassBetweenThreadsWhole) {
  const auto samples = std::make_unique<TrafficSamples>();
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    for (std::size_t i = 0; i < 100'000; ++i) {
      samples->offer(std::string(1 + i % 200, "abcdefghijkl"[i % 12]));
    }
    is_over = true;
  });
  std::size_t taken = 0;
  while (!is_over || taken == 0) {
    samples->take([&taken](std::string_view host) {
      ++taken;
      EXPECT_EQ(host.find_first_not_of(host.front()), std::string_view::npos);
    });
  }
  writer.join();
}

}  // namespace
}  // namespace agent
