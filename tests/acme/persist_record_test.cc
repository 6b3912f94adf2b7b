#include "acme/persist_record.h"

#include <vector>

#include <gtest/gtest.h>

namespace acme {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> issuers = {"ca.example", "also-ca.example"};
const std::string account = "https://ca.example/acct/1";
const base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

Identifier identifier(std::string_view name) {
  return Identifier(base::DomainName::parse(name).value());
}

bool allows(std::string_view record, std::string_view name = "a.example") {
  const Identifier wanted = identifier(name);
  return persist_record_allows(record, {issuers, account, wanted}, now);
}

TEST(PersistRecord, StandsBelowTheNameWithoutItsStar) {
  EXPECT_EQ(persist_name(identifier("a.example")), "_validation-persist.a.example");
  EXPECT_EQ(persist_name(identifier("*.a.example")), "_validation-persist.a.example");
}

TEST(PersistRecord, NamesIssuerAccountAndWhatElseIsNeeded) {
  EXPECT_EQ(persist_record("ca.example", account, identifier("a.example")),
            "ca.example; accounturi=https://ca.example/acct/1");
  EXPECT_EQ(persist_record("ca.example", account, identifier("*.a.example"), now),
            "ca.example; accounturi=https://ca.example/acct/1; policy=wildcard; "
            "persistUntil=1893456000");
}

TEST(PersistRecord, AllowsWhatItWasMadeFor) {
  for (const char* name : {"a.example", "*.a.example"}) {
    EXPECT_TRUE(allows(persist_record("ca.example", account, identifier(name)), name));
  }
  EXPECT_TRUE(
      allows(persist_record("also-ca.example", account, identifier("a.example"), now + 1h)));
}

TEST(PersistRecord, IsReadLeniently) {
  EXPECT_TRUE(allows("CA.example;ACCOUNTURI = https://ca.example/acct/1\t;new=thing"));
  EXPECT_TRUE(
      allows("ca.example;POLICY=WildCard;accounturi=https://ca.example/acct/1", "*.a.example"));
}

TEST(PersistRecord, AllowsNothingElse) {
  for (const char* record : {"",
                             "ca.example",
                             "other.example; accounturi=https://ca.example/acct/1",
                             "ca.example; accounturi=https://ca.example/acct/2",
                             "ca.example; accounturi=https://ca.example/ACCT/1",
                             "ca.example; accounturi=https://ca.example/acct/1;",
                             "ca.example; accounturi=https://ca.example/acct/1; flag",
                             "ca.example; accounturi=https://ca.example/acct/1; a=1; A=2",
                             "ca.example; accounturi=https://ca.example/acct/1; persistUntil=x",
                             "ca.example; accounturi=https://ca.example/acct/1; persistUntil=9"}) {
    EXPECT_FALSE(allows(record)) << record;
  }
  EXPECT_FALSE(allows("ca.example; accounturi=https://ca.example/acct/1", "*.a.example"))
      << "a wildcard needs its policy";
  EXPECT_TRUE(allows("ca.example; accounturi=https://ca.example/acct/1; persistUntil=1893456000"));
}

}  // namespace
}  // namespace acme
