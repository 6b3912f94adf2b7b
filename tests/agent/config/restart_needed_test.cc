#include "agent/config/restart_needed.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RestartNeeded, NotForTheSameConfiguration) {
  EXPECT_THAT(restart_needed(Config{}, Config{}), IsEmpty());
}

TEST(RestartNeeded, NotForWhatAReloadTakesOver) {
  Config wanted;
  wanted.log.level = base::LogLevel::debug;
  wanted.issuer.orders_in_flight = 1;
  EXPECT_THAT(restart_needed(Config{}, wanted), IsEmpty());
}

TEST(RestartNeeded, NamesEveryOtherKey) {
  Config wanted;
  wanted.state_directory = "/other";
  wanted.spop = {.listen = {},
                 .unix_mode = 0,
                 .workers = 1,
                 .max_connections = 0,
                 .hello_timeout = {},
                 .idle_timeout = {},
                 .drain_timeout = {}};
  wanted.admin = {.socket = "/other", .mode = 0, .listen = base::TcpEndpoint{"127.0.0.1", 1}};
  wanted.platform.wildcard_after = 1;
  wanted.metrics.listen = base::AbstractEndpoint{"other"};
  wanted.authorities.emplace_back();
  wanted.certificates = {
      KeyType::rsa_2048, KeyType::ecdsa_p256, true, std::nullopt, std::chrono::hours(1)};
  wanted.haproxy = {.certificate_directory = "/other",
                    .crt_list = "/other",
                    .file_mode = 0,
                    .instances = {HaproxyInstanceConfig{}}};
  wanted.on_demand.emplace();
  wanted.unused.after_days = 1;
  wanted.log.format = LogFormat::json;
  EXPECT_THAT(restart_needed(Config{}, wanted),
              ElementsAre("state_directory",
                          "spop.listen",
                          "spop.unix_mode",
                          "spop.workers",
                          "spop.max_connections",
                          "spop.hello_timeout",
                          "spop.idle_timeout",
                          "spop.drain_timeout",
                          "admin.socket",
                          "admin.mode",
                          "admin.listen",
                          "platform",
                          "metrics.listen",
                          "authorities",
                          "certificates.key_type",
                          "certificates.key_types",
                          "certificates.reuse_key",
                          "certificates.names_per_certificate",
                          "certificates.longest_backlog",
                          "haproxy.certificate_directory",
                          "haproxy.crt_list",
                          "haproxy.file_mode",
                          "haproxy.instances",
                          "on_demand",
                          "unused",
                          "log.format"));
}

}  // namespace
}  // namespace agent
