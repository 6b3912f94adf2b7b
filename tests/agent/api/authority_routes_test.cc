#include "agent/api/authority_routes.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class AuthorityRoutesTest : public ApiFixture {
 protected:
  AuthorityRoutesTest() {
    figures_.values.authorities = {{.name = "first",
                                    .directory_url = "https://ca.example/dir",
                                    .account_url = "https://ca.example/account/1",
                                    .thumbprint = "abc",
                                    .breaker = "open",
                                    .trouble = "the connection broke",
                                    .orders_suspended = 3},
                                   {.name = "second", .breaker = "closed", .orders_running = 2}};
    figures_.values.paces = {{.server = "https://ca.example",
                              .endpoint = "newOrder",
                              .waiting = 4,
                              .delayed = 7,
                              .waited = std::chrono::milliseconds(2'500),
                              .refused = 1}};
  }
};

TEST_F(AuthorityRoutesTest, ListsThemInTheOrderOfFailOver) {
  const json all = json::parse(get("/v1/authorities").body)["authorities"];
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["name"], "first");
  EXPECT_EQ(all[0]["account"], "https://ca.example/account/1");
  EXPECT_EQ(all[0]["thumbprint"], "abc");
  EXPECT_EQ(all[0]["breaker"], "open");
  EXPECT_EQ(all[0]["trouble"], "the connection broke");
  EXPECT_EQ(all[0]["orders_suspended"], 3);
  EXPECT_EQ(all[1]["account"], nullptr) << "not registered yet";
  EXPECT_EQ(all[1]["trouble"], nullptr);
}

TEST_F(AuthorityRoutesTest, MetricsShowHowLongRequestsHaveWaited) {
  const std::string metrics = get("/metrics").body;
  const std::string labels = "{server=\"https://ca.example\",endpoint=\"newOrder\"} ";
  EXPECT_THAT(metrics, HasSubstr("acme_spoa_authority_requests_waiting" + labels + "4\n"));
  EXPECT_THAT(metrics, HasSubstr("acme_spoa_authority_requests_delayed_total" + labels + "7\n"));
  EXPECT_THAT(metrics,
              HasSubstr("acme_spoa_authority_request_delay_seconds_total" + labels + "2.5\n"));
  EXPECT_THAT(metrics, HasSubstr("acme_spoa_authority_requests_refused_total" + labels + "1\n"));
}

TEST_F(AuthorityRoutesTest, MetricsShowEachOne) {
  const std::string metrics = get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("acme_spoa_authority_available{authority=\"first\"} 0\n"));
  EXPECT_THAT(metrics, HasSubstr("acme_spoa_authority_available{authority=\"second\"} 1\n"));
  EXPECT_THAT(metrics,
              HasSubstr("acme_spoa_authority_breaker{authority=\"first\",state=\"open\"} 1\n"));
  EXPECT_THAT(metrics,
              HasSubstr("acme_spoa_authority_orders{authority=\"second\",state=\"running\"} 2\n"));
}

}  // namespace
}  // namespace agent
