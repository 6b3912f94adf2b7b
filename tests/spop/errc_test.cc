#include "spop/errc.h"

#include <gtest/gtest.h>

namespace spop_tests {
namespace {

TEST(SpopErrc, IsTheStatusCodeAndHaproxysWords) {
  const std::error_code code = spop::Errc::fragmentation_not_supported;
  EXPECT_EQ(code.value(), 10);
  EXPECT_EQ(code.message(), "fragmentation not supported");
  EXPECT_STREQ(code.category().name(), "spop");
}

TEST(SpopErrc, HasAMessageForEveryCode) {
  for (int code = 1; code <= 13; ++code) {
    EXPECT_EQ(spop::category().message(code).find("status code"), std::string::npos) << code;
  }
  EXPECT_EQ(spop::category().message(99), "an unknown error occurred");
  EXPECT_EQ(spop::category().message(50), "status code 50");
}

}  // namespace
}  // namespace spop_tests
