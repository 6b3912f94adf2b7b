#include "agent/deployer/ledger.h"

#include <gmock/gmock.h>

#include "tests/haproxy/test_process.h"

namespace agent {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const ProcessIdentity process{7, std::chrono::sys_seconds(std::chrono::seconds(1'000))};
const haproxy::Fingerprint one(std::string(40, '1'));
const haproxy::Fingerprint two(std::string(40, '2'));

class LedgerTest : public testing::Test {
 protected:
  haproxy::test::TempFolder folder_;
  const std::string file_ = folder_.path("ledger");
};

TEST_F(LedgerTest, RemembersForTheSameProcess) {
  Ledger ledger(file_);
  EXPECT_THAT(ledger.open(process), IsEmpty());
  ledger.note("/c/a.pem", one);
  ASSERT_TRUE(ledger.flush());
  ledger.note("/c/a.pem", two);
  ledger.note("/c/b.pem", one);
  ASSERT_TRUE(ledger.flush());
  EXPECT_THAT(Ledger(file_).open(process),
              UnorderedElementsAre(Pair("/c/a.pem", two), Pair("/c/b.pem", one)));
  EXPECT_THAT(Ledger(file_).open(process), testing::SizeIs(2));
}

TEST_F(LedgerTest, ForgetsAnotherProcess) {
  Ledger ledger(file_);
  ledger.open(process);
  ledger.note("/c/a.pem", one);
  ASSERT_TRUE(ledger.flush());
  const ProcessIdentity restarted{7, process.started + std::chrono::seconds(1)};
  EXPECT_THAT(Ledger(file_).open(restarted), IsEmpty());
  EXPECT_THAT(Ledger(file_).open(process), IsEmpty());
}

TEST_F(LedgerTest, LeavesOutALineThatACrashCutShort) {
  Ledger ledger(file_);
  ledger.open(process);
  ledger.note("/c/a.pem", one);
  ledger.note("/c/b.pem", two);
  ASSERT_TRUE(ledger.flush());
  std::string text = haproxy::test::read_file(file_);
  while (text.size() > 1) {
    text.pop_back();
    haproxy::test::write_file(file_, text);
    for (const auto& [path, fingerprint] : Ledger(file_).open(process)) {
      EXPECT_EQ(fingerprint, path == "/c/a.pem" ? one : two) << text;
      EXPECT_TRUE(path == "/c/a.pem" || path == "/c/b.pem") << path;
    }
  }
}

TEST_F(LedgerTest, SaysOnceThatItCannotBeWritten) {
  Ledger ledger(file_);
  ledger.open(process);
  std::filesystem::remove(file_);
  ledger.note("/c/a.pem", one);
  EXPECT_FALSE(ledger.flush());
  ledger.note("/c/b.pem", one);
  EXPECT_TRUE(ledger.flush());
}

TEST_F(LedgerTest, WithoutAFileKeepsNothing) {
  Ledger ledger("");
  EXPECT_THAT(ledger.open(process), IsEmpty());
  ledger.note("/c/a.pem", one);
  EXPECT_TRUE(ledger.flush());
}

}  // namespace
}  // namespace agent
