#include "acme/retry_after.h"

#include <string>

#include <gtest/gtest.h>

namespace acme {
namespace {

using std::chrono::seconds;

// Sun, 06 Nov 1994 08:49:37 GMT, RFC 9110's example.
const base::WallTime example_date = base::WallTime(seconds(784111777));

struct Header {
  std::string value;
  std::optional<seconds> from_a_minute_before;
};

class RetryAfter : public testing::TestWithParam<Header> {};

TEST_P(RetryAfter, IsADelayOrNothing) {
  EXPECT_EQ(parse_retry_after(GetParam().value, example_date - seconds(60)),
            GetParam().from_a_minute_before);
}

INSTANTIATE_TEST_SUITE_P(Values,
                         RetryAfter,
                         testing::Values(Header{"0", seconds(0)},
                                         Header{"120", seconds(120)},
                                         Header{"00120", seconds(120)},
                                         Header{"31536000", seconds(31536000)},
                                         Header{"31536001", seconds(31536000)},
                                         Header{"99999999999999999999999", seconds(31536000)},
                                         Header{"Sun, 06 Nov 1994 08:49:37 GMT", seconds(60)},
                                         Header{"Sun, 06 Nov 1994 08:48:37 GMT", seconds(0)},
                                         Header{"Sun, 06 Nov 1994 08:48:36 GMT", seconds(0)},
                                         Header{"Mon, 06 Nov 2094 08:48:36 GMT", seconds(31536000)},
                                         Header{"Tue, 29 Feb 2000 00:00:00 GMT", seconds(31536000)},
                                         Header{"Mon, 29 Feb 1999 00:00:00 GMT", std::nullopt},
                                         Header{"Sun, 06 Nov 1994 24:00:00 GMT", std::nullopt},
                                         Header{"Sun, 06 Nov 1994 08:60:00 GMT", std::nullopt},
                                         Header{"Sun, 06 Now 1994 08:49:37 GMT", std::nullopt},
                                         Header{"Sun, 06 Nov 1994 08:49:37 CET", std::nullopt},
                                         Header{"Sun, +6 Nov 1994 08:49:37 GMT", std::nullopt},
                                         Header{"Sunday, 06-Nov-94 08:49:37 GMT", std::nullopt},
                                         Header{"", std::nullopt},
                                         Header{"-1", std::nullopt},
                                         Header{"+1", std::nullopt},
                                         Header{"1.5", std::nullopt},
                                         Header{" 1", std::nullopt},
                                         Header{"soon", std::nullopt}));

TEST(RetryAfter, RoundsAFractionUp) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT",
                              example_date - std::chrono::milliseconds(1500)),
            seconds(2));
}

}  // namespace
}  // namespace acme
