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

/// Renews until the queue holds the next one back; how many.
int renew_all_that_may(WorkQueue& queue, std::chrono::milliseconds took, unsigned threads) {
  int count = 0;
  for (; !queue.take(10, now).empty(); ++count) queue.rest_after_renewal(took, threads, now);
  return count;
}

TEST(WorkQueue, LetsAFewRenewalsGoAtOnceAndPacesTheOthers) {
  WorkQueue queue(1000ms);
  for (int i = 0; i < 100; ++i) queue.put(std::to_string(i), WorkKind::renew);
  EXPECT_EQ(renew_all_that_may(queue, 1ms, 1), 21);
  EXPECT_EQ(queue.next_time(now), now + 600ms);
  EXPECT_EQ(queue.take(10, now + 600ms).size(), 1u);
  queue.rest_after_renewal(1ms, 1, now + 600ms);
  EXPECT_EQ(queue.next_time(now + 600ms), now + 1200ms);
  EXPECT_EQ(queue.take(10, now + 1h).size(), 1u) << "a rest gives back what is allowed at once";
  queue.rest_after_renewal(1ms, 1, now + 1h);
  EXPECT_EQ(queue.next_time(now + 1h), now + 1h);
}

TEST(WorkQueue, SharesThePauseAmongThreadsAndHasALongestOne) {
  WorkQueue queue(500ms);
  for (int i = 0; i < 100; ++i) queue.put(std::to_string(i), WorkKind::renew);
  renew_all_that_may(queue, 2ms, 4);
  EXPECT_EQ(queue.next_time(now), now + 300ms);
  WorkQueue slow(500ms);
  for (int i = 0; i < 100; ++i) slow.put(std::to_string(i), WorkKind::renew);
  renew_all_that_may(slow, 20ms, 1);
  EXPECT_EQ(slow.next_time(now), now + 500ms);
}

TEST(WorkQueue, LeavesHaproxyItsPaceBetweenRenewalsAndNothingElse) {
  WorkQueue queue(100ms);
  for (int i = 0; i < 21; ++i) queue.put("0" + std::to_string(i), WorkKind::renew);
  EXPECT_EQ(renew_all_that_may(queue, 1ms, 1), 21);
  queue.put("b", WorkKind::renew);
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
  for (int i = 0; i < 36'021; ++i) queue.put(std::to_string(i), WorkKind::renew);
  EXPECT_EQ(renew_all_that_may(queue, 10ms, 1), 21);
  EXPECT_GT(queue.next_time(now), now + 50ms);
  EXPECT_LE(queue.next_time(now), now + 100ms);
}

TEST(WorkQueue, DoesNotKeepRemovalsBehindRenewalsThatWait) {
  WorkQueue queue(100ms);
  for (int i = 0; i < 22; ++i) queue.put("0" + std::to_string(i), WorkKind::renew);
  EXPECT_EQ(renew_all_that_may(queue, 1ms, 1), 21);
  queue.put("c", WorkKind::remove);
  EXPECT_THAT(queue.take(10, now), ElementsAre("c"));
}

}  // namespace
}  // namespace agent
