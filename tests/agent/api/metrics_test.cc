#include "agent/api/metrics.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/store/temporary_folder.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// One of everything there is to tell.
std::string render_everything() {
  Metrics metrics("1.2.3");
  metrics.certificate_issued("ca", 1500ms);
  metrics.order_failed("ca", "rate limited");
  metrics.renewal_checked("ca");
  metrics.renewal_checked("ca");
  metrics.renewal_check_failed("ca", "timeout");
  metrics.certificate_served(20ms);
  metrics.runtime_command_failed("edge", "timeout");
  metrics.configuration_reloaded(Metrics::Reload::refused);
  Figures figures;
  figures.instances = {{.name = "edge", .connected = true, .in_sync = false, .certificates = 3}};
  figures.spop.disconnects_sent[14] = 5;
  figures.answers.tls_status.of(CertState::ready) = 6;
  figures.on_demand = OnDemandFigures{.denied = 7, .dropped_workers = 8, .waiting = 9};
  return metrics.render(figures,
                        {.hostnames = HostnameCounts{.second_failing = 2, .unused = 4},
                         .certificates = ExpiryCounts{}});
}

TEST(Metrics, TellWhatWasCounted) {
  const std::string text = render_everything();
  for (const char* line : {
           "acme_spoa_certificates_issued_total{authority=\"ca\"} 1\n",
           "acme_spoa_issuance_duration_seconds_bucket{authority=\"ca\",le=\"1\"} 0\n",
           "acme_spoa_issuance_duration_seconds_bucket{authority=\"ca\",le=\"2\"} 1\n",
           "acme_spoa_orders_failed_total{authority=\"ca\",error=\"rate limited\"} 1\n",
           "acme_spoa_renewal_checks_total{authority=\"ca\"} 2\n",
           "acme_spoa_renewal_check_failures_total{authority=\"ca\",error=\"timeout\"} 1\n",
           "acme_spoa_certificates_served_total 1\n",
           "acme_spoa_second_certificates_failing 2\n",
           "acme_spoa_hostnames_unused 4\n",
           "acme_spoa_deployment_duration_seconds_count 1\n",
           "acme_spoa_haproxy_command_failures_total{error=\"timeout\",instance=\"edge\"} 1\n",
           "acme_spoa_configuration_reloads_total{outcome=\"refused\"} 1\n",
           "acme_spoa_configuration_reloads_total{outcome=\"taken_over\"} 0\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, TellWhatTheComponentsSay) {
  const std::string text = render_everything();
  for (const char* line : {
           "acme_spoa_haproxy_up{instance=\"edge\"} 1\n",
           "acme_spoa_haproxy_in_sync{instance=\"edge\"} 0\n",
           "acme_spoa_haproxy_certificates{instance=\"edge\"} 3\n",
           "acme_spoa_spop_disconnects_sent_total{status=\"99\"} 5\n",
           "acme_spoa_spop_disconnects_sent_total{status=\"other\"} 0\n",
           "acme_spoa_on_demand_asks_total{answer=\"no\"} 7\n",
           "acme_spoa_on_demand_dropped_total{where=\"workers\"} 8\n",
           "acme_spoa_on_demand_waiting 9\n",
           "acme_spoa_status_answers_total{message=\"tls-status\",state=\"ready\"} 6\n",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Metrics, LeaveOutWhatTheStoreDidNotTell) {
  const std::string text = Metrics("1").render({}, {});
  EXPECT_THAT(text, HasSubstr("acme_spoa_store_up 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("acme_spoa_hostnames")));
  EXPECT_THAT(text, Not(HasSubstr("acme_spoa_certificates_expiring")));
  EXPECT_THAT(text, Not(HasSubstr("acme_spoa_on_demand")));
}

TEST(Metrics, AreFreeOfPromtoolsComplaints) {
  TemporaryFolder folder;
  std::ofstream(folder / "metrics") << render_everything();
  const std::string command = "promtool check metrics < '" + (folder / "metrics") + "' > '" +
                              (folder / "complaints") + "' 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
  std::stringstream complaints;
  complaints << std::ifstream(folder / "complaints").rdbuf();
  EXPECT_EQ(complaints.str(), "");
}

TEST(Metrics, BeginWithTheNameOfTheProgram) {
  const std::string text = render_everything();
  const std::regex type("# TYPE ([a-z_]+) ([a-z]+)\n");
  std::size_t families = 0;
  for (std::sregex_iterator match(text.begin(), text.end(), type), end; match != end; ++match) {
    ++families;
    const std::string name = (*match)[1];
    EXPECT_TRUE(name.starts_with("acme_spoa_")) << name;
    EXPECT_EQ(name.ends_with("_total"), (*match)[2] == "counter") << name;
  }
  EXPECT_GT(families, 30u);
}

TEST(ExpiryCounts, CountACertificateInEveryBucketThatReachesIt) {
  const base::WallTime now = std::chrono::sys_days{2030y / 1 / 1};
  ExpiryCounts counts;
  counts.count(now, now);
  counts.count(now + 24h, now);
  counts.count(now + 24h + 1ms, now);
  counts.count(now + 31 * 24h, now);
  EXPECT_EQ(counts.total, 4u);
  EXPECT_THAT(counts.within, testing::ElementsAre(1, 2, 3, 3, 3, 3));
}

}  // namespace
}  // namespace agent
