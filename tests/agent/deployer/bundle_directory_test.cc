#include "agent/deployer/bundle_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "agent/deployer/crt_list_file.h"

namespace agent {
namespace {

namespace fs = std::filesystem;

// Made for this test: a self-signed certificate of bundle.example and its key.
constexpr const char* key_pem = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQDWyX6w38Rbd0mZu
4OY/sdL55KWZA61eT1x+XmIuwZ+hRANCAATP51CnfQxpVs9wqDTHKI8q6P+RdEHr
B8dehaoalpykLBAxutqaA9u8cvXcVUXkVixXthiDCG5ebyRc93bHO1jb
-----END PRIVATE KEY-----
)";
constexpr const char* chain_pem = R"(-----BEGIN CERTIFICATE-----
MIIBpTCCAUqgAwIBAgIUUf9b4D+VqCgyeuK3nFiu5Q8B0xAwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOYnVuZGxlLmV4YW1wbGUwIBcNMjYxMTI0MDIyOTU1WhgPMjEy
NjEwMzEwMjI5NTVaMBkxFzAVBgNVBAMMDmJ1bmRsZS5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEz+dQp30MaVbPcKg0xyiPKuj/kXRB6wfHXoWqGpac
pCwQMbramgPbvHL13FVF5FYsV7YYgwhuXm8kXPd2xztY26NuMGwwHQYDVR0OBBYE
FCpX5A9c2FgJ4e1Q6ROeYeFYJi9AMB8GA1UdIwQYMBaAFCpX5A9c2FgJ4e1Q6ROe
YeFYJi9AMA8GA1UdEwEB/wQFMAMBAf8wGQYDVR0RBBIwEIIOYnVuZGxlLmV4YW1w
bGUwCgYIKoZIzj0EAwIDSQAwRgIhAKMvQR3YAQXjBW8l/m3ffiYTDQGtz5gxIu9B
vJiR7Oc3AiEAkif+tdE1YoxZbPkLrOOPmMGke9E3UU5NmQP4kWjdMg4=
-----END CERTIFICATE-----
)";

class BundleDirectoryTest : public testing::Test {
 protected:
  BundleDirectoryTest() {
    std::string pattern = (fs::temp_directory_path() / "bundles-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    directory_.emplace(BundlePaths{folder_ / "certificates", folder_ / "crt-list.txt", {}});
    crt_list_.emplace(folder_ / "crt-list.txt", folder_ / "certificates", haproxy::FileAccess{});
  }
  ~BundleDirectoryTest() override { fs::remove_all(folder_); }

  static CertificateBundle bundle(const std::string& path) {
    CertificateBundle bundle;
    bundle.certificate.bundle_path = path;
    bundle.chain_pem = chain_pem;
    bundle.private_key_pem = key_pem;
    return bundle;
  }
  std::string list() const { return read(folder_ / "crt-list.txt"); }
  static std::string read(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  void write_list(const std::string& text) const {
    std::ofstream(folder_ / "crt-list.txt") << text;
  }
  std::string line(const std::string& path) const {
    return (folder_ / "certificates" / path).string() + "\n";
  }

  fs::path folder_;
  std::optional<BundleDirectory> directory_;
  std::optional<CrtListFile> crt_list_;
};

TEST_F(BundleDirectoryTest, PreparesAnEmptyListThatHaproxyCanStartWith) {
  ASSERT_TRUE(crt_list_->prepare());
  EXPECT_TRUE(fs::exists(folder_ / "crt-list.txt"));
  EXPECT_EQ(list(), "");
}

TEST_F(BundleDirectoryTest, LeavesAnExistingListAlone) {
  write_list("# the operator's\n/etc/haproxy/default.pem\n");
  ASSERT_TRUE(crt_list_->prepare());
  EXPECT_EQ(list(), "# the operator's\n/etc/haproxy/default.pem\n");
}

TEST_F(BundleDirectoryTest, WritesKeyBeforeLeafForTheOwnersEyesOnly) {
  ASSERT_TRUE(directory_->write(std::vector{bundle("a7/example.org.pem")}));
  const fs::path file = folder_ / "certificates/a7/example.org.pem";
  EXPECT_EQ(read(file), std::string(key_pem) + chain_pem);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(BundleDirectoryTest, RefusesABundleThatHaproxyWouldNotLoad) {
  CertificateBundle broken = bundle("a7/example.org.pem");
  broken.chain_pem = "no certificate";
  const auto written = directory_->write(std::vector{broken});
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().find("a7/example.org.pem"), std::string::npos) << written.error();
  EXPECT_FALSE(fs::exists(folder_ / "certificates/a7/example.org.pem"));
}

TEST_F(BundleDirectoryTest, SaysWhichFilesAreMissing) {
  ASSERT_TRUE(directory_->write(std::vector{bundle("a7/here.pem")}));
  const std::vector<std::string> paths = {"a7/here.pem", "b8/gone.pem"};
  const auto times = directory_->written_times(paths);
  EXPECT_TRUE(times.at(0));
  EXPECT_FALSE(times.at(1));
}

TEST_F(BundleDirectoryTest, ChangesItsLinesAndKeepsTheOperators) {
  write_list("/etc/haproxy/default.pem\n# end of mine\n");
  ASSERT_TRUE(crt_list_->change(std::vector<CrtListBundle>{{"a7/x.pem"}, {"b8/y.pem"}}, {}));
  EXPECT_EQ(list(),
            "/etc/haproxy/default.pem\n# end of mine\n" + line("a7/x.pem") + line("b8/y.pem"));
  ASSERT_TRUE(crt_list_->change({}, std::vector<std::string>{"a7/x.pem"}));
  EXPECT_EQ(list(), "/etc/haproxy/default.pem\n# end of mine\n" + line("b8/y.pem"));
}

TEST_F(BundleDirectoryTest, LimitsACertificateToOneOfItsNames) {
  const std::vector<CrtListBundle> bundles = {{"a7/_custom.x.pem", "x.example"}};
  ASSERT_TRUE(crt_list_->set(bundles));
  const std::string path = (folder_ / "certificates/a7/_custom.x.pem").string();
  EXPECT_EQ(list(), path + " x.example\n");
  ASSERT_TRUE(crt_list_->set(bundles));
  EXPECT_EQ(list(), path + " x.example\n");
}

TEST_F(BundleDirectoryTest, SetsItsLinesAndDropsItsLeftovers) {
  write_list("/etc/haproxy/default.pem\n" + line("a7/leftover.pem"));
  ASSERT_TRUE(crt_list_->set(std::vector<CrtListBundle>{{"b8/wanted.pem"}}));
  EXPECT_EQ(list(), "/etc/haproxy/default.pem\n" + line("b8/wanted.pem"));
}

TEST_F(BundleDirectoryTest, SaysWhereAnOperatorsListIsBroken) {
  write_list("/etc/haproxy/default.pem\n/etc/haproxy/x.pem [alpn h2\n");
  const auto changed = crt_list_->change(std::vector<CrtListBundle>{{"a7/x.pem"}}, {});
  ASSERT_FALSE(changed);
  EXPECT_NE(changed.error().find("crt-list.txt:2:"), std::string::npos) << changed.error();
}

TEST_F(BundleDirectoryTest, SeesWhatTheOperatorHasWrittenInBetween) {
  ASSERT_TRUE(crt_list_->change(std::vector<CrtListBundle>{{"a7/x.pem"}}, {}));
  write_list("# begin of mine\n/etc/haproxy/default.pem [alpn h2]\n# end\n" + line("a7/x.pem"));
  ASSERT_TRUE(crt_list_->change(std::vector<CrtListBundle>{{"b8/y.pem"}}, {}));
  EXPECT_EQ(list(),
            "# begin of mine\n/etc/haproxy/default.pem [alpn h2]\n# end\n" + line("a7/x.pem") +
                line("b8/y.pem"));
}

TEST_F(BundleDirectoryTest, RemovesFilesAndDoesNotMindMissingOnes) {
  ASSERT_TRUE(directory_->write(std::vector{bundle("a7/x.pem")}));
  ASSERT_TRUE(directory_->remove(std::vector<std::string>{"a7/x.pem", "b8/never.pem"}));
  EXPECT_FALSE(fs::exists(folder_ / "certificates/a7/x.pem"));
}

}  // namespace
}  // namespace agent
