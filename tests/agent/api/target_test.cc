#include "agent/api/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {

static bool operator==(const QueryParameter& a, const QueryParameter& b) {
  return a.name == b.name && a.value == b.value;
}

namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Target, SplitsFirstAndDecodesThen) {
  const auto target = parse_target("/a%2Fb/c?x=%26&y=1=2&z");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, ElementsAre("a/b", "c"));
  EXPECT_THAT(
      target->query,
      ElementsAre(QueryParameter{"x", "&"}, QueryParameter{"y", "1=2"}, QueryParameter{"z", ""}));
}

TEST(Target, LeavesAPlusAlone) {
  EXPECT_EQ(parse_target("/?a=b+c")->query.at(0).value, "b+c");
}

TEST(Target, TakesTheRoot) {
  const auto target = parse_target("/");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, IsEmpty());
}

TEST(Target, RefusesWhatIsNoPath) {
  for (const char* text : {"", "*", "a", "http://host/path", "/%", "/%1", "/%g0", "/?%"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(Target, BoundsThePartsOfAPathAndOfAQuery) {
  std::string path;
  std::string query = "/?";
  for (int i = 0; i < 16; ++i) path += "/a", query += "a&";
  EXPECT_TRUE(parse_target(path));
  EXPECT_TRUE(parse_target(query));
  EXPECT_FALSE(parse_target(path + "/a"));
  EXPECT_FALSE(parse_target(query + "a"));
}

}  // namespace
}  // namespace agent
