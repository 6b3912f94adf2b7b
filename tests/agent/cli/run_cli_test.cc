#include "agent/cli/run_cli.h"

#include <cstdlib>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using RunCliTest = CliFixture;

TEST_F(RunCliTest, PrintsTheVersion) {
  EXPECT_EQ(run({"version"}), 0);
  EXPECT_EQ(out(), "acme-spoa 1.2.3\n");
}

TEST_F(RunCliTest, HelpsWithEveryCommand) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"serve"},
                                                          {"check"},
                                                          {"version"},
                                                          {"haproxy-config"},
                                                          {"hostname"},
                                                          {"hostname", "add"},
                                                          {"hostname", "remove"},
                                                          {"hostname", "list"},
                                                          {"hostname", "show"},
                                                          {"certificate"},
                                                          {"certificate", "list"},
                                                          {"certificate", "show"},
                                                          {"certificate", "renew"}};
  for (std::vector<std::string> command : commands) {
    command.emplace_back("--help");
    EXPECT_EQ(run(command), 0);
    EXPECT_THAT(out(), HasSubstr("Usage: acme-spoa"));
    EXPECT_EQ(err(), "");
  }
}

TEST_F(RunCliTest, DocumentsTheExitStatuses) {
  EXPECT_EQ(run({"--help"}), 0);
  for (const char* line : {"  0  done",
                           "  1  wrong input",
                           "  2  the command line",
                           "  3  the daemon",
                           "  4  the daemon could not"}) {
    EXPECT_THAT(out(), HasSubstr(line));
  }
}

TEST_F(RunCliTest, RefusesAWrongCommandLineWithStatus2) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"nonsense"},
      {"hostname"},
      {"hostname", "add"},
      {"hostname", "remove"},
      {"hostname", "show"},
      {"hostname", "add", "a.example", "--nonsense"},
      {"hostname", "add", "a.example", "-o", "xml"},
      {"hostname", "add", "a.example", "--timeout", "1m"},
      {"hostname", "add", "a.example", "--wait", "--timeout", "60"},
      {"hostname", "add", "a.example", "--wait", "--timeout", "25h"},
      {"hostname", "list", "--state", "none"},
      {"hostname", "list", "--contains"},
      {"certificate", "renew"},
      {"certificate", "list", "--state", "new"},
      {"haproxy-config"},
      {"haproxy-config", "--for", "1.8"},
      {"haproxy-config", "--for", "2.6", "--place", "listen"},
      {"check", "a", "b"}};
  for (const auto& arguments : wrong) {
    EXPECT_EQ(run(arguments), 2) << testing::PrintToString(arguments);
    EXPECT_EQ(out(), "");
    EXPECT_NE(err(), "");
  }
}

TEST_F(RunCliTest, ChecksAGoodConfiguration) {
  const ConfigFile file(minimal_config);
  EXPECT_EQ(run({"check", file.path()}), 0);
  EXPECT_EQ(
      out(),
      file.path() +
          ": ok\n"
          "  authority  ca, https://ca.example/dir\n"
          "  spop       abns@acme-spoa\n"
          "  state      /var/lib/acme-spoa\n"
          "  haproxy    haproxy at unix@/run/haproxy/admin.sock, verified at 127.0.0.1:443\n");
  const std::string by_position = out();
  EXPECT_EQ(run({"check", "--config", file.path()}), 0);
  EXPECT_EQ(out(), by_position);
}

TEST_F(RunCliTest, PrintsEveryProblemOfABadConfiguration) {
  const ConfigFile file(minimal_config + "spop: {workers: x}\nlog: {level: x}\n");
  for (const auto& arguments :
       {std::vector<std::string>{"check", file.path()},
        std::vector<std::string>{"serve", "--config", file.path()},
        std::vector<std::string>{"hostname", "list", "--config", file.path()}}) {
    EXPECT_EQ(run(arguments), 1);
    EXPECT_THAT(err(), HasSubstr(file.path() + ":5:17: spop.workers: \"x\" is no whole number"));
    EXPECT_THAT(err(), HasSubstr(file.path() + ":6:14: log.level: \"x\" is none of them"));
    EXPECT_EQ(out(), "");
  }
}

TEST_F(RunCliTest, SaysThatAConfigurationIsNotThere) {
  EXPECT_EQ(run({"check", "/nonexistent/file"}), 1);
  EXPECT_EQ(err(), "/nonexistent/file: cannot be read: No such file or directory\n");
}

TEST_F(RunCliTest, TakesTheConfigurationFromTheEnvironment) {
  const ConfigFile file(minimal_config);
  ::setenv("ACME_SPOA_CONFIG", file.path().c_str(), 1);
  EXPECT_EQ(run({"check"}), 0);
  ::unsetenv("ACME_SPOA_CONFIG");
  EXPECT_THAT(out(), HasSubstr(file.path() + ": ok"));
}

TEST_F(RunCliTest, ServesWithTheConfigurationItHasRead) {
  const ConfigFile file(minimal_config);
  std::vector<std::string> served;
  hooks_.serve = [&](const std::string& config_file, Config config) {
    served = {config_file, config.authorities.at(0).name};
    return 7;
  };
  EXPECT_EQ(run({"serve", "--config", file.path()}), 7);
  EXPECT_THAT(served, ElementsAre(file.path(), "ca"));
}

TEST_F(RunCliTest, SaysWhyTheDaemonCannotStart) {
  const ConfigFile file(minimal_config);
  hooks_.serve = [](const std::string&, const Config&) -> int {
    throw std::runtime_error("spop.listen: address in use");
  };
  EXPECT_EQ(run({"serve", "--config", file.path()}), 1);
  EXPECT_EQ(err(), "acme-spoa: spop.listen: address in use\n");
}

TEST_F(RunCliTest, SaysThatTheDaemonCannotBeReachedWithStatus3) {
  const ConfigFile file(minimal_config + "admin: {socket: /nonexistent/admin.sock}\n");
  EXPECT_EQ(run({"hostname", "list", "--config", file.path()}), 3);
  EXPECT_EQ(err(),
            "acme-spoa: cannot reach acme-spoa at /nonexistent/admin.sock: No such file or "
            "directory\n");
}

TEST_F(RunCliTest, FindsTheDaemonByItsConfiguration) {
  ScriptedDaemon daemon({{200, R"({"hostnames": [], "next": null})"}});
  const ConfigFile file(minimal_config + "admin: {socket: " + daemon.socket() + "}\n");
  EXPECT_EQ(run({"hostname", "list", "--config", file.path()}), 0);
  EXPECT_THAT(daemon.requests(), ElementsAre("GET /v1/hostnames?limit=1000"));
}

TEST_F(RunCliTest, DoesNotTakeAPartialAnswerForOne) {
  EXPECT_EQ(run_with({}, {"hostname", "list"}), 3);
  EXPECT_EQ(run_with({{200, "no JSON"}}, {"hostname", "list"}), 4);
}

TEST_F(RunCliTest, SaysThatItsOutputIsLost) {
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(run({"version"}), 4);
  EXPECT_EQ(err(), "acme-spoa: the output could not be written\n");
}

}  // namespace
}  // namespace agent
