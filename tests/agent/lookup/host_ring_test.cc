#include "agent/lookup/host_ring.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace agent {
namespace {

std::vector<std::string> take(const HostRing& ring) {
  std::vector<std::string> taken;
  ring.take([&taken](std::string_view host) { taken.emplace_back(host); });
  return taken;
}

TEST(HostRing, GivesHostsOnceInTheirOrder) {
  const auto ring = std::make_unique<HostRing>();
  ring->offer("a.example");
  ring->offer("B.example:80");
  EXPECT_EQ(take(*ring), (std::vector<std::string>{"a.example", "B.example:80"}));
  EXPECT_TRUE(take(*ring).empty());
}

TEST(HostRing, DropsHostsWhileNobodyTakesThem) {
  const auto ring = std::make_unique<HostRing>();
  for (std::size_t i = 0; i < HostRing::capacity + 10; ++i) {
    EXPECT_EQ(ring->offer(std::to_string(i)), i < HostRing::capacity);
  }
  const std::vector<std::string> taken = take(*ring);
  EXPECT_EQ(taken.size(), HostRing::capacity);
  EXPECT_EQ(taken.back(), std::to_string(HostRing::capacity - 1));
  ring->offer("again");
  EXPECT_EQ(take(*ring), std::vector<std::string>{"again"});
}

TEST(HostRing, DropsWhatCannotBeAName) {
  const auto ring = std::make_unique<HostRing>();
  ring->offer(std::string(HostRing::max_host + 1, 'x'));
  EXPECT_TRUE(take(*ring).empty());
  ring->offer(std::string(HostRing::max_host, 'x'));
  EXPECT_EQ(take(*ring).size(), 1u);
}

TEST(HostRing, PassesHostsBetweenThreadsWhole) {
  const auto ring = std::make_unique<HostRing>();
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    for (std::size_t i = 0; i < 100'000; ++i) {
      ring->offer(std::string(1 + i % 200, "abcdefghijkl"[i % 12]));
    }
    is_over = true;
  });
  std::size_t taken = 0;
  while (!is_over || taken == 0) {
    ring->take([&taken](std::string_view host) {
      ++taken;
      EXPECT_EQ(host.find_first_not_of(host.front()), std::string_view::npos);
    });
  }
  writer.join();
}

}  // namespace
}  // namespace agent
