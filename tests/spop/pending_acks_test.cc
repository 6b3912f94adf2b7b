#include "spop/pending_acks.h"

#include <gtest/gtest.h>

namespace spop_tests {
namespace {

using spop::PendingAck;
using spop::PendingAcks;
using std::chrono_literals::operator""ms;

class PendingAcksTest : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint64_t serial = 0; serial < 3; ++serial) {
      pending_.add({serial,
                    spop::StreamId(serial),
                    spop::FrameId(1),
                    start_ + std::chrono::milliseconds(serial),
                    {}});
    }
  }

  PendingAcks pending_;
  base::MonotonicTime start_{};
};

TEST_F(PendingAcksTest, GivesEachOnce) {
  EXPECT_EQ(pending_.take(1)->stream_id, spop::StreamId(1));
  EXPECT_FALSE(pending_.take(1));
  EXPECT_FALSE(pending_.take(77));
  EXPECT_EQ(pending_.size(), 2U);
}

TEST_F(PendingAcksTest, GivesWhatHasExpiredOldestFirst) {
  EXPECT_EQ(pending_.next_deadline(), start_);
  EXPECT_EQ(pending_.take_expired(start_ + 1ms)->serial, 0U);
  EXPECT_EQ(pending_.take_expired(start_ + 1ms)->serial, 1U);
  EXPECT_FALSE(pending_.take_expired(start_ + 1ms));
  EXPECT_EQ(pending_.next_deadline(), start_ + 2ms);
}

TEST_F(PendingAcksTest, HasNoDeadlineWhenEmpty) {
  pending_.clear();
  EXPECT_TRUE(pending_.empty());
  EXPECT_EQ(pending_.next_deadline(), std::nullopt);
  EXPECT_FALSE(pending_.take_expired(base::MonotonicTime::max()));
}

}  // namespace
}  // namespace spop_tests
