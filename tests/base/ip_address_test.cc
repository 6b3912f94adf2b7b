#include "base/ip_address.h"

#include <gtest/gtest.h>

#include "base/domain_name.h"

namespace base {
namespace {

TEST(IpAddress, HasOneText) {
  EXPECT_EQ(IpAddress::parse("192.0.2.7")->text(), "192.0.2.7");
  EXPECT_EQ(IpAddress::parse("2001:DB8:0:0:0:0:0:1")->text(), "2001:db8::1");
  EXPECT_EQ(IpAddress::parse("2001:db8:0:1:1:1:1:1")->text(), "2001:db8:0:1:1:1:1:1");
}

TEST(IpAddress, HasTheBytesOfACertificate) {
  EXPECT_EQ(IpAddress::parse("192.0.2.7")->bytes(), std::string("\xc0\x00\x02\x07", 4));
  EXPECT_EQ(IpAddress::parse("2001:db8::1")->bytes().size(), 16U);
}

TEST(IpAddress, IsNothingElse) {
  for (const char* text : {"",
                           "a.example",
                           "192.0.2",
                           "192.0.2.7.",
                           "192.0.2.256",
                           "[::1]",
                           "::1%eth0",
                           "192.0.2.7:80",
                           "0x7f.1",
                           "01.2.3.4"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("192.0.2.7\0x", 11)));
}

TEST(IpAddress, HasAReverseName) {
  EXPECT_EQ(IpAddress::parse("192.0.2.7")->reverse_name(), "7.2.0.192.in-addr.arpa");
  EXPECT_EQ(IpAddress::parse("2001:db8::1")->reverse_name(),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(DomainNameOfAnAddress, IsKnownForWhatItIs) {
  for (const char* text : {"192.0.2.7", "2001:db8::1", "::"}) {
    const auto name = DomainName::parse_name_or_address(text);
    ASSERT_TRUE(name) << text;
    EXPECT_TRUE(name->is_address());
    EXPECT_EQ(name->address(), IpAddress::parse(text));
    EXPECT_FALSE(DomainName::parse(text)) << "only where asked for";
  }
  for (const char* text : {"a.example", "*.a.example", "1.2.3.com", "7.in-addr.arpa"}) {
    const auto name = DomainName::parse_name_or_address(text);
    ASSERT_TRUE(name) << text;
    EXPECT_FALSE(name->is_address());
    EXPECT_EQ(name->address(), std::nullopt);
  }
  EXPECT_FALSE(DomainName::parse_name_or_address("192.0.2.256"));
}

}  // namespace
}  // namespace base
