#include "agent/dns/wire/name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dns {
namespace {

using namespace std::string_literals;

Name name(std::string_view text) {
  return Name::parse(text).value();
}

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(DnsName, TakesUnderscoresAndSingleLabelsAndFoldsCase) {
  EXPECT_EQ(name("_ACME-Challenge.Example.COM.").text(), "_acme-challenge.example.com");
  EXPECT_EQ(name("example").text_with_dot(), "example.");
  EXPECT_EQ(name("a.b").wire(), "\1a\1b\0"s);
}

TEST(DnsName, TheRootIsADot) {
  EXPECT_TRUE(name(".").is_root());
  EXPECT_EQ(Name().text(), ".");
  EXPECT_EQ(Name().text_with_dot(), ".");
  EXPECT_EQ(Name().wire(), "\0"s);
}

TEST(DnsName, RefusesWhatAProgramOrAFileSystemCouldMisread) {
  for (const std::string& text :
       {""s, ".."s, "a..b"s, ".a"s, "a b"s, "a/b"s, "$(x).b"s, "-rf.b"s, "a\0b"s, "ä.b"s, "*.b"s}) {
    EXPECT_FALSE(Name::parse(text)) << text;
  }
  EXPECT_EQ(Name::parse(std::string(64, 'a')).error(), "a label is longer than 63 bytes");
  const std::string label(49, 'a');
  const std::string long_name = label + "." + label + "." + label + "." + label + "." + label;
  EXPECT_TRUE(Name::parse(long_name + ".aaa"));  // 253 bytes
  EXPECT_EQ(Name::parse(long_name + ".aaaa").error(), "the name is longer than 253 bytes");
}

TEST(DnsName, OfAWildcardIsItsBareName) {
  EXPECT_EQ(Name(base::DomainName::parse("*.example.com").value()), name("example.com"));
}

TEST(DnsName, KnowsWhatIsBelowIt) {
  EXPECT_TRUE(name("a.example.com").is_within(name("example.com")));
  EXPECT_TRUE(name("example.com").is_within(name("example.com")));
  EXPECT_TRUE(name("example.com").is_within(Name()));
  EXPECT_FALSE(name("aexample.com").is_within(name("example.com")));
  EXPECT_FALSE(name("com").is_within(name("example.com")));
  EXPECT_FALSE(name("a.com").is_within(name("b.com")));
}

TEST(DnsName, GoesUpAndDown) {
  EXPECT_EQ(name("a.b.c").parent(), name("b.c"));
  EXPECT_TRUE(name("c").parent().is_root());
  EXPECT_EQ(name("a.b.c").first_label(), "a");
  EXPECT_EQ(name("a.b.c").labels(), 3U);
  EXPECT_EQ(name("b.c").child("_a").value(), name("_a.b.c"));
  EXPECT_EQ(Name().child("c").value(), name("c"));
  EXPECT_FALSE(name("b.c").child("a b"));
}

TEST(DnsName, FromTheWireMayHaveAnyByteAndSaysSo) {
  const Name odd = Name::from_wire(bytes("\3a.b\1C"s)).value();
  EXPECT_EQ(odd.text(), "a\\046b.c");
  EXPECT_FALSE(odd.is_plain());
  EXPECT_TRUE(Name::from_wire(bytes("\1a"s)).value().is_plain());
}

TEST(DnsName, FromTheWireIsChecked) {
  EXPECT_FALSE(Name::from_wire(bytes("\2a"s)));
  EXPECT_FALSE(Name::from_wire(bytes("\1a\0"s)));
  EXPECT_FALSE(Name::from_wire(bytes("\x40"s + std::string(64, 'a'))));
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "\1a";
  EXPECT_TRUE(Name::from_wire(bytes(longest)));
  EXPECT_FALSE(Name::from_wire(bytes(longest + "\1a")));
}

}  // namespace
}  // namespace dns
