#include "base/log.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Logfmt, WritesPlainValuesAsTheyAreAndQuotesTheRest) {
  EXPECT_EQ(format_logfmt("certificate issued",
                          {{"name", "example.org"}, {"took_seconds", 3.25}, {"tries", 2}}),
            "msg=\"certificate issued\" name=example.org took_seconds=3.25 tries=2");
}

TEST(Logfmt, LetsNoPeerForgeALine) {
  EXPECT_EQ(format_logfmt("x", {{"host", "a\nlevel=error msg=\"gone\"\x01"}}),
            "msg=x host=\"a\\x0alevel=error msg=\\\"gone\\\"\\x01\"");
  EXPECT_EQ(format_logfmt("x", {{"empty", ""}}), "msg=x empty=\"\"");
}

}  // namespace
}  // namespace base
