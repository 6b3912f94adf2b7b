#include "agent/cli/environment.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

TEST(Printable, KeepsUtf8) {
  EXPECT_EQ(printable("bücher → 書籍 🙂"), "bücher → 書籍 🙂");
}

TEST(Printable, ReplacesWhatDrivesATerminal) {
  EXPECT_EQ(printable("a\x1b[31m\r\n\t\x7f"), "a?[31m????");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "?31m");  // C1's CSI
}

TEST(Printable, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(printable("\xff\xc3[\xe2\x82"), std::string(2, '?') + "[" + std::string(2, '?'));
  EXPECT_EQ(printable("\xc0\xaf"), "??");
}

TEST(CutToWidth, CutsBetweenCharacters) {
  EXPECT_EQ(cut_to_width("äöü", 3), "äöü");
  EXPECT_EQ(cut_to_width("äöüß", 3), "äö…");
  EXPECT_EQ(cut_to_width("ab", 1), "…");
  EXPECT_EQ(cut_to_width("", 1), "");
}

}  // namespace
}  // namespace agent
