#include "haproxy/bundle_path.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "haproxy/names.h"

namespace haproxy {
namespace {

std::string path_of(const std::string& name) {
  return bundle_path(*base::DomainName::parse(name));
}

/// 253 bytes when `size` is so.
std::string long_name(std::size_t size) {
  std::string name;
  while (name.size() + 64 < size) name += std::string(60, 'x') + ".";
  return name + std::string(size - name.size() - 2, 'y') + ".z";
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t end = std::min(path.find('/', from), path.size());
    parts.push_back(path.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

TEST(BundlePath, StaysWhatItWasWhenFilesWereWritten) {
  EXPECT_EQ(path_of("example.org"), "3b/example.org.pem");
  EXPECT_EQ(path_of("*.example.org"), "d4/_wildcard.example.org.pem");
  EXPECT_EQ(path_of("xn--mnchen-3ya.example"), "0f/xn--mnchen-3ya.example.pem");
}

TEST(BundlePath, OfAnAddressHasNoColon) {
  const auto of = [](const char* text) {
    return bundle_path(base::DomainName(*base::IpAddress::parse(text))).substr(3);
  };
  EXPECT_EQ(of("192.0.2.7"), "192.0.2.7.pem");
  EXPECT_EQ(of("2001:db8::1"), "_ipv6.2001-db8--1.pem");
  EXPECT_EQ(of("::1"), "_ipv6.--1.pem");
}

TEST(BundlePath, IsSafeForEveryName) {
  std::vector<std::string> names = {
      "a.b", "*.a.b", "EXAMPLE.org", "9.9x", "a-b.c-d", "pem.key", "x.pem"};
  for (std::size_t size = 240; size <= 253; ++size) names.push_back(long_name(size));
  for (std::size_t size = 240; size <= 251; ++size) names.push_back("*." + long_name(size));
  for (const std::string& name : names) {
    const std::string path = path_of(name);
    const std::vector<std::string> parts = parts_of(path);
    EXPECT_TRUE(path.ends_with(".pem"));
    EXPECT_EQ(path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-/"),
              std::string::npos);
    EXPECT_EQ(parts.front().size(), 2u);
    for (const std::string& part : parts) {
      EXPECT_FALSE(part.empty() || part.front() == '.' || part.front() == '-') << path;
      EXPECT_LE(part.size(), 255u) << path;
    }
    const auto deployed = CertificateName::parse("/var/lib/acme-spoa/" + path);
    EXPECT_TRUE(deployed && is_deployable(*deployed)) << path;
  }
}

TEST(BundlePath, LosesNothingOfANameThatItCuts) {
  const std::string name = long_name(253);
  const std::string path = path_of(name);
  EXPECT_EQ(path.substr(2), "/_long." + name.substr(0, 128) + "/_" + name.substr(128) + ".pem");
  const std::string wild = path_of("*." + long_name(251));
  EXPECT_EQ(wild.substr(2, 18), "/_long._wildcard.x");
}

TEST(BundlePath, CutsOnlyNamesThatDoNotFit) {
  EXPECT_EQ(parts_of(path_of(long_name(251))).size(), 2u);
  EXPECT_EQ(parts_of(path_of(long_name(252))).size(), 3u);
  EXPECT_EQ(parts_of(path_of("*." + long_name(241))).size(), 2u);
  EXPECT_EQ(parts_of(path_of("*." + long_name(242))).size(), 3u);
}

TEST(BundlePath, NeverMeetsThatOfAnotherName) {
  std::set<std::string> paths;
  std::size_t names = 0;
  const auto add = [&](const std::string& name) {
    ++names;
    EXPECT_TRUE(paths.insert(path_of(name)).second) << name;
  };
  for (int i = 0; i < 20000; ++i) add("shop" + std::to_string(i) + ".example");
  for (int i = 0; i < 20000; ++i) add("*.shop" + std::to_string(i) + ".example");
  std::string name = long_name(253);
  for (std::size_t at = 0; at < name.size(); ++at) {  // long names that differ in one letter
    if (name[at] == '.') continue;
    const char before = std::exchange(name[at], 'q');
    add(name);
    name[at] = before;
  }
  EXPECT_EQ(paths.size(), names);
}

// A path must not need a folder where another has a file.
TEST(BundlePath, NeverTakesAnothersFileForAFolder) {
  const std::string name = long_name(253);
  const std::string folder = parts_of(path_of(name))[1];
  EXPECT_TRUE(folder.starts_with("_long."));
  EXPECT_FALSE(path_of("*.example.org").starts_with("_long."));
}

TEST(BundlePath, SpreadsNamesEvenlyOver256Folders) {
  std::map<std::string, int> files;
  for (int i = 0; i < 100000; ++i)
    ++files[path_of("w" + std::to_string(i) + ".example").substr(0, 2)];
  EXPECT_EQ(files.size(), 256u);
  for (const auto& [folder, count] : files) EXPECT_LT(count, 600) << folder;  // 390 on average
}

TEST(BundlePath, HasAnotherForEachNumber) {
  const auto of = [](const std::string& name, std::uint64_t number) {
    return bundle_path(*base::DomainName::parse(name), number);
  };
  const std::string own = path_of("example.org");
  EXPECT_EQ(of("example.org", 12), own.substr(0, 3) + "_12.example.org.pem");
  EXPECT_TRUE(of("*.example.org", 12).ends_with("/_12._wildcard.example.org.pem"));
  EXPECT_NE(of(long_name(253), 1), of(long_name(253), 2));
  for (const std::string& part : parts_of(of(long_name(253), UINT64_MAX))) {
    EXPECT_LE(part.size(), 255u);
  }
}

TEST(BundlePath, HasAnotherForASecondCertificate) {
  const auto name = *base::DomainName::parse("example.org");
  const std::string folder = path_of("example.org").substr(0, 3);
  EXPECT_EQ(bundle_path_beside(name, "rsa"), folder + "_rsa.example.org.pem");
  EXPECT_EQ(bundle_path_beside(name, "ecdsa"), folder + "_ecdsa.example.org.pem");
  EXPECT_EQ(bundle_path_beside(name, "rsa", 12), folder + "_rsa_12.example.org.pem");
  const auto wild = *base::DomainName::parse("*.example.org");
  EXPECT_TRUE(bundle_path_beside(wild, "rsa").ends_with("/_rsa._wildcard.example.org.pem"));
  const auto longest = *base::DomainName::parse(long_name(253));
  for (const std::string& part : parts_of(bundle_path_beside(longest, "ecdsa", UINT64_MAX))) {
    EXPECT_LE(part.size(), 255u);
  }
}

}  // namespace
}  // namespace haproxy
