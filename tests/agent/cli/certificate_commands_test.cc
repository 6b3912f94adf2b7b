#include "agent/cli/certificate_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using CertificateCommandsTest = CliFixture;

std::string certificate(int id, const std::string& serial, const std::string& state = "served") {
  return R"({"id": )" + std::to_string(id) +
         R"(, "authority": "ca", "names": ["a.example", "b.example"], "serial": ")" + serial +
         R"(", "fingerprint": "FF", "not_before": "2030-01-01T00:00:00Z",)"
         R"("not_after": "2030-04-01T00:00:00Z", "renew_at": "2030-03-01T00:00:00Z", "state": ")" +
         state + R"("})";
}

std::string shown(const std::string& stage, const std::string& certificate, int failures = 0) {
  return R"({"name": "a.example", "stage": ")" + stage + R"(", "certificate": )" + certificate +
         R"(, "failures": )" + std::to_string(failures) +
         R"(, "last_error": "refused", "next_attempt": "2030-01-01T01:00:00Z"})";
}

std::string outcome(const std::string& text) {
  return R"({"results": [{"name": "a.example", "outcome": ")" + text + R"("}]})";
}

TEST_F(CertificateCommandsTest, ListFollowsThePages) {
  EXPECT_EQ(
      run_with({{200, R"({"certificates": [)" + certificate(1, "0A") + R"(], "next": 1})"},
                {200, R"({"certificates": [)" + certificate(22, "0B") + R"(], "next": null})"}},
               {"certificate", "list", "--state", "all"}),
      0);
  EXPECT_THAT(requests_,
              ElementsAre("GET /v1/certificates?limit=1000&state=all",
                          "GET /v1/certificates?limit=1000&state=all&cursor=1"));
  EXPECT_EQ(
      out(),
      "ID  NAMES                 AUTHORITY  STATE   VALID UNTIL           RENEWAL AT            "
      "SERIAL\n"
      "1   a.example, b.example  ca         served  2030-04-01T00:00:00Z  2030-03-01T00:00:00Z  "
      "0A\n"
      "22  a.example, b.example  ca         served  2030-04-01T00:00:00Z  2030-03-01T00:00:00Z  "
      "0B\n");
}

TEST_F(CertificateCommandsTest, ShowTakesNamesAndIds) {
  EXPECT_EQ(run_with({{200, certificate(1, "0A")}, {404, R"({"detail": "no certificate 7"})"}},
                     {"certificate", "show", "a.example", "7"}),
            1);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/certificates/a.example", "GET /v1/certificates/7"));
  EXPECT_EQ(out(),
            "id           1\n"
            "names        a.example, b.example\n"
            "authority    ca\n"
            "serial       0A\n"
            "SHA-1        FF\n"
            "valid from   2030-01-01T00:00:00Z\n"
            "valid until  2030-04-01T00:00:00Z\n"
            "renewal at   2030-03-01T00:00:00Z\n"
            "state        served\n");
  EXPECT_EQ(err(), "acme-spoa: no certificate 7\n");
}

TEST_F(CertificateCommandsTest, ShowPrintsAnObjectForPrograms) {
  EXPECT_EQ(run_with({{200, certificate(1, "0A")}}, {"certificate", "show", "1", "-o", "json"}), 0);
  EXPECT_TRUE(out().starts_with("{\"id\":1,\"authority\":\"ca\""));
}

TEST_F(CertificateCommandsTest, RenewSaysWhatBecameOfEach) {
  EXPECT_EQ(run_with({{202, outcome("requested")}}, {"certificate", "renew", "a.example"}), 0);
  EXPECT_THAT(requests_, ElementsAre(R"(POST /v1/certificates/renew {"names":["a.example"]})"));
  EXPECT_THAT(out(), HasSubstr("a.example  requested\n"));
  EXPECT_EQ(run_with({{202, outcome("under_way")}}, {"certificate", "renew", "a.example"}), 0);
  EXPECT_EQ(run_with({{202, outcome("disabled")}}, {"certificate", "renew", "a.example"}), 1);
  EXPECT_EQ(run_with({{202, outcome("not_found")}}, {"certificate", "renew", "a.example"}), 1);
}

TEST_F(CertificateCommandsTest, RenewWaitsForAnotherCertificateThanTheOldOne) {
  EXPECT_EQ(run_with({{200, shown("served", certificate(1, "0A"))},
                      {202, outcome("requested")},
                      {200, shown("served; renewal queued", certificate(1, "0A"))},
                      {200, shown("deploying", certificate(2, "0B", "issued"))},
                      {200, shown("served", certificate(2, "0B"))}},
                     {"certificate", "renew", "A.example", "--wait"}),
            0);
  EXPECT_EQ(out(),
            "  0.00s  a.example  served; renewal queued\n"
            "  0.10s  a.example  deploying\n"
            "  0.20s  a.example  served: serial 0B, valid until 2030-04-01T00:00:00Z\n");
}

TEST_F(CertificateCommandsTest, RenewCountsFailuresFromTheRequestOn) {
  EXPECT_EQ(run_with({{200, shown("waiting", certificate(1, "0A"), 3)},
                      {202, outcome("requested")},
                      {200, shown("waiting", certificate(1, "0A"), 1)}},
                     {"certificate", "renew", "a.example", "--wait"}),
            4);
  EXPECT_THAT(out(), HasSubstr("failed: refused; next attempt at 2030-01-01T01:00:00Z"));
}

TEST_F(CertificateCommandsTest, RenewDoesNotWaitForWhatItDidNotStart) {
  EXPECT_EQ(run_with({{200, shown("off", "null")}, {202, outcome("disabled")}},
                     {"certificate", "renew", "a.example", "--wait"}),
            1);
  EXPECT_EQ(run_with({{404, R"({"detail": "unknown"})"}},
                     {"certificate", "renew", "a.example", "--wait"}),
            1);
}

}  // namespace
}  // namespace agent
