#include "agent/lookup/unknown_hosts.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace agent {
namespace {

std::vector<std::string> take(const UnknownHosts& hosts) {
  std::vector<std::string> taken;
  hosts.take([&taken](std::string_view host) { taken.emplace_back(host); });
  return taken;
}

TEST(UnknownHosts, AFloodOfOneNameTakesOnePlace) {
  const auto hosts = std::make_unique<UnknownHosts>();
  for (std::size_t i = 0; i < 10 * HostRing::capacity; ++i) hosts->offer("a.example", 7);
  hosts->offer("b.example", 8);
  EXPECT_EQ(take(*hosts), (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(hosts->dropped(), 0u);
}

TEST(UnknownHosts, ANameIsOfferedAgainOnceItWasTaken) {
  const auto hosts = std::make_unique<UnknownHosts>();
  hosts->offer("a.example", 7);
  ASSERT_EQ(take(*hosts).size(), 1u);
  hosts->offer("a.example", 7);
  EXPECT_EQ(take(*hosts).size(), 1u);
}

TEST(UnknownHosts, NamesAtTheSamePlaceAreAllKept) {
  const auto hosts = std::make_unique<UnknownHosts>();
  hosts->offer("a.example", 7);
  hosts->offer("b.example", 7 + 256);
  EXPECT_EQ(take(*hosts), (std::vector<std::string>{"a.example", "b.example"}));
}

TEST(UnknownHosts, WhatFindsNoSpaceIsCountedAndComesAgain) {
  const auto hosts = std::make_unique<UnknownHosts>();
  for (std::size_t i = 1; i <= HostRing::capacity + 2; ++i) hosts->offer(std::to_string(i), i);
  EXPECT_EQ(hosts->dropped(), 2u);
  EXPECT_EQ(take(*hosts).size(), HostRing::capacity);
  hosts->offer(std::to_string(HostRing::capacity + 2), HostRing::capacity + 2);
  EXPECT_EQ(take(*hosts).size(), 1u);
}

}  // namespace
}  // namespace agent
