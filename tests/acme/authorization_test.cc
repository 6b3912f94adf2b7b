#include "acme/authorization.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

const Url authorization_url = *Url::parse("https://ca.example/authz/1");
const std::string challenge_token = "utOtPS-GAc9GN8OpNuuUhJ9iOryqZvNl2btYE8A-pio";

std::string challenge(const std::string& type, const std::string& status) {
  return R"({"type":")" + type + R"(","url":"/chal/)" + type + R"(","status":")" + status +
         R"(","token":")" + challenge_token + R"("})";
}

std::string authorization(const std::string& status, const std::string& challenges) {
  return R"({"identifier":{"type":"dns","value":"a.example"},"status":")" + status +
         R"(","challenges":[)" + challenges + "]}";
}

TEST(Authorization, HasIdentifierStatusAndChallenges) {
  const auto parsed = parse_authorization(
      authorization("pending",
                    challenge("dns-01", "pending") + "," + challenge("http-01", "valid")),
      authorization_url);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->identifier.value(), "a.example");
  EXPECT_EQ(parsed->status, AuthorizationStatus::pending);
  ASSERT_EQ(parsed->challenges.size(), 2U);
  EXPECT_EQ(parsed->challenges[0].type, ChallengeType::dns_01);
  EXPECT_EQ(parsed->challenges[1].type, ChallengeType::http_01);
  EXPECT_EQ(parsed->challenges[1].status, ChallengeStatus::valid);
  EXPECT_EQ(parsed->challenges[1].url.text(), "https://ca.example/chal/http-01");
  EXPECT_EQ(parsed->challenges[1].token->text(), challenge_token);
}

TEST(Authorization, OfAWildcardNamesTheStar) {
  const auto parsed = parse_authorization(
      R"({"identifier":{"type":"dns","value":"a.example"},"wildcard":true,"status":"valid"})",
      authorization_url);
  EXPECT_EQ(parsed->identifier.value(), "*.a.example");
}

TEST(Authorization, CanBeOfAnAddress) {
  const auto parsed = parse_authorization(
      R"({"identifier":{"type":"ip","value":"2001:db8::1"},"status":"valid"})", authorization_url);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->identifier.type(), "ip");
  EXPECT_EQ(parsed->identifier.value(), "2001:db8::1");
}

TEST(Authorization, LeavesOutChallengesItCannotUse) {
  const auto parsed =
      parse_authorization(authorization("pending",
                                        challenge("mystery-99", "pending") + R"(,7,null,{},
        {"type":"http-01","url":"/c","status":"pending"},
        {"type":"http-01","url":"/c","status":"pending","token":"short"},
        {"type":"http-01","url":"/c","status":"pending","token":"../../../../etc/passwd/x"},
        {"type":"http-01","url":"/c","status":"hm","token":")" +
                                            challenge_token + R"("},
        {"type":"http-01","status":"pending","token":")" +
                                            challenge_token + R"("},
        {"type":"http-01","url":"ftp://x/","status":"pending","token":")" +
                                            challenge_token + R"("})"),
                          authorization_url);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->challenges.empty());
}

TEST(Authorization, BoundsItsChallenges) {
  std::string many = challenge("http-01", "pending");
  for (int i = 0; i < 100; ++i) many += "," + challenge("http-01", "pending");
  EXPECT_EQ(
      parse_authorization(authorization("pending", many), authorization_url)->challenges.size(),
      32U);
}

TEST(Authorization, ThatMakesNoSenseIsABadResponse) {
  for (const char* json :
       {"",
        "[]",
        "{}",
        R"({"status":"pending"})",
        R"({"identifier":{"type":"dns","value":"a.example"},"status":"odd"})",
        R"({"identifier":{"type":"dns","value":"192.0.2.7"},"status":"valid"})",
        R"({"identifier":{"type":"ip","value":"a.example"},"status":"valid"})",
        R"({"identifier":{"type":"ip","value":"192.0.2.7"},"wildcard":true,"status":"valid"})",
        R"({"identifier":{"type":"email","value":"a@a.example"},"status":"valid"})",
        R"({"identifier":{"type":"dns","value":"..\/x"},"status":"valid"})",
        R"({"identifier":{"type":"dns","value":"*.a.example"},"wildcard":true,"status":"valid"})",
        R"({"identifier":"a.example","status":"valid"})"}) {
    const auto parsed = parse_authorization(json, authorization_url);
    ASSERT_FALSE(parsed) << json;
    EXPECT_EQ(parsed.error().code, Errc::bad_response);
  }
}

TEST(ChooseChallenge, TakesTheFirstWishThatIsOffered) {
  const auto parsed = parse_authorization(
      authorization("pending",
                    challenge("dns-01", "pending") + "," + challenge("http-01", "pending")),
      authorization_url);
  using Types = std::vector<ChallengeType>;
  const auto chosen = [&parsed](const Types& types) {
    const auto challenge = choose_challenge(*parsed, types);
    return challenge ? std::optional(challenge->type) : std::nullopt;
  };
  EXPECT_EQ(chosen({ChallengeType::http_01}), ChallengeType::http_01);
  EXPECT_EQ(chosen({ChallengeType::http_01, ChallengeType::dns_01}), ChallengeType::http_01);
  EXPECT_EQ(chosen({ChallengeType::dns_01, ChallengeType::http_01}), ChallengeType::dns_01);
  EXPECT_EQ(chosen({ChallengeType::tls_alpn_01, ChallengeType::dns_01}), ChallengeType::dns_01);
  EXPECT_EQ(chosen({ChallengeType::tls_alpn_01}), std::nullopt);
  EXPECT_EQ(chosen({}), std::nullopt);
}

TEST(ChooseChallenge, TakesNoneThatIsJudgedAlready) {
  const auto parsed = parse_authorization(
      authorization("pending",
                    challenge("http-01", "invalid") + "," + challenge("dns-01", "processing")),
      authorization_url);
  EXPECT_EQ(choose_challenge(*parsed, {ChallengeType::http_01}), std::nullopt);
  EXPECT_EQ(choose_challenge(*parsed, {ChallengeType::dns_01})->type, ChallengeType::dns_01);
}

TEST(FailureOf, IsTheChallengesProblem) {
  const auto parsed = parse_authorization(
      authorization("invalid",
                    R"({"type":"http-01","url":"/c","status":"invalid","token":")" +
                        challenge_token +
                        R"(","error":{"type":"urn:ietf:params:acme:error:connection",
                                      "detail":"192.0.2.7: refused"}})"),
      authorization_url);
  const Subproblem failure = failure_of(*parsed);
  EXPECT_EQ(failure.identifier->value(), "a.example");
  EXPECT_EQ(failure.code, Errc::connection);
  EXPECT_EQ(failure.detail, "192.0.2.7: refused");
}

TEST(FailureOf, WithoutAProblemSaysWhatBecameOfIt) {
  const auto parsed = parse_authorization(authorization("expired", ""), authorization_url);
  EXPECT_EQ(failure_of(*parsed).code, Errc::authorization_lost);
  EXPECT_EQ(failure_of(*parsed).detail, "the authorization is expired");
}

}  // namespace
}  // namespace acme
