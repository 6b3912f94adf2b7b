#include "acme/answer.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/fakes/example_account.h"

namespace acme {
namespace {

// The worked numbers of the project's ACME reference.
const std::string token = "utOtPS-GAc9GN8OpNuuUhJ9iOryqZvNl2btYE8A-pio";
const std::string digest = "5c9263038777ce18d78823293eca6067d68ef797532ab75299e52ed3a3f1a73d";
const std::string account = "https://ca.example/acme/acct/ExampleAccount";

Identifier identifier(std::string_view name) {
  return Identifier(base::DomainName::parse_name_or_address(name).value());
}

KeyAuthorization example_key() {
  return key_authorization(*Token::parse(token),
                           Thumbprint(std::string(fakes::example_thumbprint)));
}

Answer answer(ChallengeType type, std::string_view name) {
  OrderRecord order;
  order.thumbprint = Thumbprint(std::string(fakes::example_thumbprint));
  order.account_url = account;
  OrderChallenge challenge{type,
                           identifier(name),
                           *Url::parse("https://ca.example/authz/1"),
                           *Url::parse("https://ca.example/chal/1"),
                           *Token::parse(token)};
  if (type == ChallengeType::dns_persist_01) {
    challenge.token = std::nullopt;
    challenge.issuer_domains = {"ca.example"};
  }
  return answer_to(challenge, order);
}

TEST(Answer, OfHttpIsTheKeyAuthorizationAtTheToken) {
  const auto http = std::get<HttpAnswer>(answer(ChallengeType::http_01, "a.example"));
  EXPECT_EQ(http.token.text(), token);
  EXPECT_EQ(http.key_authorization.value(), token + "." + std::string(fakes::example_thumbprint));
}

TEST(Answer, OfDnsIsTheDigestBelowTheName) {
  const auto txt = std::get<TxtAnswer>(answer(ChallengeType::dns_01, "a.example"));
  EXPECT_EQ(txt.name, "_acme-challenge.a.example");
  EXPECT_EQ(txt.value, "XJJjA4d3zhjXiCMpPspgZ9aO95dTKrdSmeUu06Pxpz0");
}

TEST(Answer, OfDnsHasTheNameOfAWildcardWithoutItsStar) {
  const auto txt = std::get<TxtAnswer>(answer(ChallengeType::dns_01, "*.a.example"));
  EXPECT_EQ(txt.name, "_acme-challenge.a.example");
  EXPECT_EQ(txt.identifier, identifier("*.a.example"));
}

TEST(Answer, OfDnsAccountHasALabelOfItsAccount) {
  EXPECT_EQ(account_label(account), "_sslbvpeympiwms7t");
  const auto txt = std::get<TxtAnswer>(answer(ChallengeType::dns_account_01, "*.a.example"));
  EXPECT_EQ(txt.name, "_sslbvpeympiwms7t._acme-challenge.a.example");
  EXPECT_EQ(txt.value, "XJJjA4d3zhjXiCMpPspgZ9aO95dTKrdSmeUu06Pxpz0");
}

TEST(Answer, OfTlsAlpnIsTheDigestInAnOctetString) {
  const auto tls = std::get<TlsAlpnAnswer>(answer(ChallengeType::tls_alpn_01, "a.example"));
  EXPECT_EQ(tls.digest, sha256(example_key().value()));
  const std::string value = acme_identifier_value(tls.digest);
  EXPECT_EQ(base::encode_hex(std::as_bytes(std::span(value))), "0420" + digest);
}

TEST(Answer, OfDnsPersistIsARecordThatStands) {
  const auto standing =
      std::get<StandingTxtAnswer>(answer(ChallengeType::dns_persist_01, "*.a.example"));
  EXPECT_EQ(standing.issuer_domains, std::vector<std::string>{"ca.example"});
  EXPECT_EQ(standing.account_url, account);
}

TEST(TlsAlpnServerName, IsTheNameOrTheReverseNameOfAnAddress) {
  EXPECT_EQ(tls_alpn_server_name(identifier("a.example")), "a.example");
  EXPECT_EQ(tls_alpn_server_name(identifier("192.0.2.7")), "7.2.0.192.in-addr.arpa");
}

TEST(ChallengeTypes, ProveWhatTheyCan) {
  for (const ChallengeType type : {ChallengeType::http_01, ChallengeType::tls_alpn_01}) {
    EXPECT_TRUE(can_prove(type, identifier("a.example")));
    EXPECT_FALSE(can_prove(type, identifier("*.a.example"))) << name_of(type);
    EXPECT_TRUE(can_prove(type, identifier("2001:db8::1"))) << name_of(type);
  }
  for (const ChallengeType type :
       {ChallengeType::dns_01, ChallengeType::dns_account_01, ChallengeType::dns_persist_01}) {
    EXPECT_TRUE(can_prove(type, identifier("a.example")));
    EXPECT_TRUE(can_prove(type, identifier("*.a.example"))) << name_of(type);
    EXPECT_FALSE(can_prove(type, identifier("192.0.2.7"))) << name_of(type);
    EXPECT_EQ(parse_challenge_type(name_of(type)), type);
  }
  EXPECT_EQ(parse_challenge_type("dns-02"), std::nullopt);
}

}  // namespace
}  // namespace acme
