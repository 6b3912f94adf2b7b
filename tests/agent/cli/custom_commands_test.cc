#include "agent/cli/custom_commands.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/cli/cli_fixture.h"

namespace agent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* csr = R"({"name": "a.example", "csr": "the CSR\n"})";
constexpr const char* automatic = R"({"name": "a.example", "certificate": {"serial": "0A"}})";
constexpr const char* installed =
    R"({"name": "a.example", "stage": "deploying", "certificate": {"serial": "0C",)"
    R"("not_after": "2030-04-01T00:00:00Z", "state": "issued"}})";

class CustomCommandsTest : public CliFixture {
 protected:
  std::string file(const std::string& name, const std::string& text) const {
    const std::string path = folder_.folder() + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  ConfigFile folder_{""};
};

TEST_F(CustomCommandsTest, CsrPrintsWhatWasMade) {
  EXPECT_EQ(run_with({{201, csr}},
                     {"certificate",
                      "csr",
                      "a.example",
                      "--organization",
                      "Example Ltd",
                      "--country",
                      "IE",
                      "--key-type",
                      "rsa-2048",
                      "--also",
                      "b.example"}),
            0);
  EXPECT_THAT(requests_,
              ElementsAre(R"(POST /v1/hostnames/a.example/csr {"key_type":"rsa-2048",)"
                          R"("organization":"Example Ltd","country":"IE","names":["b.example"]})"));
  EXPECT_EQ(out(), "the CSR\n");
}

TEST_F(CustomCommandsTest, ExportPrintsTheChain) {
  EXPECT_EQ(run_with({{200, "the chain\n"}}, {"certificate", "export", "*.a.example"}), 0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/certificates/%2A.a.example/chain"));
  EXPECT_EQ(out(), "the chain\n");
}

TEST_F(CustomCommandsTest, ExportWritesAKeyForItsOwnerAlone) {
  const std::string path = file("a.pem", "of yesterday");
  std::filesystem::permissions(path, std::filesystem::perms::all);
  EXPECT_EQ(run_with({{200, "chain and key\n"}},
                     {"certificate", "export", "a.example", "--with-key", "-o", path}),
            0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/certificates/a.example/bundle"));
  EXPECT_EQ(out(), "");
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "chain and key\n");
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(run_with({{404, R"({"detail": "there is no certificate of b.example"})"}},
                     {"certificate", "export", "b.example"}),
            1);
  EXPECT_THAT(err(), HasSubstr("there is no certificate of b.example"));
}

TEST_F(CustomCommandsTest, CsrShowsTheOneThatWaitsAndWritesAFile) {
  const std::string path = folder_.folder() + "/a.csr";
  EXPECT_EQ(run_with({{200, csr}}, {"certificate", "csr", "a.example", "--show", "-o", path}), 0);
  EXPECT_THAT(requests_, ElementsAre("GET /v1/hostnames/a.example/csr"));
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "the CSR\n");
  EXPECT_EQ(out(), "");
}

TEST_F(CustomCommandsTest, InstallSendsTheFiles) {
  EXPECT_EQ(run_with({{200, automatic}, {200, installed}},
                     {"certificate",
                      "install",
                      "a.example",
                      "--chain",
                      file("chain", "the chain"),
                      "--key",
                      file("key", "the key"),
                      "--passphrase-file",
                      file("pass", "sesame\n"),
                      "--return-to-automatic",
                      "10"}),
            0);
  EXPECT_EQ(requests_.back(),
            R"(POST /v1/hostnames/a.example/certificate {"chain":"the chain","key":"the key",)"
            R"("passphrase":"sesame","return_to_automatic_days":10})");
  EXPECT_EQ(out(), "a.example  installed: serial 0C, valid until 2030-04-01T00:00:00Z\n");
}

TEST_F(CustomCommandsTest, InstallSendsAContainerInBase64) {
  EXPECT_EQ(
      run_with({{200, automatic}, {200, installed}},
               {"certificate", "install", "a.example", "--pkcs12", file("p12", "\xfb\xff!~")}),
      0);
  EXPECT_EQ(requests_.back(), R"(POST /v1/hostnames/a.example/certificate {"pkcs12":"+/8hfg=="})");
}

TEST_F(CustomCommandsTest, InstallSaysWhatIsWrong) {
  EXPECT_EQ(
      run_with({{200, automatic},
                {400, R"({"detail": "key: the key belongs to none of the certificates"})"}},
               {"certificate", "install", "a.example", "--chain", file("chain", "the chain")}),
      1);
  EXPECT_THAT(err(), HasSubstr("belongs to none"));
  EXPECT_EQ(run_with({}, {"certificate", "install", "a.example", "--chain", "/nowhere"}), 1);
  EXPECT_THAT(err(), HasSubstr("/nowhere: cannot be read"));
}

}  // namespace
}  // namespace agent
