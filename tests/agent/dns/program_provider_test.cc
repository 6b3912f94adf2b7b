#include "agent/dns/program_provider.h"

#include <filesystem>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_resolver.h"
#include "tests/haproxy/test_process.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using haproxy::test::read_file;
using haproxy::test::write_file;
using test::name;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const std::string value = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP-_";

TxtRecord any() {
  return {.fqdn = name("_acme-challenge.a.example.test"),
          .value = value,
          .challenge = {.domain = "a.example.test",
                        .token = "token-token-token-token",
                        .key_authorization = "token-token-token-token.thumbprint"}};
}

/// Whether the process is over, at once or soon; nobody may have reaped it yet.
bool ends(pid_t process) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (fd < 0) return errno == ESRCH;
  pollfd ended{.fd = fd, .events = POLLIN, .revents = 0};
  const bool over = ::poll(&ended, 1, 10'000) == 1;
  ::close(fd);
  return over;
}

class ProgramProviderTest : public testing::Test {
 protected:
  std::string script(const std::string& file, const std::string& text) {
    const std::string path = folder_.path(file);
    write_file(path, "#!/bin/sh\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  /// A program that appends its arguments and what it finds of ours to `log`.
  std::string recorder(const std::string& file = "hook") {
    return script(file,
                  "for a in \"$@\"; do echo \"arg=$a\"; done >>" + log_ +
                      "\nenv | grep -E '^(ACME|CERTBOT)_' | sort >>" + log_ + "\n");
  }
  void open(ProgramOptions options) { provider_.emplace(std::move(options)); }
  DnsProvider::Outcome add(const TxtRecord& record = any()) {
    return test::run(loop_, provider_->add(record));
  }
  DnsProvider::Outcome remove(const TxtRecord& record = any()) {
    return test::run(loop_, provider_->remove(record));
  }
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    std::istringstream text(read_file(log_));
    for (std::string line; std::getline(text, line);) all.push_back(line);
    std::filesystem::remove(log_);
    return all;
  }

  base::asio::io_context loop_{1};
  haproxy::test::TempFolder folder_;
  const std::string log_ = folder_.path("log");
  std::optional<ProgramProvider> provider_;
};

TEST_F(ProgramProviderTest, CallsAsLegoDoes) {
  open({.program = recorder()});
  ASSERT_TRUE(add());
  EXPECT_THAT(lines(),
              ElementsAre("arg=present",
                          "arg=_acme-challenge.a.example.test.",
                          "arg=" + value,
                          "ACME_DOMAIN=a.example.test",
                          "ACME_FQDN=_acme-challenge.a.example.test.",
                          "ACME_KEYAUTH=token-token-token-token.thumbprint",
                          "ACME_TOKEN=token-token-token-token",
                          "ACME_VALUE=" + value));
  ASSERT_TRUE(remove());
  EXPECT_EQ(lines().at(0), "arg=cleanup");
}

TEST_F(ProgramProviderTest, CallsAsLegoDoesInRawMode) {
  open({.dialect = HookDialect::lego_raw, .program = recorder()});
  ASSERT_TRUE(add());
  auto seen = lines();
  seen.resize(5);
  EXPECT_THAT(seen,
              ElementsAre("arg=present",
                          "arg=--",
                          "arg=a.example.test",
                          "arg=token-token-token-token",
                          "arg=token-token-token-token.thumbprint"));
}

TEST_F(ProgramProviderTest, CallsAsDehydratedDoes) {
  open({.dialect = HookDialect::dehydrated, .program = recorder()});
  ASSERT_TRUE(add());
  auto seen = lines();
  seen.resize(4);
  EXPECT_THAT(seen,
              ElementsAre("arg=deploy_challenge",
                          "arg=a.example.test",
                          "arg=token-token-token-token",
                          "arg=" + value));
  ASSERT_TRUE(remove());
  EXPECT_EQ(lines().at(0), "arg=clean_challenge");
}

TEST_F(ProgramProviderTest, CallsAsCertbotDoesAndHandsTheOutputOn) {
  open({.dialect = HookDialect::certbot,
        .program = script("auth", "echo record 17\n"),
        .cleanup_program = recorder("cleanup")});
  ASSERT_TRUE(add());
  ASSERT_TRUE(remove());
  const auto seen = lines();
  EXPECT_THAT(seen, Contains("CERTBOT_DOMAIN=a.example.test"));
  EXPECT_THAT(seen, Contains("CERTBOT_IDENTIFIER=a.example.test"));
  EXPECT_THAT(seen, Contains("CERTBOT_VALIDATION=" + value));
  EXPECT_THAT(seen, Contains("CERTBOT_AUTH_OUTPUT=record 17"));
}

TEST_F(ProgramProviderTest, TheDomainIsThatOfTheNameIfNobodySays) {
  open({.dialect = HookDialect::dehydrated, .program = recorder()});
  ASSERT_TRUE(add({.fqdn = name("_label._acme-challenge.a.example.test"), .value = value}));
  EXPECT_EQ(lines().at(1), "arg=a.example.test");
}

TEST_F(ProgramProviderTest, SaysHowItEndedAndItsLastLine) {
  open({.program = script("hook", "echo first >&2; echo 'no such zone' >&2; echo out; exit 3\n")});
  EXPECT_EQ(
      add().error(),
      (DnsError{DnsErrc::transient, folder_.path("hook") + " ended with status 3: no such zone"}));
  open({.program = script("quiet", "echo only here; kill -TERM $$\n")});
  EXPECT_THAT(add().error().message, EndsWith("was killed by signal 15: only here"));
}

TEST_F(ProgramProviderTest, AProgramThatHangsIsKilledWithItsChildren) {
  open({.program = script("hook", "sleep 1000 & echo $! >" + log_ + "; wait\n"), .timeout = 300ms});
  const auto outcome = add();
  EXPECT_EQ(outcome.error().code, DnsErrc::transient);
  EXPECT_THAT(outcome.error().message, EndsWith("was killed: it did not end within 300 ms"));
  EXPECT_TRUE(ends(std::stoi(lines().at(0))));
}

TEST_F(ProgramProviderTest, AFloodOfOutputIsCutAndDoesNotHangTheProgram) {
  const std::string hook =
      script("hook", "head -c 3000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero >&2\n");
  Command command{.arguments = {hook}};
  const auto end = test::run(loop_, run_program(command));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->cause, ProgramEnd::Cause::exited);
  EXPECT_EQ(end->number, 0);
  EXPECT_EQ(end->output, std::string(max_program_output, 'x'));
  EXPECT_EQ(end->errors.size(), max_program_output);
}

TEST_F(ProgramProviderTest, DoesNotWaitForAChildThatLivesOn) {
  open({.program = script("hook", "sleep 20 & echo $! >" + log_ + "\n")});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(add());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  ::kill(std::stoi(lines().at(0)), SIGKILL);
}

TEST_F(ProgramProviderTest, TheProgramHasNoDescriptorOfOurs) {
  const int ours = ::open("/dev/null", O_RDONLY);  // not even one that forgot O_CLOEXEC
  open({.program = script("hook", "ls /proc/self/fd >" + log_ + "\n")});
  ASSERT_TRUE(add());
  ::close(ours);
  EXPECT_THAT(lines(), ElementsAre("0", "1", "2", "3"));  // 3 is ls reading the folder
}

TEST_F(ProgramProviderTest, AProgramThatCannotBeStartedIsAConfigurationProblem) {
  open({.program = folder_.path("absent")});
  EXPECT_EQ(add().error().code, DnsErrc::configuration);
  EXPECT_THAT(add().error().message, HasSubstr("absent cannot be started: No such file"));
}

TEST_F(ProgramProviderTest, GivesNoValueToAProgramThatItCouldMisread) {
  open({.program = recorder()});
  for (const char* text : {"$(id)", "a\nb", "`x`", "a\"b", "a|b", "a>b"}) {
    TxtRecord record = any();
    record.value = text;
    EXPECT_EQ(add(record).error().code, DnsErrc::configuration) << text;
  }
  TxtRecord record = any();
  record.challenge.domain = "-rf";
  EXPECT_EQ(add(record).error().code, DnsErrc::configuration);
  record = any();
  record.fqdn = dns::Name::from_wire(std::as_bytes(std::span("\3a;b", 4))).value();
  EXPECT_EQ(add(record).error().code, DnsErrc::configuration);
  EXPECT_FALSE(std::filesystem::exists(log_));
}

base::asio::awaitable<void> add_one(DnsProvider& provider) {
  co_await provider.add(any());
}

TEST_F(ProgramProviderTest, RunsOneAtATime) {
  const std::string lock = folder_.path("lock");
  open({.program = script("hook",
                          "mkdir " + lock + " || exit 1\nsleep 0.02\nrmdir " + lock +
                              "\necho done >>" + log_ + "\n")});
  for (int i = 0; i < 5; ++i) {
    base::asio::co_spawn(loop_, add_one(*provider_), [](const std::exception_ptr& failure) {
      EXPECT_FALSE(failure);
    });
  }
  loop_.run_for(30s);
  EXPECT_EQ(lines().size(), 5U);
}

}  // namespace
}  // namespace agent
