#include "agent/cli/hostname_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using HostnameCommandsTest = CliFixture;

constexpr const char* added = R"({"results": [{"name": "a.example", "outcome": "added"},
                                              {"name": "b.example", "outcome": "unchanged"}]})";

std::string listed(const std::string& stage, const std::string& certificate = "null") {
  return R"({"name": "a.example", "mode": "automatic", "https_redirect": true, "state": "pending",)"
         R"("stage": ")" +
         stage + R"(", "certificate": )" + certificate +
         R"(, "failures": 0, "last_error": null, "next_attempt": null,)"
         R"("created": "2030-01-01T00:00:00Z"})";
}

constexpr const char* served_certificate =
    R"({"id": 1, "authority": "ca", "names": ["a.example"], "serial": "0A", "state": "served",)"
    R"("not_before": "2030-01-01T00:00:00Z", "not_after": "2030-04-01T00:00:00Z",)"
    R"("renew_at": "2030-03-01T00:00:00Z"})";

TEST_F(HostnameCommandsTest, AddSaysWhatBecameOfEach) {
  EXPECT_EQ(run_with({{200, added}}, {"hostname", "add", "A.example", "b.example"}), 0);
  EXPECT_THAT(requests_,
              ElementsAre("POST /v1/hostnames "
                          R"({"names":["A.example","b.example"],"https_redirect":true})"));
  EXPECT_EQ(out(),
            "NAME       OUTCOME\n"
            "a.example  added\n"
            "b.example  unchanged\n");
}

TEST_F(HostnameCommandsTest, AddCanLeaveTheRedirectOff) {
  EXPECT_EQ(run_with({{200, added}}, {"hostname", "add", "a.example", "--no-https-redirect"}), 0);
  EXPECT_THAT(requests_.at(0), HasSubstr(R"("https_redirect":false)"));
}

TEST_F(HostnameCommandsTest, AddCanLeaveTheChallengePathAlone) {
  EXPECT_EQ(
      run_with({{200, added}}, {"hostname", "add", "a.example", "--challenge-path", "left_alone"}),
      0);
  EXPECT_THAT(requests_.at(0), HasSubstr(R"("challenge_path":"left_alone")"));
  EXPECT_EQ(run({"hostname", "add", "a.example", "--challenge-path", "mine"}), 2);
}

TEST_F(HostnameCommandsTest, AddPrintsObjectsForPrograms) {
  EXPECT_EQ(run_with({{200, added}}, {"hostname", "add", "a.example", "-o", "json"}), 0);
  EXPECT_EQ(out(),
            "{\"name\":\"a.example\",\"outcome\":\"added\"}\n"
            "{\"name\":\"b.example\",\"outcome\":\"unchanged\"}\n");
}

TEST_F(HostnameCommandsTest, AddPrintsEveryRuleThatIsBroken) {
  const std::string problem = R"({"type": "urn:acme-spoa:problem:invalid-fields", "detail": "x",
      "errors": [{"field": "names[0]", "rule": "hostname", "detail": "names[0]: is no hostname"},
                 {"field": "names[2]", "rule": "unique", "detail": "names[2]: twice \u001b[31m"}]})";
  EXPECT_EQ(run_with({{400, problem}}, {"hostname", "add", "a"}), 1);
  EXPECT_EQ(err(),
            "acme-spoa: names[0]: is no hostname\n"
            "acme-spoa: names[2]: twice ?[31m\n");
}

TEST_F(HostnameCommandsTest, ADaemonThatCannotIsStatus4) {
  EXPECT_EQ(run_with({{503, R"({"detail": "disk full"})"}}, {"hostname", "add", "a.example"}), 4);
  EXPECT_EQ(err(), "acme-spoa: disk full\n");
  EXPECT_EQ(run_with({{500, "oops"}}, {"hostname", "add", "a.example"}), 4);
  EXPECT_EQ(err(), "acme-spoa: the daemon answered with status 500\n");
}

TEST_F(HostnameCommandsTest, AddWaitsUntilServed) {
  const std::string one = R"({"results": [{"name": "a.example", "outcome": "added"}]})";
  EXPECT_EQ(run_with({{200, one},
                      {200, listed("queued")},
                      {200, listed("queued")},
                      {200, listed("validating")},
                      {200, listed("served", served_certificate)}},
                     {"hostname", "add", "a.example", "--wait"}),
            0);
  EXPECT_EQ(out(),
            "a.example: added\n"
            "  0.00s  a.example  queued\n"
            "  0.20s  a.example  validating\n"
            "  0.30s  a.example  served: serial 0A, valid until 2030-04-01T00:00:00Z\n");
}

TEST_F(HostnameCommandsTest, AddWaitKeepsProgressAwayFromPrograms) {
  const std::string one = R"({"results": [{"name": "a.example", "outcome": "added"}]})";
  EXPECT_EQ(run_with({{200, one}, {200, listed("served", served_certificate)}},
                     {"hostname", "add", "a.example", "--wait", "-o", "json"}),
            0);
  EXPECT_TRUE(out().starts_with("{\"name\":\"a.example\""));
  EXPECT_THAT(err(), HasSubstr("a.example  served"));
}

TEST_F(HostnameCommandsTest, AddWaitDoesNotTakeAnOldFailureForANewOne) {
  const std::string one = R"({"results": [{"name": "a.example", "outcome": "unchanged"}]})";
  const std::string failed_before =
      R"({"name": "a.example", "failures": 2, "last_error": "old", "stage": "validating"})";
  EXPECT_EQ(run_with({{200, one},
                      {200, failed_before},
                      {200, failed_before},
                      {200, listed("served", served_certificate)}},
                     {"hostname", "add", "a.example", "--wait"}),
            0);
}

TEST_F(HostnameCommandsTest, RemoveOfAnUnknownNameIsStatus1) {
  const std::string reply = R"({"results": [{"name": "a.example", "outcome": "removed"},
                                            {"name": "b.example", "outcome": "not_found"}]})";
  EXPECT_EQ(run_with({{200, reply}}, {"hostname", "remove", "a.example", "b.example"}), 1);
  EXPECT_THAT(requests_,
              ElementsAre(R"(POST /v1/hostnames/remove {"names":["a.example","b.example"]})"));
  EXPECT_THAT(out(), HasSubstr("b.example  not_found\n"));
  const std::string good = R"({"results": [{"name": "a.example", "outcome": "removed"}]})";
  EXPECT_EQ(run_with({{200, good}}, {"hostname", "remove", "a.example"}), 0);
}

TEST_F(HostnameCommandsTest, ListFollowsThePages) {
  EXPECT_EQ(run_with({{200, R"({"hostnames": [)" + listed("queued") + R"(], "next": "a.example"})"},
                      {200,
                       R"({"hostnames": [)" + listed("served", served_certificate) +
                           R"(], "next": null})"}},
                     {"hostname", "list"}),
            0);
  EXPECT_THAT(
      requests_,
      ElementsAre("GET /v1/hostnames?limit=1000", "GET /v1/hostnames?limit=1000&cursor=a.example"));
  EXPECT_EQ(out(),
            "NAME       STATE    REDIRECT  VALID UNTIL  STAGE\n"
            "a.example  pending  on        -            queued\n"
            "a.example  pending  on        2030-04-01T00:00:00Z  served\n");
}

TEST_F(HostnameCommandsTest, ListAsksForWhatIsWanted) {
  EXPECT_EQ(run_with({{200, R"({"hostnames": [], "next": null})"}},
                     {"hostname", "list", "--search", "a&b", "--contains", "--state", "ready"}),
            0);
  EXPECT_THAT(requests_,
              ElementsAre("GET /v1/hostnames?limit=1000&search=a%26b&match=contains&state=ready"));
  EXPECT_EQ(out(), "");
}

TEST_F(HostnameCommandsTest, ListAsksForUnusedHostnames) {
  EXPECT_EQ(
      run_with({{200, R"({"hostnames": [], "next": null})"}}, {"hostname", "list", "--unused"}), 0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/hostnames?limit=1000&usage=unused"));
}

TEST_F(HostnameCommandsTest, ShowPrintsThatAHostnameLeadsElsewhere) {
  const std::string gone =
      R"({"name": "a.example", "state": "ready", "absence": {)"
      R"("since": "2030-01-01T00:00:00Z", "reason": "a.example has no address", )"
      R"("unused_since": "2030-01-31T00:00:00Z"}})";
  EXPECT_EQ(run_with({{200, gone}}, {"hostname", "show", "a.example"}), 0);
  EXPECT_THAT(out(),
              testing::HasSubstr("absent since    2030-01-01T00:00:00Z\n"
                                 "  reason        a.example has no address\n"
                                 "unused since    2030-01-31T00:00:00Z\n"));
}

TEST_F(HostnameCommandsTest, ShowPrintsWhyThereIsNoSecondCertificate) {
  const std::string failing = R"({"name": "a.example", "state": "ready", "second_certificate": {)"
                              R"("stage": "waiting: no RSA", "certificate": null, "failures": 2, )"
                              R"("last_error": "no RSA", "next_attempt": null}})";
  EXPECT_EQ(run_with({{200, failing}}, {"hostname", "show", "a.example"}), 0);
  EXPECT_THAT(out(),
              testing::HasSubstr("second certificate  waiting: no RSA\n"
                                 "  failures          2\n"
                                 "  last error        no RSA\n"));
}

TEST_F(HostnameCommandsTest, ShowPrintsAllThereIs) {
  EXPECT_EQ(run_with({{200, listed("served", served_certificate)}, {200, listed("queued")}},
                     {"hostname", "show", "a.example", "bücher.example"}),
            0);
  EXPECT_THAT(requests_,
              ElementsAre("GET /v1/hostnames/a.example", "GET /v1/hostnames/b%C3%BCcher.example"));
  EXPECT_EQ(out(),
            "name            a.example\n"
            "mode            automatic\n"
            "HTTPS redirect  on\n"
            "state           pending\n"
            "stage           served\n"
            "certificate     1\n"
            "  authority     ca\n"
            "  serial        0A\n"
            "  valid from    2030-01-01T00:00:00Z\n"
            "  valid until   2030-04-01T00:00:00Z\n"
            "  renewal at    2030-03-01T00:00:00Z\n"
            "  state         served\n"
            "failures        0\n"
            "created         2030-01-01T00:00:00Z\n"
            "\n"
            "name            a.example\n"
            "mode            automatic\n"
            "HTTPS redirect  on\n"
            "state           pending\n"
            "stage           queued\n"
            "failures        0\n"
            "created         2030-01-01T00:00:00Z\n");
}

TEST_F(HostnameCommandsTest, ShowGoesOnAfterAnUnknownName) {
  EXPECT_EQ(run_with({{404, R"({"detail": "x.example is not a hostname here"})"},
                      {200, listed("queued")}},
                     {"hostname", "show", "x.example", "a.example", "-o", "json"}),
            1);
  EXPECT_EQ(err(), "acme-spoa: x.example is not a hostname here\n");
  EXPECT_TRUE(out().starts_with("{\"name\":\"a.example\""));
}

}  // namespace
}  // namespace agent
