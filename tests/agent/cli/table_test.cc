#include "agent/cli/table.h"

#include <sstream>

#include <gtest/gtest.h>

namespace agent {
namespace {

TEST(Table, IsAsWideAsItsTexts) {
  Table table({"NAME", "STATE"});
  table.add({"bücher.example", "ready"});
  table.add({"a", "x"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(),
            "NAME            STATE\n"
            "bücher.example  ready\n"
            "a               x\n");
}

TEST(Table, PrintsNothingWithoutRows) {
  Table table({"NAME"});
  std::ostringstream out;
  table.print(out);
  EXPECT_EQ(out.str(), "");
}

TEST(Table, GoesOnWithoutHeadings) {
  Table table({"A", "B"});
  std::ostringstream out;
  table.add({"long", "x"});
  table.print(out);
  table.add({"s", "y"});
  table.print(out);
  EXPECT_EQ(out.str(), "A     B\nlong  x\ns     y\n");
}

TEST(Table, KeepsATextInItsCell) {
  Table table({"A", "B"});
  std::ostringstream out;
  table.add({"two\nlines", "\x1b]0;title\x07"});
  table.print(out);
  EXPECT_EQ(out.str(), "A          B\ntwo?lines  ?]0;title?\n");
}

}  // namespace
}  // namespace agent
