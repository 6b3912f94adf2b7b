#include "agent/planner/registered_domain.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

std::string of(const char* name) {
  return registered_domain(*base::DomainName::parse(name));
}

TEST(RegisteredDomain, IsOneLabelBelowThePublicSuffix) {
  EXPECT_EQ(of("example.org"), "example.org");
  EXPECT_EQ(of("a.b.example.org"), "example.org");
  EXPECT_EQ(of("a.example.co.uk"), "example.co.uk");
  EXPECT_EQ(of("*.a.example.co.uk"), "example.co.uk");
}

TEST(RegisteredDomain, KnowsPrivateSuffixes) {
  EXPECT_EQ(of("www.customer.github.io"), "customer.github.io");
}

TEST(RegisteredDomain, IsTheNameItselfForASuffix) {
  EXPECT_EQ(of("co.uk"), "co.uk");
  EXPECT_EQ(of("github.io"), "github.io");
}

TEST(RegisteredDomain, TakesTheLastLabelOfAnUnknownNameForTheSuffix) {
  EXPECT_EQ(of("a.b.customer.internal-tld"), "customer.internal-tld");
}

TEST(CertificateLimitKey, IsTheAddressOrItsNetwork) {
  EXPECT_EQ(certificate_limit_key("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(certificate_limit_key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(certificate_limit_key("2001:db8::1"), "2001:db8::/64");
  EXPECT_EQ(certificate_limit_key("*.a.example.co.uk"), "example.co.uk");
}

}  // namespace
}  // namespace agent
