#include "agent/deployer/work_queue.h"

#include <gmock/gmock.h>

namespace agent {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const WorkQueue::Time now{};

TEST(WorkQueue, GivesWhatIsMissingFirstAndRemovalsLast) {
  WorkQueue queue(0ms);
  queue.put("a", WorkKind::remove);
  queue.put("b", WorkKind::renew);
  queue.put("c", WorkKind::load);
  queue.put("d", WorkKind::load);
  EXPECT_THAT(queue.take(10, now), ElementsAre("c", "d"));
  EXPECT_THAT(queue.take(10, now), ElementsAre("b"));
  EXPECT_THAT(queue.take(10, now), ElementsAre("a"));
  EXPECT_TRUE(queue.empty());
}

TEST(WorkQueue, HasEachPathOnce) {
  WorkQueue queue(0ms);
  queue.put("a", WorkKind::load);
  queue.put("a", WorkKind::remove);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_THAT(queue.take(10, now), ElementsAre("a"));
}

TEST(WorkQueue, LeavesHaproxyItsPaceBetweenRenewalsAndNothingElse) {
  WorkQueue queue(100ms);
  for (const char* path : {"a", "b"}) queue.put(path, WorkKind::renew);
  EXPECT_THAT(queue.take(10, now), ElementsAre("a"));
  EXPECT_THAT(queue.take(10, now), IsEmpty());
  EXPECT_EQ(queue.next_time(now), now + 100ms);
  queue.put("c", WorkKind::load);
  EXPECT_EQ(queue.next_time(now), now);
  EXPECT_THAT(queue.take(10, now), ElementsAre("c"));
  EXPECT_THAT(queue.take(10, now + 100ms), ElementsAre("b"));
  EXPECT_EQ(queue.next_time(now), std::nullopt);
}

TEST(WorkQueue, HurriesIfItsPaceWouldTakeMoreThanAnHour) {
  WorkQueue queue(1000ms);
  for (int i = 0; i < 36'000; ++i) queue.put(std::to_string(i), WorkKind::renew);
  EXPECT_EQ(queue.take(10, now).size(), 1u);
  EXPECT_EQ(queue.next_time(now), now + 100ms);
}

TEST(WorkQueue, DoesNotKeepRemovalsBehindRenewalsThatWait) {
  WorkQueue queue(100ms);
  queue.put("a", WorkKind::renew);
  queue.put("b", WorkKind::renew);
  queue.put("c", WorkKind::remove);
  EXPECT_THAT(queue.take(10, now), ElementsAre("a"));
  EXPECT_THAT(queue.take(10, now), ElementsAre("c"));
}

}  // namespace
}  // namespace agent
