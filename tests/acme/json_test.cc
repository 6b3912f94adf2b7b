#include "acme/json.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(Json, GivesMembersOfTheAskedTypeOnly) {
  const auto json = Json::parse_object(
      R"({"s":"x","i":7,"b":true,"o":{"in":"y"},"a":["p",1,"q",{"k":"v"}],"n":null,"f":1.5})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->string("s"), "x");
  EXPECT_EQ(json->string("i"), std::nullopt);
  EXPECT_EQ(json->string("n"), std::nullopt);
  EXPECT_EQ(json->string("missing"), std::nullopt);
  EXPECT_EQ(json->integer("i"), 7);
  EXPECT_EQ(json->integer("f"), std::nullopt);
  EXPECT_EQ(json->boolean("b"), true);
  EXPECT_EQ(json->object("o")->string("in"), "y");
  EXPECT_FALSE(json->object("a"));
  EXPECT_EQ(json->strings("a"), (std::vector<std::string>{"p", "q"}));
  ASSERT_EQ(json->objects("a").size(), 1U);
  EXPECT_EQ(json->objects("a")[0].string("k"), "v");
  EXPECT_TRUE(json->strings("s").empty());
  EXPECT_TRUE(json->objects("o").empty());
}

TEST(Json, PartsOutliveTheirWhole) {
  const auto part = Json::parse_object(R"({"a":[{"k":"a long enough string for the heap"}]})")
                        ->objects("a")
                        .at(0);
  EXPECT_EQ(part.string("k"), "a long enough string for the heap");
}

TEST(Json, RefusesWhatIsNoObject) {
  for (const char* text : {"",
                           "[]",
                           "\"x\"",
                           "7",
                           "null",
                           "{",
                           "{}x",
                           "{\"a\":}",
                           "<html>",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xc3\x28\"}",
                           "{\"a\":1e999}x"}) {
    EXPECT_FALSE(Json::parse_object(text)) << text;
  }
}

TEST(Json, BoundsItsDepth) {
  const auto nested = [](std::size_t depth) {
    return R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(Json::parse_object(nested(32)));
  EXPECT_FALSE(Json::parse_object(nested(33)));
  EXPECT_FALSE(Json::parse_object(nested(100000)));
}

TEST(JsonWriter, KeepsTheOrderAndEscapesStrings) {
  JsonWriter writer;
  EXPECT_EQ(writer.text(), "{}");
  writer.add("b", "a\"\\\n\x01/").add_json("a", "[1]");
  EXPECT_EQ(writer.text(), R"({"b":"a\"\\\n\u0001/","a":[1]})");
}

TEST(JsonWriter, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(encode_json_string("a\xff"), "\"a\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace acme
