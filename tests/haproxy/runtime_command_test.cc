#include "haproxy/runtime_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/haproxy/runtime_fixtures.h"

namespace haproxy {
namespace {

using test::certificate_name;
using test::list_name;
using ::testing::HasSubstr;

const CertificateName f = certificate_name("/d/a.pem");
const CrtListName l = list_name("/d/list");

TEST(RuntimeCommand, IsEncodedAsOneLine) {
  const std::pair<Command, std::string> commands[] = {
      {Prompt{}, "prompt\n"},
      {ShowVersion{}, "show version\n"},
      {ShowInfo{}, "show info\n"},
      {NewCertificate{f}, "new ssl cert /d/a.pem\n"},
      {CommitCertificate{f}, "commit ssl cert /d/a.pem\n"},
      {AbortCertificate{f}, "abort ssl cert /d/a.pem\n"},
      {DeleteCertificate{f}, "del ssl cert /d/a.pem\n"},
      {AddToCrtList{l, CrtListLine(f)}, "add ssl crt-list /d/list /d/a.pem\n"},
      {DeleteFromCrtList{l, f, std::nullopt}, "del ssl crt-list /d/list /d/a.pem\n"},
      {DeleteFromCrtList{l, f, 7}, "del ssl crt-list /d/list /d/a.pem:7\n"},
      {ShowCertificates{}, "show ssl cert\n"},
      {ShowCertificate{f}, "show ssl cert /d/a.pem\n"},
      {ShowCrtLists{}, "show ssl crt-list\n"},
      {ShowCrtList{l}, "show ssl crt-list -n /d/list\n"},
  };
  for (const auto& [command, bytes] : commands) EXPECT_EQ(encode(command), bytes);
}

TEST(RuntimeCommand, EndsItsPayloadWithAnEmptyLine) {
  const PemBundle pem = test::pem("bundle.pem");
  EXPECT_EQ(encode(SetCertificate{f, pem}), "set ssl cert /d/a.pem <<\n" + pem.text() + "\n");
}

TEST(RuntimeCommand, SendsOptionsAndFiltersInThePayload) {
  const CrtListLine line = *CrtListLine::make(f, "alpn h2", {"a.example", "!b.a.example"});
  EXPECT_EQ(encode(AddToCrtList{l, line}),
            "add ssl crt-list /d/list <<\n/d/a.pem [alpn h2] a.example !b.a.example\n\n");
}

TEST(RuntimeCommand, IsShownWithoutItsPayload) {
  EXPECT_EQ(to_string(SetCertificate{f, test::pem("bundle.pem")}), "set ssl cert /d/a.pem <<");
}

TEST(RuntimeCommand, FitsBefore34IfLineAndPayloadFitTheBuffer) {
  const Command set = SetCertificate{f, test::pem("bundle.pem")};
  const std::size_t size = encode(set).size();
  EXPECT_TRUE(check(set, {2, 6, 12}, {.bufsize = size + 1}));
  const auto refused = check(set, {2, 6, 12}, {.bufsize = size});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::over_limit);
  EXPECT_THAT(refused.error().detail,
              HasSubstr("tune.bufsize to at least " + std::to_string(size + 1)));
}

TEST(RuntimeCommand, FitsFrom34OnIfThePayloadFitsItsOwnLimit) {
  const Command set = SetCertificate{f, test::pem("bundle.pem")};
  const Tuning small{.bufsize = 100, .max_payload = 1 << 20};
  EXPECT_TRUE(check(set, {3, 4, 0}, small));
  const Tuning tight{.bufsize = 16384, .max_payload = 1400};
  const auto refused = check(set, {3, 4, 0}, tight);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("tune.cli.max-payload-size"));
  EXPECT_TRUE(check(Command(ShowInfo{}), {3, 4, 0}, {.bufsize = 16384, .max_payload = 0}));
}

TEST(RuntimeCommand, IsRefusedForANameThatSetWouldMisread) {
  const CertificateName bad = certificate_name("/d/a.crt");
  EXPECT_EQ(check(NewCertificate{bad}, {3, 4, 0}, {}).error().code, Errc::bad_name);
  EXPECT_EQ(check(SetCertificate{bad, test::pem("bundle.pem")}, {3, 4, 0}, {}).error().code,
            Errc::bad_name);
  EXPECT_TRUE(check(AbortCertificate{bad}, {3, 4, 0}, {}));
}

}  // namespace
}  // namespace haproxy
