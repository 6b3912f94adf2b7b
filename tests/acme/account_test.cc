#include "acme/account.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(Account, HasStatusAndContacts) {
  EXPECT_EQ(
      parse_account(R"({"status":"valid","contact":["mailto:ops@example.com"],"orders":"/o"})")
          .value(),
      (Account{AccountStatus::valid, {"mailto:ops@example.com"}}));
  EXPECT_EQ(parse_account(R"({"status":"deactivated"})")->status, AccountStatus::deactivated);
  EXPECT_EQ(parse_account(R"({"status":"revoked"})")->status, AccountStatus::revoked);
}

TEST(Account, WithoutAStatusIsABadResponse) {
  for (const char* json : {"", "[]", "{}", R"({"status":"fine"})", R"({"status":1})"}) {
    EXPECT_FALSE(parse_account(json)) << json;
  }
}

}  // namespace
}  // namespace acme
