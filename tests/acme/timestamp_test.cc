#include "acme/timestamp.h"

#include <string>

#include <gtest/gtest.h>

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime example = std::chrono::sys_days{2030y / 2 / 28} + 23h + 59min + 58s;

TEST(Timestamp, IsReadInEveryFormOfRfc3339) {
  EXPECT_EQ(parse_timestamp("2030-02-28T23:59:58Z"), example);
  EXPECT_EQ(parse_timestamp("2030-02-28t23:59:58z"), example);
  EXPECT_EQ(parse_timestamp("2030-02-28T23:59:58.5Z"), example + 500ms);
  EXPECT_EQ(parse_timestamp("2030-02-28T23:59:58.123456789Z"), example + 123ms);
  EXPECT_EQ(parse_timestamp("2030-03-01T01:29:58+01:30"), example);
  EXPECT_EQ(parse_timestamp("2030-02-28T15:59:58-08:00"), example);
  EXPECT_EQ(parse_timestamp("2030-02-28T23:59:60Z"), example + 2s);
  EXPECT_EQ(parse_timestamp("2028-02-29T00:00:00Z"), std::chrono::sys_days{2028y / 2 / 29});
}

TEST(Timestamp, OfAnotherFormIsRefused) {
  for (const char* text : {"",
                           "2030",
                           "2030-02-28",
                           "2030-02-28T23:59:58",
                           "2030-02-28 23:59:58Z",
                           "2030-2-28T23:59:58Z",
                           "2030-02-29T00:00:00Z",
                           "2030-13-01T00:00:00Z",
                           "2030-00-01T00:00:00Z",
                           "2030-02-28T24:00:00Z",
                           "2030-02-28T23:60:00Z",
                           "2030-02-28T23:59:61Z",
                           "2030-02-28T23:59:58.Z",
                           "2030-02-28T23:59Z",
                           "2030-02-28T23:59:58+0100",
                           "2030-02-28T23:59:58+24:00",
                           "2030-02-28T23:59:58+01:60",
                           "2030-02-28T23:59:58ZZ",
                           " 2030-02-28T23:59:58Z",
                           "-030-02-28T23:59:58Z",
                           "+030-02-28T23:59:58Z"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

TEST(Timestamp, CutAnywhereIsRefused) {
  const std::string whole = "2030-02-28T23:59:58.25+01:00";
  ASSERT_TRUE(parse_timestamp(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_timestamp(whole.substr(0, size))) << size;
  }
}

}  // namespace
}  // namespace acme
