#include "base/domain_name.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(DomainName, FoldsCaseAndDropsOneTrailingDot) {
  EXPECT_EQ(DomainName::parse("WWW.Example.ORG.")->text(), "www.example.org");
}

TEST(DomainName, KnowsAWildcardAndItsBareName) {
  const DomainName name = *DomainName::parse("*.Example.org");
  EXPECT_TRUE(name.is_wildcard());
  EXPECT_EQ(name.bare(), "example.org");
  EXPECT_FALSE(DomainName::parse("example.org")->is_wildcard());
}

TEST(DomainName, AcceptsTheLongestLabelAndName) {
  const std::string label(63, 'a');
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_EQ(name.size(), 253U);
  EXPECT_TRUE(DomainName::parse(name));
  EXPECT_EQ(DomainName::parse(name + "b").error(), DomainNameErrc::too_long);
}

struct Refused {
  std::string text;
  DomainNameErrc why;
};

TEST(DomainName, RefusesWithTheReason) {
  const std::vector<Refused> table = {
      {"", DomainNameErrc::empty},
      {".", DomainNameErrc::empty},
      {"example", DomainNameErrc::single_label},
      {"a..b", DomainNameErrc::label_empty},
      {".example.org", DomainNameErrc::label_empty},
      {"example.org..", DomainNameErrc::label_empty},
      {std::string(64, 'a') + ".org", DomainNameErrc::label_too_long},
      {"../../etc/passwd", DomainNameErrc::label_empty},
      {"a/b.org", DomainNameErrc::bad_character},
      {std::string("a\0b.org", 7), DomainNameErrc::bad_character},
      {"under_score.org", DomainNameErrc::bad_character},
      {"b\xc3\xbc"
       "cher.example",
       DomainNameErrc::bad_character},
      {"example.org:80", DomainNameErrc::bad_character},
      {"-a.org", DomainNameErrc::bad_hyphen},
      {"a-.org", DomainNameErrc::bad_hyphen},
      {"*", DomainNameErrc::bad_wildcard},
      {"*.org", DomainNameErrc::single_label},
      {"a.*.org", DomainNameErrc::bad_wildcard},
      {"*.*.example.org", DomainNameErrc::bad_wildcard},
      {"f*.example.org", DomainNameErrc::bad_wildcard},
      {"192.0.2.7", DomainNameErrc::looks_like_ipv4},
  };
  for (const Refused& row : table) {
    const Result<DomainName> name = DomainName::parse(row.text);
    ASSERT_FALSE(name) << row.text;
    EXPECT_EQ(name.error(), row.why) << row.text << ": " << name.error().message();
  }
}

}  // namespace
}  // namespace base
