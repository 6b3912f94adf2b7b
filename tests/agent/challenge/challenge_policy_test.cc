#include "agent/challenge/challenge_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using acme::ChallengeType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

base::DomainName name(std::string_view text) {
  return base::DomainName::parse_name_or_address(text).value();
}

ChallengePolicy policy() {
  ChallengePolicy policy;
  policy.types = {ChallengeType::http_01, ChallengeType::tls_alpn_01};
  policy.rules = {
      {{name("special.example.org")}, {ChallengeType::tls_alpn_01}},
      {{name("*.example.org"), name("example.org")}, {ChallengeType::dns_01}},
      {{name("*.net.example")}, {ChallengeType::dns_persist_01, ChallengeType::http_01}}};
  return policy;
}

TEST(ChallengePolicy, TakesTheFirstRuleThatNamesTheName) {
  EXPECT_THAT(policy().types_for(name("special.example.org")),
              ElementsAre(ChallengeType::tls_alpn_01));
  for (const char* text :
       {"example.org", "a.example.org", "a.b.example.org", "*.example.org", "*.a.example.org"}) {
    EXPECT_THAT(policy().types_for(name(text)), ElementsAre(ChallengeType::dns_01)) << text;
  }
}

TEST(ChallengePolicy, KnowsWhatItUses) {
  EXPECT_TRUE(policy().uses(ChallengeType::http_01));
  EXPECT_TRUE(policy().uses(ChallengeType::dns_persist_01)) << "by a rule";
  EXPECT_FALSE(policy().uses(ChallengeType::dns_account_01));
}

TEST(ChallengePolicy, HasOtherNamesTheUsualWay) {
  for (const char* text : {"example.com", "notexample.org", "org.example", "net.example"}) {
    EXPECT_THAT(policy().types_for(name(text)),
                ElementsAre(ChallengeType::http_01, ChallengeType::tls_alpn_01))
        << text;
  }
}

TEST(ChallengePolicy, LeavesOutWhatCannotProveTheName) {
  EXPECT_THAT(policy().types_for(name("*.net.example")),
              ElementsAre(ChallengeType::dns_persist_01));
  EXPECT_THAT(policy().types_for(name("*.example.com")), IsEmpty());
  EXPECT_THAT(policy().types_for(name("192.0.2.7")),
              ElementsAre(ChallengeType::http_01, ChallengeType::tls_alpn_01));
}

TEST(ChallengePolicy, LeavesHttpOutWhereTheChallengePathIsLeftAlone) {
  const auto types = [](const char* text, std::uint32_t failures) {
    return policy().types_for(name(text), failures, ChallengePath::left_alone);
  };
  EXPECT_THAT(types("example.com", 0), ElementsAre(ChallengeType::tls_alpn_01));
  EXPECT_THAT(types("example.com", 1), ElementsAre(ChallengeType::tls_alpn_01));
  EXPECT_EQ(policy().refusal(name("example.com"), ChallengePath::left_alone), std::nullopt);
  ChallengePolicy http;
  EXPECT_THAT(http.types_for(name("example.com"), 0, ChallengePath::left_alone), IsEmpty());
  EXPECT_EQ(http.refusal(name("example.com")), std::nullopt);
  EXPECT_THAT(http.refusal(name("example.com"), ChallengePath::left_alone).value_or(""),
              HasSubstr("http-01 is the only way configured to prove example.com"));
  EXPECT_THAT(http.refusal(name("*.example.com"), ChallengePath::left_alone).value_or(""),
              HasSubstr("a wildcard can only be proven by DNS"));
}

TEST(ChallengePolicy, TriesAnotherTypeAfterEachFailure) {
  EXPECT_THAT(policy().types_for(name("example.com"), 1),
              ElementsAre(ChallengeType::tls_alpn_01, ChallengeType::http_01));
  EXPECT_THAT(policy().types_for(name("example.com"), 2),
              ElementsAre(ChallengeType::http_01, ChallengeType::tls_alpn_01));
  EXPECT_THAT(policy().types_for(name("*.net.example"), 1),
              ElementsAre(ChallengeType::dns_persist_01))
      << "only among those that can prove it";
}

TEST(ChallengePolicy, RefusesWhatItCanNeverProveAndNamesTheKey) {
  EXPECT_EQ(policy().refusal(name("a.example.com")), std::nullopt);
  EXPECT_EQ(policy().refusal(name("*.example.org")), std::nullopt);
  EXPECT_EQ(policy().refusal(name("*.example.com")),
            "a wildcard can only be proven by DNS, and the types configured for *.example.com are: "
            "http-01, tls-alpn-01; expected dns-01, dns-account-01 or dns-persist-01 in "
            "challenges.types or in a rule of challenges.rules");
  ChallengePolicy by_dns;
  by_dns.types = {ChallengeType::dns_01};
  EXPECT_THAT(by_dns.refusal(name("2001:db8::1")).value(),
              HasSubstr("an IP address cannot be proven by DNS"));
}

}  // namespace
}  // namespace agent
