#include "agent/cli/progress.h"

#include <chrono>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using Verdict = Progress::Verdict;

TEST(PlainProgress, PrintsALineWhenOneChanges) {
  fakes::FakeClock clock;
  std::ostringstream out;
  PlainProgress view(out, clock);
  view.show({{"a", Verdict::waiting, "queued"}, {"b", Verdict::waiting, "queued"}});
  view.show({{"a", Verdict::waiting, "queued"}, {"b", Verdict::waiting, "queued"}});
  clock.advance(1250ms);
  view.show({{"a", Verdict::waiting, "queued"}, {"b", Verdict::served, "served \x1b[1m"}});
  EXPECT_EQ(out.str(),
            "  0.00s  a  queued\n"
            "  0.00s  b  queued\n"
            "  1.25s  b  served ?[1m\n");
}

TEST(TerminalProgress, DrawsOverWhatItDrew) {
  std::ostringstream out;
  TerminalProgress view(out, 80);
  view.show({{"a", Verdict::waiting, "queued"}, {"b", Verdict::waiting, "queued"}});
  view.show({{"a", Verdict::waiting, "queued"}, {"b", Verdict::waiting, "queued"}});
  EXPECT_EQ(out.str(), "  a  queued\n  b  queued\n");
  out.str("");
  view.show({{"a", Verdict::waiting, "queued"}, {"b", Verdict::served, "served"}});
  EXPECT_EQ(out.str(), "\x1b[2A\x1b[J✓ b  served\n  a  queued\n");
  out.str("");
  view.show({{"a", Verdict::failed, "failed"}, {"b", Verdict::served, "served"}});
  EXPECT_EQ(out.str(), "\x1b[1A\x1b[J✗ a  failed\n");
}

TEST(TerminalProgress, CutsALineThatWouldWrap) {
  std::ostringstream out;
  TerminalProgress view(out, 12);
  view.show({{"a", Verdict::waiting, "validating"}});
  EXPECT_EQ(out.str(), "  a  valid…\n");
}

TEST(TerminalProgress, CountsWhatDoesNotFit) {
  std::ostringstream out;
  TerminalProgress view(out, 80, 3);
  std::vector<Progress> lines;
  for (const char* name : {"a", "b", "c", "d"}) lines.push_back({name, Verdict::waiting, "queued"});
  view.show(lines);
  EXPECT_EQ(out.str(), "  a  queued\n  b  queued\n  and 2 more\n");
  out.str("");
  lines[0].verdict = Verdict::served;
  view.show(lines);
  EXPECT_EQ(out.str(), "\x1b[3A\x1b[J✓ a  queued\n  b  queued\n  c  queued\n  d  queued\n");
}

}  // namespace
}  // namespace agent
