#include "haproxy/crt_list.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/haproxy/test_process.h"

namespace haproxy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CertificateName name(std::string_view text) {
  return *CertificateName::parse(text);
}

CrtList parse(std::string_view text) {
  auto list = CrtList::parse(text);
  EXPECT_TRUE(list) << list.error().detail;
  return *list;
}

constexpr std::string_view foreign =
    "# The operator's own lines.\r\n"
    "/etc/ssl/default.pem [alpn h2]  default.example\n"
    "\n"
    "   /etc/ssl/b.pem\t\n"
    "#";

TEST(CrtList, KeepsForeignLinesByteForByte) {
  CrtList list = parse(foreign);
  EXPECT_EQ(list.encode(), std::string(foreign) + "\n");
  EXPECT_TRUE(list.add(name("/our/a.pem")));
  EXPECT_EQ(list.encode(), std::string(foreign) + "\n/our/a.pem\n");
  EXPECT_EQ(list.remove(name("/our/a.pem")), 1u);
  EXPECT_EQ(list.encode(), std::string(foreign) + "\n");
}

TEST(CrtList, KeepsTheDefaultCertificateFirst) {
  CrtList list = parse(foreign);
  list.add(name("/aaa.pem"));
  EXPECT_THAT(list.paths(), ElementsAre("/etc/ssl/default.pem", "/etc/ssl/b.pem", "/aaa.pem"));
}

TEST(CrtList, AlwaysEndsInALineFeedUnlessEmpty) {
  EXPECT_EQ(CrtList().encode(), "");
  EXPECT_EQ(parse("").encode(), "");
  EXPECT_EQ(parse("/a.pem").encode(), "/a.pem\n");
  EXPECT_EQ(parse("/a.pem\n").encode(), "/a.pem\n");
}

TEST(CrtList, AddsAnEntryOnlyOnce) {
  CrtList list;
  EXPECT_TRUE(list.add(name("/a.pem")));
  EXPECT_FALSE(list.add(name("/a.pem")));
  EXPECT_EQ(list.encode(), "/a.pem\n");
  EXPECT_EQ(list.size(), 1u);
}

TEST(CrtList, ChangesAnEntryWhereItStands) {
  CrtList list = parse("/a.pem\n/b.pem\n");
  const CrtListLine line = *CrtListLine::make(name("/a.pem"), "alpn h2", {"x.example"});
  EXPECT_TRUE(list.put(line));
  EXPECT_FALSE(list.put(line));
  EXPECT_EQ(list.encode(), "/a.pem [alpn h2] x.example\n/b.pem\n");
  EXPECT_TRUE(list.put(CrtListLine(name("/c.pem"))));
  EXPECT_EQ(list.encode(), "/a.pem [alpn h2] x.example\n/b.pem\n/c.pem\n");
}

TEST(CrtList, RemovesEveryEntryOfAName) {
  CrtList list = parse("/a.pem\n/b.pem\n/a.pem x.example\n");
  EXPECT_EQ(list.remove(name("/a.pem")), 2u);
  EXPECT_EQ(list.remove(name("/a.pem")), 0u);
  EXPECT_FALSE(list.contains(name("/a.pem")));
  EXPECT_EQ(list.encode(), "/b.pem\n");
}

TEST(CrtList, TellsNamesApartByTheirWholePath) {
  const CrtList list = parse("/x/a.pem\n");
  EXPECT_TRUE(list.contains(name("/x/a.pem")));
  EXPECT_FALSE(list.contains(name("/x/a.pe")));
  EXPECT_FALSE(list.contains(name("a.pem")));
}

TEST(CrtList, RefusesADocumentWithTheNumberOfTheBadLine) {
  const auto list = CrtList::parse("# one\n/a.pem\n\n/b.pem [alpn\n/c.pem\n");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().line, 4u);
  EXPECT_THAT(list.error().detail, HasSubstr("brackets"));
}

TEST(CrtList, StaysRightAndSmallThroughALongHistory) {
  CrtList list = parse("# head\n/keep.pem\n");
  for (int i = 0; i < 5000; ++i) {
    list.add(name("/n" + std::to_string(i) + ".pem"));
    if (i >= 10) list.remove(name("/n" + std::to_string(i - 10) + ".pem"));
  }
  std::string expected = "# head\n/keep.pem\n";
  for (int i = 4990; i < 5000; ++i) expected += "/n" + std::to_string(i) + ".pem\n";
  EXPECT_EQ(list.encode(), expected);
  EXPECT_EQ(list.remove(name("/n4995.pem")), 1u);
  EXPECT_FALSE(list.contains(name("/n4995.pem")));
}

TEST(CrtList, TakesChangesOf100000EntriesInFarLessThanASecondEach) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "/var/lib/acme-spoa/x" + std::to_string(i) + ".pem\n";
  CrtList list = parse(text);
  for (int i = 0; i < 100000; i += 2)
    ASSERT_EQ(list.remove(name("/var/lib/acme-spoa/x" + std::to_string(i) + ".pem")), 1u);
  EXPECT_EQ(list.size(), 50000u);
  EXPECT_EQ(list.paths().front(), "/var/lib/acme-spoa/x1.pem");
}

}  // namespace
}  // namespace haproxy
