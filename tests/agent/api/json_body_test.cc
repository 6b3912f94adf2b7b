#include "agent/api/json_body.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ApiRequest request(std::string body, std::string content_type = "application/json") {
  return {.content_type = std::move(content_type), .body = std::move(body)};
}

/// `field rule`, one a line.
std::string errors_of(JsonBody& body) {
  const auto problem = body.finish();
  if (!problem) return "";
  std::string text;
  for (const FieldError& error : problem->errors) text += error.field + " " + error.rule + "\n";
  return text;
}

TEST(JsonBody, GivesMembersByTheirType) {
  auto body = JsonBody::parse(request(R"({"a": true, "b": "text", "c": ["x", "y"]})"));
  ASSERT_TRUE(body);
  EXPECT_EQ(body->boolean("a"), true);
  EXPECT_EQ(body->text("b"), "text");
  EXPECT_THAT(body->texts("c", 2), ElementsAre("x", "y"));
  EXPECT_EQ(body->boolean("d"), std::nullopt);
  EXPECT_EQ(body->text("e"), std::nullopt);
  EXPECT_EQ(body->finish(), std::nullopt);
}

TEST(JsonBody, CollectsEverythingThatIsWrong) {
  auto body = JsonBody::parse(
      request(R"({"a": 1, "b": null, "c": "x", "d": [], "e": ["x", 1], "f": ["x", "y"], "z": 1})"));
  ASSERT_TRUE(body);
  body->boolean("a");
  body->text("b");
  for (const char* name : {"c", "d", "e", "missing"}) EXPECT_THAT(body->texts(name, 9), IsEmpty());
  EXPECT_THAT(body->texts("f", 1), IsEmpty());
  EXPECT_EQ(errors_of(*body),
            "a type\nb type\nc type\nd range\ne[1] type\nmissing required\nf range\nz unknown\n");
}

TEST(JsonBody, ReportsAHundredErrorsAtMost) {
  std::string text = "{\"a\": 0";
  for (int i = 0; i < 200; ++i) text += ", \"x" + std::to_string(i) + "\": 0";
  auto body = JsonBody::parse(request(text + "}"));
  ASSERT_TRUE(body);
  EXPECT_EQ(body->finish()->errors.size(), 100u);
}

TEST(JsonBody, RefusesANumberThatNoTypeHolds) {
  const auto body = JsonBody::parse(request(R"({"a": 1e999})"));
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().type, ProblemType::malformed_request);
  EXPECT_EQ(body.error().detail, "the body: a number is too large");
}

TEST(JsonBody, RefusesWhatIsNoJsonObject) {
  for (const char* text : {"", "x", "{", "[]", "1", "null", "{\"a\": 1} x", "{\"a\": \"\xff\"}"}) {
    const auto body = JsonBody::parse(request(text));
    ASSERT_FALSE(body) << text;
    EXPECT_EQ(body.error().type, ProblemType::malformed_request);
  }
}

TEST(JsonBody, RefusesAMemberThatIsThereTwice) {
  const auto body = JsonBody::parse(request(R"({"a": {"b": 1}, "c": {"b": 1, "b": 2}})"));
  ASSERT_FALSE(body);
  EXPECT_EQ(body.error().detail, R"(the body: a member is there twice: "b")");
  EXPECT_TRUE(JsonBody::parse(request(R"({"a": {"b": 1}, "c": {"b": 1}})")));
}

TEST(JsonBody, BoundsTheDepth) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\": " + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(JsonBody::parse(request(nested(8))));
  EXPECT_FALSE(JsonBody::parse(request(nested(9))));
  EXPECT_FALSE(JsonBody::parse(request("{\"a\": " + std::string(1'000'000, '['))));
}

TEST(JsonBody, WantsToBeToldThatItIsJson) {
  EXPECT_TRUE(JsonBody::parse(request("{}", "application/json; charset=utf-8")));
  for (const char* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
    const auto body = JsonBody::parse(request("{}", type));
    ASSERT_FALSE(body) << type;
    EXPECT_EQ(body.error().type, ProblemType::not_json);
  }
}

}  // namespace
}  // namespace agent
