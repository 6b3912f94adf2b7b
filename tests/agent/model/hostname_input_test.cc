#include "agent/model/hostname_input.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string parsed(std::string_view text) {
  const auto name = parse_hostname(text, "hostname");
  return name ? name->text() : name.error();
}

TEST(HostnameInput, FoldsCaseAndDropsOneTrailingDot) {
  EXPECT_EQ(parsed("WWW.Example.ORG."), "www.example.org");
}

TEST(HostnameInput, ConvertsUnicodeByIdna2008) {
  EXPECT_EQ(parsed("Bücher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(parsed("BÜCHER.example"), "xn--bcher-kva.example");
  EXPECT_EQ(parsed("faß.de"), "xn--fa-hia.de");  // non-transitional: not fass.de
}

TEST(HostnameInput, NormalisesDecomposedCharacters) {
  EXPECT_EQ(parsed("bu\u0308cher.example"), "xn--bcher-kva.example");
}

TEST(HostnameInput, TakesTheIdeographicFullStopForADot) {
  EXPECT_EQ(parsed("www。example。org"), "www.example.org");
}

TEST(HostnameInput, TakesALabelsInAnyCase) {
  EXPECT_EQ(parsed("XN--BCHER-kva.example"), "xn--bcher-kva.example");
}

TEST(HostnameInput, RefusesWhatIsNoHostname) {
  const std::vector<std::string> refused = {"",
                                            ".",
                                            "example",
                                            "192.0.2.1.",
                                            "[::1]",
                                            "a..example",
                                            ".example.org",
                                            "-a.example",
                                            "a-.example",
                                            "foo_bar.example",
                                            "www.example.org:443",
                                            "http://www.example.org",
                                            "a b.example",
                                            "../../etc/passwd",
                                            "a/b.example",
                                            "ab--cd.example",
                                            "xn--zzzzzz99.example",
                                            "b\xff.example",
                                            "☃.example",
                                            "www.example.org\n",
                                            "www.example.org..",
                                            std::string(64, 'a') + ".example",
                                            std::string(300, 'a'),
                                            std::string(5000, '.')};
  for (const std::string& text : refused) {
    EXPECT_THAT(parsed(text), AllOf(StartsWith("hostname: \""), HasSubstr("\" is no hostname: ")))
        << text;
  }
}

TEST(HostnameInput, RefusesANulWithSomethingBehindIt) {
  EXPECT_THAT(parsed(std::string("www.example.org\0.evil.example", 29)),
              HasSubstr("control character"));
}

TEST(HostnameInput, TakesAWildcard) {
  EXPECT_EQ(parsed("*.BÜCHER.example"), "*.xn--bcher-kva.example");
  EXPECT_THAT(parsed("*.*.example.org"), HasSubstr("one star as the whole first label"));
  EXPECT_THAT(parsed("www*.example.org"), HasSubstr("one star as the whole first label"));
}

TEST(HostnameInput, TakesAnAddress) {
  EXPECT_EQ(parsed("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(parsed("2001:DB8::0:1"), "2001:db8::1");
  EXPECT_THAT(parsed("192.0.2.777"), HasSubstr("as in an IP address"));
}

TEST(HostnameInput, QuotesARefusedTextHarmlesslyAndNotWhole) {
  EXPECT_THAT(parsed("\x1b[31m.example"), HasSubstr("\"\\x1b[31m.example\""));
  EXPECT_LT(parsed(std::string(5000, 'a')).size(), 200u);
}

TEST(HostnameInput, NamesTheField) {
  EXPECT_THAT(parse_hostname("x", "hostnames[3].name").error(), StartsWith("hostnames[3].name: "));
}

TEST(HostnameForDisplay, IsUnicodeWhereTheLabelsAreProper) {
  EXPECT_EQ(to_unicode(parse_hostname("www.bücher.example", "x").value()), "www.bücher.example");
  EXPECT_EQ(to_unicode(base::DomainName::parse("xn--zzzzzz99.xn--bcher-kva.example").value()),
            "xn--zzzzzz99.bücher.example");
  EXPECT_EQ(to_unicode(base::DomainName::parse("*.xn--bcher-kva.example").value()),
            "*.bücher.example");
}

TEST(HostnameForDisplay, KeepsALabelThatWouldNotConvertBack) {
  // U+2603 SNOWMAN: allowed by IDNA2003 only.
  EXPECT_EQ(to_unicode(base::DomainName::parse("xn--n3h.example").value()), "xn--n3h.example");
}

}  // namespace
}  // namespace agent
