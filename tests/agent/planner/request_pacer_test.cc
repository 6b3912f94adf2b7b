#include "agent/planner/request_pacer.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;
using acme::RequestKind;

constexpr base::MonotonicTime start{std::chrono::hours(1)};

RequestPacer pacer_of(RequestLimit new_orders) {
  RequestPacer pacer;
  pacer.restrict_to({.new_order = new_orders}, 1);
  return pacer;
}

TEST(RequestPacer, LetsEverythingPassWithoutLimits) {
  RequestPacer pacer;
  for (const RequestKind kind : all_request_kinds) {
    for (int i = 0; i < 1'000; ++i) pacer.take(kind, start);
    EXPECT_EQ(pacer.opens_at(kind, start), start);
  }
}

TEST(RequestPacer, LetsABurstPassAndThenTheRate) {
  RequestPacer pacer = pacer_of({.per_second = 10, .burst = 3});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pacer.opens_at(RequestKind::new_order, start), start);
    pacer.take(RequestKind::new_order, start);
  }
  EXPECT_EQ(pacer.opens_at(RequestKind::new_order, start), start + 100ms);
  EXPECT_EQ(pacer.opens_at(RequestKind::new_order, start, 5), start + 500ms);
  EXPECT_EQ(pacer.opens_at(RequestKind::other, start), start);
}

TEST(RequestPacer, UsesItsPartOfTheLimitOnly) {
  RequestPacer pacer;
  pacer.restrict_to({.new_order = RequestLimit{10, 10}}, 0.5);
  for (int i = 0; i < 5; ++i) pacer.take(RequestKind::new_order, start);
  EXPECT_EQ(pacer.opens_at(RequestKind::new_order, start), start + 200ms);
}

TEST(RequestPacer, KeepsTheStricterLimitOfTwoAccounts) {
  RequestPacer pacer = pacer_of({.per_second = 10, .burst = 3});
  pacer.restrict_to({.new_order = RequestLimit{20, 1}}, 1);
  pacer.restrict_to({}, 1);
  pacer.take(RequestKind::new_order, start);
  EXPECT_EQ(pacer.opens_at(RequestKind::new_order, start), start + 100ms);
}

TEST(RequestPacer, HoldsBackOnlyTheKindThatTheServerMeant) {
  RequestPacer pacer;
  pacer.hold(RequestKind::renewal_info, start + 5s);
  pacer.hold(RequestKind::renewal_info, start + 2s);
  EXPECT_EQ(pacer.opens_at(RequestKind::renewal_info, start), start + 5s);
  EXPECT_EQ(pacer.opens_at(RequestKind::renewal_info, start + 6s), start + 6s);
  EXPECT_EQ(pacer.opens_at(RequestKind::other, start), start);
}

TEST(RequestPacer, RefillsWhileItHolds) {
  RequestPacer pacer = pacer_of({.per_second = 10, .burst = 3});
  for (int i = 0; i < 3; ++i) pacer.take(RequestKind::new_order, start);
  pacer.hold(RequestKind::new_order, start + 5s);
  EXPECT_EQ(pacer.opens_at(RequestKind::new_order, start, 3), start + 5s);
  EXPECT_EQ(pacer.opens_at(RequestKind::new_order, start, 4), start + 5100ms);
}

}  // namespace
}  // namespace agent
