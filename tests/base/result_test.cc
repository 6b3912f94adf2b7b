#include "base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Unexpected(std::make_error_code(std::errc::invalid_argument));
  return n / 2;
}

Result<void, std::string> refuse() {
  return Unexpected<std::string>("no");
}

TEST(Result, CarriesAValueOrAnError) {
  EXPECT_EQ(half(4).value(), 2);
  EXPECT_FALSE(half(3));
  EXPECT_EQ(half(3).error(), std::errc::invalid_argument);
  EXPECT_EQ(half(3).value_or(7), 7);
}

TEST(Result, OfVoidIsSuccessOrAnError) {
  EXPECT_TRUE((Result<void, std::string>()));
  EXPECT_EQ(refuse().error(), "no");
}

TEST(Result, HoldsValuesThatOnlyMove) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
  EXPECT_EQ(*std::move(result).value(), 3);
}

TEST(Result, ThrowsWhenTheWrongSideIsTaken) {
  EXPECT_THROW((void)half(3).value(), std::bad_variant_access);
  EXPECT_THROW((void)half(4).error(), std::bad_variant_access);
}

}  // namespace
}  // namespace base
