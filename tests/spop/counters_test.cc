#include "spop/counters.h"

#include <gtest/gtest.h>

namespace spop_tests {
namespace {

TEST(Counters, AreSummedOverWorkers) {
  spop::Counters first;
  spop::Counters second;
  first.acks.add(2);
  second.acks.add(3);
  second.disconnects_sent[spop::disconnect_kind(99)].add();
  spop::CounterValues sum;
  sum += first;
  sum += second;
  EXPECT_EQ(sum.acks, 5U);
  EXPECT_EQ(sum.disconnects_sent[14], 1U);
}

TEST(Counters, KnowHowManyConnectionsAreOpen) {
  spop::Counters worker;
  worker.connections_accepted.add(3);
  worker.connections_closed.add();
  spop::CounterValues sum;
  sum += worker;
  EXPECT_EQ(sum.connections_open(), 2U);
}

TEST(Counters, PutUnassignedStatusCodesTogether) {
  EXPECT_EQ(spop::disconnect_kind(13), 13U);
  EXPECT_EQ(spop::disconnect_kind(14), 15U);
  EXPECT_EQ(spop::disconnect_kind(5'000), 15U);
}

}  // namespace
}  // namespace spop_tests
