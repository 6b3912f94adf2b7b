#include "haproxy/names.h"

#include <gtest/gtest.h>

namespace haproxy {
namespace {

TEST(Names, AreWordsThatNoSyntaxOfHaproxyTouches) {
  for (const char* good : {"/etc/haproxy/a.pem", "a", "@store/alias", "a7/_wildcard.b.example.pem"})
    EXPECT_TRUE(CertificateName::parse(good)) << good;
  for (const char* bad : {"",
                          "a b",
                          "a;b",
                          "a\\b",
                          "a\nb",
                          "a\tb",
                          "a<b",
                          "a:7",
                          "*a",
                          "-n",
                          "a#b",
                          "\"a\"",
                          "a'b",
                          "[a]",
                          "a,b",
                          "$a",
                          "\xc3\xa4"})
    EXPECT_FALSE(CertificateName::parse(bad)) << bad;
  EXPECT_FALSE(CertificateName::parse(std::string_view("a\0b", 3)));
}

TEST(Names, AreAtMost1024BytesLong) {
  EXPECT_TRUE(CrtListName::parse(std::string(1024, 'a')));
  EXPECT_EQ(CrtListName::parse(std::string(1025, 'a')).error(), Errc::bad_name);
}

TEST(Names, WithAnEndingThatHaproxyReadsAsAPartAreNotDeployable) {
  EXPECT_TRUE(is_deployable(*CertificateName::parse("/a.pem")));
  for (const char* bad : {"/a.key", "/a.issuer", "/a.ocsp", "/a.sctl", "/a.crt"})
    EXPECT_FALSE(is_deployable(*CertificateName::parse(bad))) << bad;
}

}  // namespace
}  // namespace haproxy
