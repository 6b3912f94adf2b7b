#include "agent/cli/doctor.h"

#include <ctime>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"
#include "tests/fakes/http_server.h"
#include "tests/fakes/loopback_server.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Matcher;

Matcher<Finding> is(Verdict verdict, const std::string& text) {
  return testing::AllOf(Field(&Finding::verdict, verdict), Field(&Finding::text, HasSubstr(text)));
}

std::string answer(const std::string& status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class DoctorTest : public CliFixture {
 protected:
  /// Of an authority whose clock says this.
  Findings authority_at(const std::string& date, const std::string& body) {
    const fakes::HttpServer server([&](const fakes::HttpRequestText&) {
      return answer("200 OK", "Date: " + date + "\r\n", body);
    });
    return check_authority({.name = "ca", .directory = server.url("/dir")}, now_);
  }
  /// Of a HAProxy that says this when it is asked for the level.
  Findings runtime_api_that_says(const std::string& text) {
    std::string asked;
    const fakes::LoopbackServer server([&](int fd) {
      char bytes[256];
      const auto n = ::read(fd, bytes, sizeof bytes);
      asked.assign(bytes, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(text.size()));
    });
    HaproxyInstanceConfig instance{.name = "edge"};
    instance.runtime = base::TcpEndpoint{"127.0.0.1", server.port()};
    Findings findings = check_runtime_api(instance);
    EXPECT_EQ(asked, "show cli level\n");
    return findings;
  }
  Findings hostname_that_answers(const std::string& text) {
    const fakes::HttpServer server([&](const fakes::HttpRequestText&) { return text; });
    const std::string url = server.url("");
    return check_hostname("127.0.0.1",
                          static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1))));
  }

  const base::WallTime now_ = base::WallTime(1'900'000'000s);  // Tue, 17 Mar 2030 17:46:40 GMT
  const std::string directory_ = R"({"newOrder": "https://ca.example/order"})";
};

TEST_F(DoctorTest, AnAuthorityThatAnswersAndWhoseClockAgreesIsFine) {
  EXPECT_THAT(
      authority_at("Sun, 17 Mar 2030 17:46:30 GMT", directory_),
      ElementsAre(is(Verdict::fine, "directory is reached"), is(Verdict::fine, "clocks agree")));
}

TEST_F(DoctorTest, AClockThatIsWrongIsNamedWithHowMuch) {
  EXPECT_THAT(authority_at("Sun, 17 Mar 2030 17:45:00 GMT", directory_)[1],
              is(Verdict::warning, "100 s ahead of the authority's"));
  EXPECT_THAT(authority_at("Sun, 17 Mar 2030 18:46:40 GMT", directory_)[1],
              is(Verdict::problem, "3600 s behind the authority's"));
}

TEST_F(DoctorTest, AnotherPageIsNoDirectory) {
  EXPECT_THAT(authority_at("Sun, 17 Mar 2030 17:46:30 GMT", "<html>"),
              ElementsAre(is(Verdict::problem, "is no ACME directory")));
}

TEST_F(DoctorTest, AnAuthorityThatIsNotReachedIsAProblem) {
  const fakes::ClosedPort port;
  const std::string url = "https://127.0.0.1:" + std::to_string(port.port()) + "/dir";
  EXPECT_THAT(check_authority({.name = "ca", .directory = url}, now_),
              ElementsAre(is(Verdict::problem, "is not reached")));
}

TEST_F(DoctorTest, TheRuntimeApiHasToBeAdmin) {
  EXPECT_THAT(runtime_api_that_says("admin\n\n"),
              ElementsAre(is(Verdict::fine, "answers, with level admin")));
  EXPECT_THAT(runtime_api_that_says("operator\n\n"),
              ElementsAre(is(Verdict::problem, "does not let us change certificates")));
  HaproxyInstanceConfig nowhere{.name = "edge"};
  nowhere.runtime = base::UnixEndpoint{"/nowhere/admin.sock"};
  EXPECT_THAT(check_runtime_api(nowhere),
              ElementsAre(is(Verdict::problem, "does not answer: No such file or directory")));
}

TEST_F(DoctorTest, PlainHttpHasToAnswerWithoutARedirect) {
  EXPECT_THAT(hostname_that_answers(answer("404 Not Found", "", "none")),
              ElementsAre(is(Verdict::fine, "answers, status 404")));
  EXPECT_THAT(
      hostname_that_answers(answer("301 Moved", "Location: https://elsewhere.example/\r\n", "")),
      ElementsAre(is(Verdict::warning, "https://elsewhere.example/")));
  const fakes::ClosedPort port;
  EXPECT_THAT(check_hostname("127.0.0.1", port.port()),
              ElementsAre(is(Verdict::problem, "gets no answer")));
}

TEST_F(DoctorTest, FilesWithKeysAreClosedToOthers) {
  const ConfigFile folder("");
  Config config;
  config.state_directory = folder.folder();
  config.haproxy.certificate_directory = folder.folder() + "/certificates";
  EXPECT_THAT(check_files(config),
              ElementsAre(is(Verdict::fine, "is writable"),
                          is(Verdict::fine, "is closed to others"),
                          is(Verdict::fine, "will be made"),
                          is(Verdict::fine, "will be made")));
  std::filesystem::permissions(folder.folder(), std::filesystem::perms::all);
  EXPECT_THAT(check_files(config)[1], is(Verdict::problem, "is open to every user"));
  config.state_directory = "/nowhere/at/all";
  EXPECT_THAT(check_files(config)[0], is(Verdict::problem, "cannot be made"));
}

TEST_F(DoctorTest, SaysWhatIsWrongAndWhatToDo) {
  const fakes::ClosedPort port;
  const ConfigFile file("authorities:\n  - name: ca\n    directory: https://127.0.0.1:" +
                        std::to_string(port.port()) +
                        "/dir\n    terms_of_service_agreed: true\n"
                        "state_directory: /nowhere\n");
  EXPECT_EQ(run({"doctor", "--config", file.path(), "--socket", "/nowhere/admin.sock"}), 4);
  EXPECT_THAT(out(), HasSubstr("PROBLEM  authority ca: https://127.0.0.1"));
  EXPECT_THAT(out(), HasSubstr("\n         -> let this machine open HTTPS"));
  EXPECT_THAT(out(), HasSubstr("PROBLEM  daemon: cannot reach"));
  EXPECT_EQ(run({"doctor", "-o", "json", "--config", file.path(), "--socket", "/nowhere/a"}), 4);
  EXPECT_THAT(out(), HasSubstr(R"({"verdict":"problem","subject":"authority ca","text":)"));
}

}  // namespace
}  // namespace agent
