#include "agent/planner/packing.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

Budgets letsencrypt(std::string_view profile = "") {
  AuthorityLimits limits = limits_of(LimitPreset::letsencrypt, profile);
  limits.use = 1;
  limits.renewal_reserve = 0;
  return Budgets("le", limits);
}

TEST(PackSize, IsWhatIsConfiguredAsFarAsTheAuthorityAllows) {
  EXPECT_EQ(pack_size({.names_per_certificate = 1}, 100'000, letsencrypt(), now), 1u);
  EXPECT_EQ(pack_size({.names_per_certificate = 100}, 1, letsencrypt(), now), 100u);
  EXPECT_EQ(pack_size({.names_per_certificate = 100}, 1, letsencrypt("tlsserver"), now), 25u);
}

TEST(PackSize, PacksAutomaticallyOnlyWhatWouldWaitTooLong) {
  const Packing packing{.names_per_certificate = std::nullopt, .longest_backlog = 24h};
  // 300 at once and 2,400 in a day.
  EXPECT_EQ(pack_size(packing, 0, letsencrypt(), now), 1u);
  EXPECT_EQ(pack_size(packing, 2'700, letsencrypt(), now), 1u);
  EXPECT_EQ(pack_size(packing, 2'701, letsencrypt(), now), 2u);
  EXPECT_EQ(pack_size(packing, 27'000, letsencrypt(), now), 10u);
  EXPECT_EQ(pack_size(packing, 100'000, letsencrypt(), now), 38u);
  EXPECT_EQ(pack_size(packing, 1'000'000, letsencrypt(), now), 100u);
  EXPECT_EQ(pack_size(packing, 1'000'000, letsencrypt("shortlived"), now), 25u);
}

TEST(PackSize, StaysUntilTheBacklogIsGone) {
  const Packing packing{.names_per_certificate = std::nullopt, .longest_backlog = 24h};
  EXPECT_EQ(pack_size(packing, 2'000, letsencrypt(), now, 38), 38u);
  EXPECT_EQ(pack_size(packing, 300, letsencrypt(), now, 38), 1u) << "they find their tokens now";
}

TEST(PackSize, NeedsNoPackingWithoutALimit) {
  const Packing packing{.names_per_certificate = std::nullopt};
  EXPECT_EQ(pack_size(packing, 1'000'000, Budgets("other"), now), 1u);
}

}  // namespace
}  // namespace agent
