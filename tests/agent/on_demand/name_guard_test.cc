#include "agent/on_demand/name_guard.h"

#include <string>

#include <gtest/gtest.h>

namespace agent {
namespace {

std::string reason_for(std::string_view text, std::size_t max_labels = 10) {
  const auto name = base::DomainName::parse_name_or_address(text).value();
  return std::string(refuse_on_demand(name, max_labels).value_or(""));
}

TEST(NameGuard, LetsUsualNamesPass) {
  for (const char* const name : {"example.org",
                                 "www.example.org",
                                 "www.example.co.uk",
                                 "shop.www.example.org",
                                 "a.b.c.d.example.org",
                                 "api.staging.app.example.org",
                                 "www.mail.example.org",
                                 "www.www.com",
                                 "example.example.com.au",
                                 "alice.github.io"}) {
    EXPECT_EQ(reason_for(name), "") << name;
  }
}

TEST(NameGuard, RefusesNamesThatCameOfNames) {
  for (const char* const name : {"www.www.example.org",
                                 "www.www.www.example.org",
                                 "git.git.example.co.uk",
                                 "a.shop.shop.example.org",
                                 "anything.anything.example.org"}) {
    EXPECT_EQ(reason_for(name), "a label is repeated") << name;
  }
  for (const char* const name : {"www.git.www.example.org",
                                 "update.bupdate.jediupdate.git.example.org",
                                 "a.www.mail.ftp.example.org"}) {
    EXPECT_EQ(reason_for(name), "its labels are those that scanners try") << name;
  }
}

TEST(NameGuard, RefusesTooManyLabels) {
  EXPECT_EQ(reason_for("a.b.c.d.example.org", 6), "");
  EXPECT_EQ(reason_for("a.b.c.d.e.example.org", 6), "it has too many labels");
}

TEST(NameGuard, RefusesWhatIsNoPublicHostname) {
  EXPECT_EQ(reason_for("192.0.2.1"), "it is an address");
  EXPECT_EQ(reason_for("2001:db8::1"), "it is an address");
  EXPECT_EQ(reason_for("*.example.org"), "it is a wildcard");
  EXPECT_EQ(reason_for("co.uk"), "anybody can register names below it");
  EXPECT_EQ(reason_for("github.io"), "anybody can register names below it");
  for (const char* const name : {"a.localhost", "printer.local", "a.b.onion", "1.0.in-addr.arpa"}) {
    EXPECT_EQ(reason_for(name), "public DNS has no such names") << name;
  }
}

}  // namespace
}  // namespace agent
