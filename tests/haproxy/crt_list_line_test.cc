#include "haproxy/crt_list_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace haproxy {
namespace {

using ::testing::HasSubstr;

CertificateName name(std::string_view text) {
  return *CertificateName::parse(text);
}

struct Reading {
  std::string_view line;
  CrtListEntry entry;
};

TEST(CrtListLine, IsReadAsHaproxyReadsIt) {
  const Reading readings[] = {
      {"/a.pem", {"/a.pem", "", {}}},
      {"  /a.pem\r", {"/a.pem", "", {}}},
      {"/a.pem a.example *.b !c", {"/a.pem", "", {"a.example", "*.b", "!c"}}},
      {"/a.pem [alpn h2 ssl-min-ver TLSv1.3] a", {"/a.pem", "alpn h2 ssl-min-ver TLSv1.3", {"a"}}},
      {"/a.pem[alpn h2]a", {"/a.pem", "alpn h2", {"a"}}},
      {"/a.pem []", {"/a.pem", "", {}}},
      {" # x", {"#", "", {"x"}}},
      {"/a.pem # text", {"/a.pem", "", {"#", "text"}}},
  };
  for (const Reading& reading : readings) {
    const auto entry = parse_crt_list_line(reading.line);
    ASSERT_TRUE(entry && *entry) << reading.line;
    EXPECT_EQ(**entry, reading.entry) << reading.line;
  }
}

TEST(CrtListLine, IsNoEntryIfEmptyOrAComment) {
  for (const char* line : {"", "  \t", "\r", "#", "# /a.pem [", "#]"}) {
    const auto entry = parse_crt_list_line(line);
    ASSERT_TRUE(entry) << line;
    EXPECT_FALSE(*entry) << line;
  }
}

TEST(CrtListLine, IsRefusedWhereHaproxyWouldNotStart) {
  const std::pair<std::string, std::string> refusals[] = {
      {"/a.pem [alpn", "brackets"},
      {"/a.pem alpn]", "brackets"},
      {"/a.pem ]a[", "brackets"},
      {"/a.pem [[a]]", "brackets"},
      {"/a.pem [a] [b]", "brackets"},
      {"[alpn h2] /a.pem", "file name"},
      {"/a.pem a.example [alpn h2]", "right after"},
      {std::string(65536, 'x'), "65535"},
      {std::string("/a\0.pem", 7), "NUL"},
  };
  for (const auto& [line, why] : refusals) {
    const auto entry = parse_crt_list_line(line);
    ASSERT_FALSE(entry) << line;
    EXPECT_THAT(entry.error(), HasSubstr(why));
  }
}

TEST(CrtListLine, HasAtMost2048Words) {
  std::string line = "/a.pem";
  for (int i = 0; i < 2047; ++i) line += " a";
  EXPECT_TRUE(parse_crt_list_line(line));
  EXPECT_FALSE(parse_crt_list_line(line + " a"));
}

TEST(CrtListLine, OfOursIsWrittenWithOptionsAndFilters) {
  EXPECT_EQ(CrtListLine(name("/a.pem")).encode(), "/a.pem");
  const auto line = CrtListLine::make(
      name("/a.pem"), "alpn h2,http/1.1 ssl-min-ver TLSv1.3", {"a.example", "*.b", "!x.b"});
  ASSERT_TRUE(line) << line.error();
  EXPECT_EQ(line->encode(), "/a.pem [alpn h2,http/1.1 ssl-min-ver TLSv1.3] a.example *.b !x.b");
  EXPECT_FALSE(line->is_plain());
}

TEST(CrtListLine, OfOursIsNeverReadAsAnother) {
  for (const char* options : {"a]b", "[", "alpn\nh2", " alpn h2", "a\r", "\n"})
    EXPECT_FALSE(CrtListLine::make(name("/a.pem"), options, {})) << options;
  for (const char* filter : {"a b", "", "[x]", "a\nb", "a\tb", "]"})
    EXPECT_FALSE(CrtListLine::make(name("/a.pem"), "", {filter})) << filter;
  EXPECT_TRUE(CrtListLine::make(name("/a.pem"), "", std::vector<std::string>(2000, "a")));
  EXPECT_FALSE(CrtListLine::make(name("/a.pem"), "", std::vector<std::string>(2001, "a")));
}

}  // namespace
}  // namespace haproxy
