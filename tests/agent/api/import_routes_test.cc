#include "agent/api/import_routes.h"

#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/api/import_lines.h"
#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

class ImportRoutesTest : public ApiFixture {
 protected:
  HttpReply import(std::string_view lines) {
    return peer_.request(
        "POST", "/v1/hostnames/import", lines, "Content-Type: application/x-ndjson\r\n");
  }
  static std::vector<json> lines_of(const HttpReply& reply) {
    std::istringstream text(reply.body);
    std::vector<json> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
  }
};

TEST_F(ImportRoutesTest, EveryLineIsCarriedOutOrRefusedByItself) {
  const HttpReply reply = import(
      "{\"name\": \"A.example\"}\n"
      "\n"
      "{\"name\": \"a..b\"}\n"
      "no json\n"
      "{\"name\": \"off.example\", \"mode\": \"off\"}\r\n"
      "{\"name\": \"a.example\", \"https_redirect\": true}\n"
      "{\"name\": \"a.example\", \"colour\": \"red\"}\n"
      "{\"name\": \"*.example.org\"}\n"
      "{\"name\": \"last.example\"}");
  EXPECT_EQ(reply.status, 200u);
  const std::vector<json> lines = lines_of(reply);
  ASSERT_EQ(lines.size(), 9u);
  EXPECT_EQ(lines[0], json::parse(R"({"line": 1, "name": "a.example", "outcome": "added"})"));
  EXPECT_EQ(lines[1]["line"], 3);
  EXPECT_EQ(lines[1]["rule"], "hostname");
  EXPECT_EQ(lines[2]["rule"], "json");
  EXPECT_EQ(lines[3]["outcome"], "added");
  EXPECT_EQ(lines[4]["outcome"], "updated");
  EXPECT_EQ(lines[5]["field"], "colour");
  EXPECT_EQ(lines[6]["rule"], "provable");
  EXPECT_EQ(lines[7]["line"], 9);
  EXPECT_EQ(lines[8], json::parse(R"({"added": 3, "updated": 1, "unchanged": 0, "refused": 4})"));
  EXPECT_EQ(get("/v1/hostnames/a.example").json()["https_redirect"], true);
  EXPECT_EQ(get("/v1/hostnames/off.example").json()["mode"], "off");
  EXPECT_THAT(
      changes_.calls,
      ElementsAre(
          "changed a.example", "changed off.example", "changed a.example", "changed last.example"));
}

TEST_F(ImportRoutesTest, ImportingAgainChangesNothing) {
  import("{\"name\": \"a.example\"}\n{\"name\": \"b.example\"}\n");
  changes_.calls.clear();
  const std::vector<json> lines =
      lines_of(import("{\"name\": \"a.example\"}\n{\"name\": \"b.example\"}\n"));
  EXPECT_EQ(lines.back()["unchanged"], 2);
  EXPECT_TRUE(changes_.calls.empty());
}

TEST_F(ImportRoutesTest, TakesMoreThanOneCallsWorth) {
  std::string body;
  for (int i = 0; i < 1'234; ++i) body += "{\"name\": \"h" + std::to_string(i) + ".example\"}\n";
  const std::vector<json> lines = lines_of(import(body));
  ASSERT_EQ(lines.size(), 1'235u);
  EXPECT_EQ(lines.back()["added"], 1'234);
  EXPECT_EQ(lines[1'233]["line"], 1'234);
}

TEST_F(ImportRoutesTest, RefusesAnotherFormatAndTooManyLines) {
  EXPECT_EQ(post("/v1/hostnames/import", "{}").status, 415u);
  EXPECT_EQ(import(std::string(ImportRoutes::max_lines + 1, '\n')).status, 413u);
}

TEST(ImportLines, ReadsByPiecesAndCountsAllLines) {
  ImportLines reader("{\"name\": \"a.example\"}\n\n \t\r\n{\"name\": \"b.example\"}\n{}");
  const auto first = reader.next(1);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].wish->name.text(), "a.example");
  const auto rest = reader.next(10);
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].number, 4u);
  EXPECT_EQ(rest[1].wish.error().rule, "required");
  EXPECT_TRUE(reader.next(10).empty());
}

}  // namespace
}  // namespace agent
