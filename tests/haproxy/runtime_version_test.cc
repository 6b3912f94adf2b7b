#include "haproxy/runtime_version.h"

#include <gtest/gtest.h>

namespace haproxy {
namespace {

TEST(Version, IsReadAsDistributionsWriteIt) {
  EXPECT_EQ(parse_version("2.6.12-1+deb12u4"), (Version{2, 6, 12}));
  EXPECT_EQ(parse_version("3.4.0"), (Version{3, 4, 0}));
  EXPECT_EQ(parse_version("3.5-dev5"), (Version{3, 5, 0}));
  EXPECT_EQ(parse_version("2.4.22-0ubuntu0.22.04.3"), (Version{2, 4, 22}));
}

TEST(Version, IsNotReadOutOfAnythingElse) {
  for (const char* text : {"",
                           "2",
                           "2.",
                           ".6",
                           "2.x",
                           "2.6.",
                           "2.6.x",
                           "-1.2",
                           "2.6.12x",
                           "2 6",
                           "99999999999.1",
                           "Unknown command: 'show version'"})
    EXPECT_EQ(parse_version(text), std::nullopt) << text;
}

TEST(Version, DecidesWhatAProcessCanDo) {
  const Features old = features_of({2, 6, 12});
  EXPECT_TRUE(old.misdirects_set);
  EXPECT_FALSE(old.own_payload_limit || old.show_ssl_sni || old.dump_ssl_cert || old.ocsp_update ||
               old.jams_when_locked);
  EXPECT_TRUE(features_of({2, 8, 0}).ocsp_update);
  EXPECT_TRUE(features_of({3, 0, 9}).misdirects_set);
  EXPECT_TRUE(features_of({3, 1, 0}).dump_ssl_cert);
  EXPECT_FALSE(features_of({3, 1, 0}).misdirects_set);
  EXPECT_TRUE(features_of({3, 2, 0}).show_ssl_sni);
  EXPECT_FALSE(features_of({3, 3, 9}).own_payload_limit);
  EXPECT_TRUE(features_of({3, 4, 0}).own_payload_limit);
  EXPECT_TRUE(features_of({3, 4, 0}).jams_when_locked);
}

TEST(Version, IsOrdered) {
  EXPECT_LT((Version{2, 6, 12}), (Version{2, 10, 0}));
  EXPECT_LT((Version{2, 10, 0}), (Version{3, 0, 0}));
  EXPECT_EQ(to_string(Version{2, 6, 12}), "2.6.12");
}

}  // namespace
}  // namespace haproxy
