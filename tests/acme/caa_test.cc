#include "acme/caa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace acme {
namespace {

using Name = CaaQuestion::Name;
using ::testing::HasSubstr;

constexpr auto allowed = CaaVerdict::allowed;
constexpr auto forbidden = CaaVerdict::forbidden;
constexpr auto unknown = CaaVerdict::unknown;

CaaQuestion ask(Name name = Name::plain) {
  return {.name = name,
          .identities = {"ca1.example.net"},
          .account_url = "https://ca1.example.net/acct/1",
          .challenge = "http-01"};
}

struct Row {
  const char* why;
  std::vector<CaaRecord> records;
  CaaVerdict plain;
  CaaVerdict wildcard;
};

TEST(Caa, TheExamplesOfTheStandards) {
  const std::vector<Row> table = {
      {"nothing restricts nobody", {}, allowed, allowed},
      {"RFC 8659 §4.2: one authority", {{0, "issue", "ca1.example.net"}}, allowed, allowed},
      {"another authority", {{0, "issue", "ca2.example.org"}}, forbidden, forbidden},
      {"one of two",
       {{0, "issue", "ca2.example.org"}, {0, "issue", "ca1.example.net"}},
       allowed,
       allowed},
      {"RFC 8659 §4.2: nobody", {{0, "issue", ";"}}, forbidden, forbidden},
      {"nobody, by an empty value", {{0, "issue", ""}}, forbidden, forbidden},
      {"nobody beside one is the one",
       {{0, "issue", ";"}, {0, "issue", "ca1.example.net"}},
       allowed,
       allowed},
      {"unknown parameters are no restriction of ours",
       {{0, "issue", "ca1.example.net; account=230123"}},
       allowed,
       allowed},
      {"blanks and case", {{0, "Issue", " \tCA1.Example.NET ; "}}, allowed, allowed},
      {"malformed", {{0, "issue", "%%%%%"}}, forbidden, forbidden},
      {"malformed parameter", {{0, "issue", "ca1.example.net; nonsense"}}, forbidden, forbidden},
      {"RFC 8659 §4.3: wildcards by another",
       {{0, "issue", "ca1.example.net"}, {0, "issuewild", "ca2.example.org"}},
       allowed,
       forbidden},
      {"no wildcards at all",
       {{0, "issue", "ca1.example.net"}, {0, "issuewild", ";"}},
       allowed,
       forbidden},
      {"wildcards only",
       {{0, "issue", ";"}, {0, "issuewild", "ca1.example.net"}},
       forbidden,
       allowed},
      {"issuewild says nothing of others",
       {{0, "issuewild", "ca2.example.org"}},
       allowed,
       forbidden},
      {"iodef restricts nobody", {{0, "iodef", "mailto:security@example.com"}}, allowed, allowed},
      {"critical and known", {{128, "issue", "ca1.example.net"}}, allowed, allowed},
      {"RFC 8659 §4.5: critical and unknown",
       {{0, "issue", "ca1.example.net"}, {128, "tbs", "Unknown"}},
       forbidden,
       forbidden},
      {"unknown and not critical", {{0, "tbs", "Unknown"}}, allowed, allowed},
      {"flag bits that mean nothing", {{127, "tbs", "Unknown"}}, allowed, allowed},
      {"RFC 8657: our account",
       {{0, "issue", "ca1.example.net; accounturi=https://ca1.example.net/acct/1"}},
       allowed,
       allowed},
      {"another account",
       {{0, "issue", "ca1.example.net; accounturi=https://ca1.example.net/acct/2"}},
       forbidden,
       forbidden},
      {"one of two accounts",
       {{0, "issue", "ca1.example.net; accounturi=https://ca1.example.net/acct/2"},
        {0, "issue", "ca1.example.net; accounturi=https://ca1.example.net/acct/1"}},
       allowed,
       allowed},
      {"an account twice in one record",
       {{0, "issue", "ca1.example.net; accounturi=https://ca1.example.net/acct/1; accounturi=x"}},
       forbidden,
       forbidden},
      {"RFC 8657: our method",
       {{0, "issue", "ca1.example.net; validationmethods=dns-01, http-01"}},
       allowed,
       allowed},
      {"another method",
       {{0, "issue", "ca1.example.net; validationmethods=dns-01"}},
       forbidden,
       forbidden},
      {"no method", {{0, "issue", "ca1.example.net; validationmethods="}}, forbidden, forbidden},
      {"both",
       {{0, "issue", "ca1.example.net; validationmethods=http-01; accounturi=x"}},
       forbidden,
       forbidden},
  };
  for (const Row& row : table) {
    EXPECT_EQ(judge_caa(row.records, ask()).verdict, row.plain) << row.why;
    EXPECT_EQ(judge_caa(row.records, ask(Name::wildcard)).verdict, row.wildcard) << row.why;
  }
}

TEST(Caa, WhatWeDoNotKnowIsUnknown) {
  CaaQuestion question = ask();
  question.account_url.clear();
  EXPECT_EQ(judge_caa({{0, "issue", "ca1.example.net; accounturi=x"}}, question).verdict, unknown);
  question.identities.clear();
  EXPECT_EQ(judge_caa({{0, "issue", "ca1.example.net"}}, question).verdict, unknown);
  EXPECT_EQ(judge_caa({{0, "iodef", "x"}}, question).verdict, allowed);
  question = ask();
  question.challenge.clear();
  EXPECT_EQ(
      judge_caa({{0, "issue", "ca1.example.net; validationmethods=dns-01"}}, question).verdict,
      unknown);
}

TEST(Caa, SaysWhatWouldBeRight) {
  EXPECT_EQ(judge_caa({{0, "issue", "ca2.example.org; a=b"}}, ask()).reason,
            "CAA allows \"ca2.example.org\" only; to allow this authority add: CAA 0 issue "
            "\"ca1.example.net\"");
  EXPECT_THAT(judge_caa({{0, "issuewild", ";"}}, ask(Name::wildcard)).reason,
              HasSubstr("CAA allows nobody; to allow this authority add: CAA 0 issuewild"));
  EXPECT_THAT(
      judge_caa({{0, "issue", "ca1.example.net; accounturi=https://x"}}, ask()).reason,
      HasSubstr("allows the account \"https://x\" only; ours is https://ca1.example.net/acct/1"));
  EXPECT_EQ(judge_caa({}, ask()).reason, "");
}

TEST(Caa, AStrangersBytesAreNotShownAsTheyAre) {
  EXPECT_THAT(judge_caa({{128, "a\x1b[2J", ""}}, ask()).reason, HasSubstr("\"a?[2J\""));
}

}  // namespace
}  // namespace acme
