#include "acme/rate_limit_detail.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

using namespace std::chrono_literals;

struct TextRow {
  const char* detail;
  std::optional<RateLimitDetail> expected;
};

TEST(RateLimitDetail, KnowsTheWordsOfBoulder) {
  const std::vector<TextRow> rows = {
      {"too many new orders (300) from this account in the last 3h0m0s, retry after 2026-08-05 "
       "10:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/",
       RateLimitDetail{RateLimitKind::new_orders, 300, 3h, ""}},
      {"too many certificates (50) already issued for \"example.org\" in the last 168h0m0s, retry "
       "after 2026-08-05 10:00:00 UTC",
       RateLimitDetail{RateLimitKind::certificates_per_domain, 50, 168h, "example.org"}},
      {"too many certificates (50) already issued for \"2001:db8::/64\" in the last 168h0m0s, "
       "retry "
       "after 2026-08-05 10:00:00 UTC",
       RateLimitDetail{RateLimitKind::certificates_per_domain, 50, 168h, "2001:db8::/64"}},
      {"too many certificates (5) already issued for this exact set of identifiers in the last "
       "168h0m0s, retry after 2026-08-05 10:00:00 UTC",
       RateLimitDetail{RateLimitKind::certificates_per_set, 5, 168h, ""}},
      {"too many failed authorizations (5) for \"www.example.org\" in the last 1h0m0s, retry after "
       "2026-08-05 10:00:00 UTC",
       RateLimitDetail{RateLimitKind::failed_authorizations, 5, 1h, "www.example.org"}},
      {"too many new registrations (10) from this IP address in the last 3h0m0s, retry after "
       "2026-08-05 10:00:00 UTC",
       RateLimitDetail{RateLimitKind::new_accounts, 10, 3h, ""}},
  };
  for (const TextRow& row : rows) EXPECT_EQ(parse_rate_limit_detail(row.detail), row.expected);
}

TEST(RateLimitDetail, TakesNoNumbersThatDoNotMakeALimit) {
  for (const char* detail : {"too many new orders",
                             "too many new orders (300) from this account",
                             "too many new orders (0) in the last 3h0m0s, retry",
                             "too many new orders (-1) in the last 3h0m0s, retry",
                             "too many new orders (99999999999) in the last 3h0m0s, retry",
                             "too many new orders (300) in the last 0s, retry",
                             "too many new orders (300) in the last 3, retry",
                             "too many new orders (300) in the last 3x, retry",
                             "too many new orders (300) in the last 4294967295h, retry",
                             "too many new orders (300) in the last 3h0m0s"}) {
    EXPECT_EQ(parse_rate_limit_detail(detail), RateLimitDetail{RateLimitKind::new_orders})
        << detail;
  }
}

TEST(RateLimitDetail, DoesNotGuessAtOtherWords) {
  EXPECT_EQ(parse_rate_limit_detail(""), std::nullopt);
  EXPECT_EQ(parse_rate_limit_detail("slow down (300) in the last 3h0m0s, please"), std::nullopt);
}

}  // namespace
}  // namespace acme
