#include "acme/problem.h"

#include <string>

#include <gtest/gtest.h>

namespace acme {
namespace {

using std::chrono::seconds;

const base::WallTime now = base::WallTime(std::chrono::hours(24 * 20000));

HttpResponse reply(int status, std::string body, std::string retry_after = "") {
  HttpResponse response{status, {{"content-type", "application/problem+json"}}, std::move(body)};
  if (!retry_after.empty()) response.headers.push_back({"retry-after", retry_after});
  return response;
}

TEST(Problem, BecomesAnErrorWithEverythingInIt) {
  const Error error = error_of(reply(429,
                                     R"({"type":"urn:ietf:params:acme:error:rateLimited",
      "detail":"too many certificates (50) already issued for \"example.com\"","status":429,
      "instance":"https://ca.example/why"})",
                                     "3600"),
                               now);
  EXPECT_EQ(error.code, Errc::rate_limited);
  EXPECT_EQ(error.origin, Origin::request);
  EXPECT_EQ(error.detail, "too many certificates (50) already issued for \"example.com\"");
  EXPECT_EQ(error.http_status, 429);
  EXPECT_EQ(error.retry_after, seconds(3600));
  EXPECT_EQ(error.instance, "https://ca.example/why");
}

TEST(Problem, KeepsTheCausePerIdentifier) {
  const Error error = error_of(reply(400, R"({"type":"urn:ietf:params:acme:error:compound",
      "subproblems":[
        {"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"no",
         "identifier":{"type":"dns","value":"Bad.example"}},
        {"type":"urn:ietf:params:acme:error:caa","identifier":{"type":"ip","value":"192.0.2.7"}},
        {"type":"urn:ietf:params:acme:error:dns","identifier":{"type":"dns","value":"../x"}},
        "nonsense"]})"),
                               now);
  EXPECT_EQ(error.code, Errc::compound);
  ASSERT_EQ(error.subproblems.size(), 3U);
  EXPECT_EQ(error.subproblems[0].identifier->value(), "bad.example");
  EXPECT_EQ(error.subproblems[0].code, Errc::rejected_identifier);
  EXPECT_EQ(error.subproblems[0].detail, "no");
  EXPECT_EQ(error.subproblems[1].code, Errc::caa);
  EXPECT_EQ(error.subproblems[1].identifier->value(), "192.0.2.7");
  EXPECT_FALSE(error.subproblems[2].identifier);
}

struct TypeRow {
  std::string name;
  Errc code;
};

class ProblemType : public testing::TestWithParam<TypeRow> {};

TEST_P(ProblemType, HasACodeOfItsOwn) {
  const auto json =
      Json::parse_object(R"({"type":"urn:ietf:params:acme:error:)" + GetParam().name + R"("})");
  EXPECT_EQ(to_error(parse_problem(*json), Origin::order).code, GetParam().code);
  EXPECT_EQ(to_error(parse_problem(*json), Origin::order).origin, Origin::order);
}

INSTANTIATE_TEST_SUITE_P(
    Types,
    ProblemType,
    testing::Values(TypeRow{"accountDoesNotExist", Errc::account_does_not_exist},
                    TypeRow{"agreementRequired", Errc::agreement_required},
                    TypeRow{"alreadyReplaced", Errc::already_replaced},
                    TypeRow{"alreadyRevoked", Errc::already_revoked},
                    TypeRow{"badCSR", Errc::bad_csr},
                    TypeRow{"badNonce", Errc::bad_nonce},
                    TypeRow{"badPublicKey", Errc::bad_public_key},
                    TypeRow{"badRevocationReason", Errc::bad_revocation_reason},
                    TypeRow{"badSignatureAlgorithm", Errc::bad_signature_algorithm},
                    TypeRow{"caa", Errc::caa},
                    TypeRow{"compound", Errc::compound},
                    TypeRow{"conflict", Errc::conflict},
                    TypeRow{"connection", Errc::connection},
                    TypeRow{"dns", Errc::dns},
                    TypeRow{"externalAccountRequired", Errc::external_account_required},
                    TypeRow{"incorrectResponse", Errc::incorrect_response},
                    TypeRow{"invalidContact", Errc::invalid_contact},
                    TypeRow{"invalidProfile", Errc::invalid_profile},
                    TypeRow{"malformed", Errc::malformed},
                    TypeRow{"orderNotReady", Errc::order_not_ready},
                    TypeRow{"rateLimited", Errc::rate_limited},
                    TypeRow{"rejectedIdentifier", Errc::rejected_identifier},
                    TypeRow{"serverInternal", Errc::server_internal},
                    TypeRow{"tls", Errc::tls},
                    TypeRow{"unauthorized", Errc::unauthorized},
                    TypeRow{"unsupportedContact", Errc::unsupported_contact},
                    TypeRow{"unsupportedIdentifier", Errc::unsupported_identifier},
                    TypeRow{"userActionRequired", Errc::user_action_required},
                    TypeRow{"somethingNew", Errc::unknown_problem}));

TEST(Problem, OfAForeignTypeIsJudgedByItsStatus) {
  const std::string body = R"({"type":"about:blank","detail":"hm"})";
  EXPECT_EQ(error_of(reply(400, body), now).code, Errc::unknown_problem);
  EXPECT_EQ(error_of(reply(400, body), now).detail, "about:blank: hm");
  EXPECT_EQ(error_of(reply(429, body), now).code, Errc::rate_limited);
  EXPECT_EQ(error_of(reply(500, body), now).code, Errc::server_internal);
}

TEST(Problem, IsNotNeededToUnderstandARefusal) {
  for (const std::string body : {"", "<html>Service Unavailable</html>", "[]", "{", "\xff\xfe"}) {
    const Error error = error_of(reply(503, body, "60"), now);
    EXPECT_EQ(error.code, Errc::server_internal) << body;
    EXPECT_EQ(error.http_status, 503);
    EXPECT_EQ(error.retry_after, seconds(60));
    EXPECT_EQ(error.detail, "no problem document in the reply, but application/problem+json");
  }
  EXPECT_EQ(error_of({404, {}, ""}, now).code, Errc::unknown_problem);
  EXPECT_EQ(error_of({404, {}, ""}, now).detail, "no problem document in the reply");
}

TEST(Problem, WithMembersOfTheWrongTypeIsTakenAsFarAsItGoes) {
  const Error error = error_of(
      reply(403,
            R"({"type":7,"detail":["x"],"identifier":"x","subproblems":{"a":1},"status":"x"})"),
      now);
  EXPECT_EQ(error.code, Errc::unknown_problem);
  EXPECT_EQ(error.detail, "");
  EXPECT_TRUE(error.subproblems.empty());
}

TEST(Problem, HasBoundedParts) {
  std::string many = R"({"type":"urn:ietf:params:acme:error:compound","detail":")" +
                     std::string(100000, 'x') + R"(","subproblems":[)";
  for (int i = 0; i < 300; ++i) many += R"({"type":"x","subproblems":[{"type":"y"}]},)";
  const Error error = error_of(reply(400, many + "{}]}"), now);
  EXPECT_EQ(error.detail.size(), 1024U);
  EXPECT_EQ(error.subproblems.size(), 200U);
}

TEST(Problem, OfAForeignTypeStaysShortToo) {
  const std::string body =
      R"({"type":")" + std::string(2000, 'x') + R"(","detail":")" + std::string(2000, 'y') + "\"}";
  EXPECT_EQ(error_of(reply(400, body), now).detail.size(), 1024U);
}

TEST(Printable, DropsControlCharacters) {
  EXPECT_EQ(printable("a\r\nb\x1b[31mc\x7f\tz"), "ab[31mcz");
  EXPECT_EQ(printable("caf\xc3\xa9 \xc2\x85\xc2\x9b\xc2\xa0x"), "caf\xc3\xa9 \xc2\xa0x");
  EXPECT_EQ(printable(std::string("nul\0!", 5)), "nul!");
  EXPECT_EQ(printable("\xc2"), "\xc2");
}

TEST(Printable, CutsAtACharactersEnd) {
  EXPECT_EQ(printable(std::string(1024, 'x')).size(), 1024U);
  EXPECT_EQ(printable(std::string(1025, 'x')).size(), 1024U);
  EXPECT_EQ(printable(std::string(1023, 'x') + "\xc3\xa9").size(), 1023U);
  EXPECT_EQ(printable(std::string(1022, 'x') + "\xc3\xa9").size(), 1024U);
  EXPECT_EQ(printable(std::string(1021, 'x') + "\xf0\x9f\x98\x80").size(), 1021U);
}

}  // namespace
}  // namespace acme
