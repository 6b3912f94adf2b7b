#include "agent/cli/config_commands.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::HasSubstr;
using testing::Not;

class HaproxyConfigTest : public CliFixture {
 protected:
  static std::string read(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  const ConfigFile config_{
      minimal_config +
      "spop: {listen: [abns@my-agent]}\n"
      "haproxy:\n"
      "  crt_list: /srv/list.txt\n"
      "  instances:\n"
      "    - {name: one, runtime: unix@/run/one.sock, verify: [127.0.0.1:443]}\n"
      "    - {name: two, runtime: unix@/run/two.sock, verify: [127.0.0.1:444]}\n"};
};

TEST_F(HaproxyConfigTest, PrintsBothFilesWithTheValuesOfTheConfiguration) {
  EXPECT_EQ(run({"haproxy-config", "--for", "2.6", "--config", config_.path()}), 0);
  EXPECT_TRUE(out().starts_with("# ===== haproxy.cfg\n"));
  for (const char* text : {"abns@my-agent",
                           "/srv/list.txt",
                           "stats socket /run/one.sock",
                           "\n# ===== /etc/haproxy/acme-spoa.spoe.conf\n",
                           "spoe-agent"}) {
    EXPECT_THAT(out(), HasSubstr(text));
  }
  EXPECT_THAT(out(), Not(HasSubstr("two.sock")));
}

TEST_F(HaproxyConfigTest, AsksForTheFrontendsNameIfOneIsLeftAlone) {
  const ConfigFile config(minimal_config + "challenges: {frontends_left_alone: [mail]}\n");
  EXPECT_EQ(run({"haproxy-config", "--for", "2.6", "--config", config.path()}), 0);
  EXPECT_THAT(out(), HasSubstr(" path=path fe_name=fe_name\n"));
}

TEST_F(HaproxyConfigTest, TakesWhatTheCommandLineSays) {
  EXPECT_EQ(run({"haproxy-config",
                 "--for",
                 "3.4",
                 "--place",
                 "frontend",
                 "--instance",
                 "two",
                 "--http",
                 "127.0.0.1:8080",
                 "--https",
                 "127.0.0.1:8443",
                 "--https",
                 "[::1]:8444",
                 "--application",
                 "127.0.0.1:9999",
                 "--config",
                 config_.path()}),
            0);
  for (const char* text : {"two.sock",
                           "bind 127.0.0.1:8080",
                           "bind 127.0.0.1:8443,[::1]:8444",
                           "127.0.0.1:9999",
                           "%[req.hdr(host),field(1,:)]:8443",
                           "filter spoe"}) {
    EXPECT_THAT(out(), HasSubstr(text));
  }
}

TEST_F(HaproxyConfigTest, WritesBothFilesIntoAFolder) {
  const std::string folder = config_.folder() + "/new/haproxy";
  EXPECT_EQ(run({"haproxy-config", "--for", "2.6", "--output", folder, "--config", config_.path()}),
            0);
  EXPECT_EQ(out(), folder + "/haproxy.cfg\n" + folder + "/acme-spoa.spoe.conf\n");
  EXPECT_THAT(read(folder + "/haproxy.cfg"), HasSubstr(folder + "/acme-spoa.spoe.conf"));
  EXPECT_THAT(read(folder + "/acme-spoa.spoe.conf"), HasSubstr("spoe-agent"));
}

TEST_F(HaproxyConfigTest, SaysWhatItCannotUse) {
  EXPECT_EQ(run({"haproxy-config", "--for", "2.6", "--instance", "x", "--config", config_.path()}),
            1);
  EXPECT_EQ(err(), "acme-spoa: --instance: the configuration has no HAProxy of that name\n");
  EXPECT_EQ(
      run({"haproxy-config", "--for", "2.6", "--application", "a b", "--config", config_.path()}),
      1);
  EXPECT_THAT(err(), HasSubstr("application address"));
  EXPECT_EQ(
      run({"haproxy-config", "--for", "2.6", "--output", "/proc/x", "--config", config_.path()}),
      1);
  EXPECT_THAT(err(), HasSubstr("/proc/x"));
}

}  // namespace
}  // namespace agent
