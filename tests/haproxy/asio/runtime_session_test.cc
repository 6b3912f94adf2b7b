#include "haproxy/asio/runtime_session.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/haproxy/asio/await.h"
#include "tests/haproxy/runtime_fixtures.h"

namespace haproxy {
namespace {

namespace asio = base::asio;
using test::certificate_name;
using ::testing::HasSubstr;

constexpr std::string_view info_reply = "Version: 2.6.12\nPid: 7\nUptime_sec: 1\nStopping: 0\n\n> ";

enum class Ending { waits, closes };

/// Plays HAProxy for one connection: sends one reply for each command that arrives.
struct Script {
  std::vector<std::string> replies;  ///< to prompt, show info, show ssl cert, and so on
  Ending ending = Ending::waits;     ///< after the last of them
  bool bytewise = false;
  std::string unasked = {};  ///< sent after the last reply, once the gate opens
};

/// Where a script waits for the test.
struct Gate {
  explicit Gate(asio::io_context& context)
      : timer(context, asio::steady_timer::time_point::max()) {}
  asio::steady_timer timer;
  bool passed = false;
};

Script session_start(std::vector<std::string> further, Ending ending = Ending::waits) {
  Script script{{"\n> ", std::string(info_reply), "\n> "}, ending};
  for (std::string& reply : further) script.replies.push_back(std::move(reply));
  return script;
}

using Local = asio::local::stream_protocol;

asio::awaitable<void> play(Local::acceptor& acceptor, Script script, Gate& gate) {
  boost::system::error_code ec;
  Local::socket socket(acceptor.get_executor());
  co_await acceptor.async_accept(socket, base::into(ec));
  std::string input;
  for (const std::string& reply : script.replies) {
    auto buffer = asio::dynamic_buffer(input);
    std::size_t n = co_await asio::async_read_until(socket, buffer, '\n', base::into(ec));
    if (input.substr(0, n).ends_with("<<\n"))
      n = co_await asio::async_read_until(socket, buffer, "\n\n", base::into(ec));
    if (ec) co_return;
    input.erase(0, n);
    const std::size_t piece = script.bytewise ? 1 : reply.size();
    for (std::size_t at = 0; at < reply.size(); at += piece) {
      const auto output = asio::buffer(reply.data() + at, piece);
      co_await asio::async_write(socket, output, base::into(ec));
    }
  }
  if (!script.unasked.empty()) {
    co_await gate.timer.async_wait(base::into(ec));
    const auto output = asio::buffer(script.unasked);
    co_await asio::async_write(socket, output, base::into(ec));
    gate.passed = true;
  }
  char ignored = 0;
  const auto rest = asio::buffer(&ignored, 1);
  while (script.ending == Ending::waits && !ec)
    co_await socket.async_read_some(rest, base::into(ec));
}

const CertificateName f = certificate_name("/d/F.pem");

class RuntimeSessionOverAScript : public ::testing::Test {
 protected:
  RuntimeSessionOverAScript() : acceptor_(context_, Local::endpoint(folder_.path("socket"))) {}

  RuntimeSession::Opened open(Script script) {
    asio::co_spawn(
        context_, play(acceptor_, std::move(script), gate_), base::log_failure(log_, "script"));
    return test::await(context_,
                       RuntimeSession::open(context_.get_executor(), endpoint_, options_));
  }
  base::Result<Reply, RuntimeError> run(RuntimeSession& session, Command command) {
    return test::await(context_, session.run(std::move(command)));
  }

  /// Of a command that waits for the rest of its reply when the session is closed.
  asio::awaitable<base::Result<Reply, RuntimeError>> interrupted(RuntimeSession& session) {
    asio::steady_timer soon(context_, std::chrono::milliseconds(20));
    soon.async_wait([&session](const boost::system::error_code&) { session.close(); });
    Command abort = AbortCertificate{f};
    co_return co_await session.run(std::move(abort));
  }

  test::TempFolder folder_;
  base::Endpoint endpoint_ = base::UnixEndpoint{folder_.path("socket")};
  RuntimeSessionOptions options_{
      std::chrono::milliseconds(5000), std::chrono::milliseconds(5000), {}};
  base::NullLog log_;
  asio::io_context context_{1};
  Local::acceptor acceptor_;
  Gate gate_{context_};
};

TEST_F(RuntimeSessionOverAScript, StartsWithPromptAndKnowsTheProcess) {
  const auto session = open(session_start({}));
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_EQ((*session)->process().pid, 7);
  EXPECT_TRUE((*session)->is_open());
}

TEST_F(RuntimeSessionOverAScript, MatchesRepliesThatArriveByteByByte) {
  Script script = session_start(
      {"New empty certificate store '/d/F.pem'!\n\n> ", "No ongoing transaction!\n\n> "});
  script.bytewise = true;
  const auto session = open(script);
  ASSERT_TRUE(session) << session.error().message();
  EXPECT_TRUE(run(**session, NewCertificate{f}));
  EXPECT_EQ(run(**session, AbortCertificate{f}).error().code, Errc::no_transaction);
  EXPECT_TRUE((*session)->is_open());
}

TEST_F(RuntimeSessionOverAScript, ClosesOnATextThatIsNoOutcomeOfTheCommand) {
  const auto session = open(session_start({"New empty certificate store '/d/G.pem'!\n\n> "}));
  EXPECT_EQ(run(**session, NewCertificate{f}).error().code, Errc::unexpected_reply);
  EXPECT_FALSE((*session)->is_open());
  const auto after = run(**session, ShowInfo{});
  EXPECT_EQ(after.error().code, Errc::connection_closed);
  EXPECT_EQ(after.error().command, "show info");
}

TEST_F(RuntimeSessionOverAScript, ClosesOnBytesThatNobodyAskedFor) {
  const auto session = open(session_start({"No ongoing transaction!\n\n> late\n\n> "}));
  EXPECT_EQ(run(**session, AbortCertificate{f}).error().code, Errc::protocol_error);
  EXPECT_FALSE((*session)->is_open());
}

TEST_F(RuntimeSessionOverAScript, ClosesOnBytesThatCameBetweenTwoCommands) {
  Script script = session_start({"No ongoing transaction!\n\n> "});
  script.unasked = "late\n\n> ";
  const auto session = open(script);
  EXPECT_EQ(run(**session, AbortCertificate{f}).error().code, Errc::no_transaction);
  gate_.timer.expires_at(asio::steady_timer::time_point::min());
  while (!gate_.passed) context_.run_one();
  EXPECT_EQ(run(**session, AbortCertificate{f}).error().code, Errc::protocol_error);
  EXPECT_FALSE((*session)->is_open());
}

TEST_F(RuntimeSessionOverAScript, ReportsTheLastWordsOfAConnectionThatCloses) {
  const auto session = open(session_start({"The payload is too"}, Ending::closes));
  const auto reply = run(**session, AbortCertificate{f});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::connection_closed);
  EXPECT_THAT(reply.error().detail, HasSubstr("The payload is too"));
  EXPECT_FALSE((*session)->is_open());
}

TEST_F(RuntimeSessionOverAScript, GivesUpOnAReplyThatDoesNotCome) {
  options_.command_timeout = std::chrono::milliseconds(30);
  const auto session = open(session_start({"half a reply"}));
  const auto reply = run(**session, AbortCertificate{f});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Errc::timeout);
  EXPECT_FALSE((*session)->is_open());
}

TEST_F(RuntimeSessionOverAScript, GivesUpOnASocketThatAcceptsAndSaysNothing) {
  options_.command_timeout = std::chrono::milliseconds(30);
  const auto session = open({});
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::timeout);
  EXPECT_EQ(session.error().command, "prompt");
}

TEST_F(RuntimeSessionOverAScript, SendsNothingThatWouldNotFit) {
  options_.tuning.bufsize = 1000;
  const auto session = open(session_start({}));
  const PemBundle pem = test::pem("bundle.pem");
  Command set = SetCertificate{f, pem};
  EXPECT_EQ(run(**session, std::move(set)).error().code, Errc::over_limit);
  EXPECT_TRUE((*session)->is_open());
}

TEST_F(RuntimeSessionOverAScript, RunsASequenceToItsEnd) {
  const auto session =
      open(session_start({"+ + Transaction created for certificate /d/F.pem!\n\n> ",
                          "Can't commit the certificate!\nOperations on certificates are "
                          "currently locked!\n\n> ",
                          "Committing /d/F.pem.\nSuccess!\n\n> "}));
  auto renew = std::make_unique<RenewCertificate>(f, test::pem("bundle.pem"));
  const auto done = test::await(context_, (*session)->run(std::move(renew)));
  EXPECT_TRUE(done) << done.error().message();
}

TEST_F(RuntimeSessionOverAScript, RunsSequencesUpToTheFirstThatFails) {
  const std::string set = "Transaction updated for certificate /d/F.pem!\n\n> ";
  const auto session = open(
      session_start({set, "Committing /d/F.pem.\nSuccess!\n\n> ", set, "half"}, Ending::closes));
  ASSERT_TRUE(session) << session.error().message();
  RuntimeSession::Sequences three;
  for (int i = 0; i < 3; ++i) {
    three.push_back(std::make_unique<RenewCertificate>(f, test::pem("bundle.pem")));
  }
  std::vector<std::size_t> succeeded;
  const auto note = [&](std::size_t index, std::chrono::nanoseconds) {
    succeeded.push_back(index);
  };
  const auto done = test::await(context_, (*session)->run(std::move(three), note));
  EXPECT_EQ(succeeded, std::vector<std::size_t>{0});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().command, "commit ssl cert /d/F.pem");
}

TEST_F(RuntimeSessionOverAScript, GivesUpACommandThatItsEndInterrupts) {
  options_.command_timeout = std::chrono::minutes(5);
  auto session = open(session_start({"half a reply"}));
  ASSERT_TRUE(session) << session.error().message();
  const auto reply = test::await(context_, interrupted(**session));
  EXPECT_EQ(reply.error().code, Errc::connection_closed);
}

TEST_F(RuntimeSessionOverAScript, RefusesAProcessThatIsBeingRetired) {
  const auto session =
      open({{"\n> ", "Version: 2.6.12\nPid: 7\nUptime_sec: 1\nStopping: 1\n\n> "}, Ending::waits});
  EXPECT_EQ(session.error().code, Errc::process_stopping);
}

TEST_F(RuntimeSessionOverAScript, SaysWhereNobodyListens) {
  const base::Endpoint nowhere = base::UnixEndpoint{folder_.path("nowhere")};
  const auto session =
      test::await(context_, RuntimeSession::open(context_.get_executor(), nowhere, options_));
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, Errc::connection_closed);
  EXPECT_THAT(session.error().detail, HasSubstr(folder_.path("nowhere")));
}

}  // namespace
}  // namespace haproxy
