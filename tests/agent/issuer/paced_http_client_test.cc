#include "agent/issuer/paced_http_client.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/virtual_time.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using acme::RequestKind;
using testing::Each;
using testing::ElementsAre;
using testing::Eq;
using testing::Ge;
using testing::Gt;
using testing::Le;
using testing::Lt;

/// Notes what arrives when, and answers as told.
class NotingClient final : public acme::HttpClient {
 public:
  NotingClient(base::asio::io_context& context, const base::Clock& clock)
      : context_(context), clock_(clock), start_(clock.monotonic()) {}

  struct Arrival {
    RequestKind kind;
    std::chrono::milliseconds at;
  };
  std::vector<Arrival> arrivals;
  acme::HttpResponse answer{200, {}, ""};

  void send(acme::HttpRequest request, Callback done) override {
    arrivals.push_back(
        {request.kind,
         std::chrono::duration_cast<std::chrono::milliseconds>(clock_.monotonic() - start_)});
    base::asio::post(context_, [done = std::move(done), reply = answer] { done(reply); });
  }

  std::vector<std::chrono::milliseconds> times(RequestKind kind) const {
    std::vector<std::chrono::milliseconds> times;
    for (const Arrival& one : arrivals) {
      if (one.kind == kind) times.push_back(one.at);
    }
    return times;
  }

 private:
  base::asio::io_context& context_;
  const base::Clock& clock_;
  const base::MonotonicTime start_;
};

class PacedHttpClientTest : public testing::Test {
 protected:
  void send(RequestKind kind, int times = 1) {
    for (int i = 0; i < times; ++i) {
      acme::HttpRequest request{
          acme::HttpMethod::post, *acme::Url::parse("https://ca.example/x"), {}, {}, {}, {}, kind};
      paced_.send(std::move(request), [this](base::Result<acme::HttpResponse, acme::Error> reply) {
        replies_.push_back(reply.value());
      });
    }
  }
  void run_for(std::chrono::milliseconds time) {
    const base::MonotonicTime end = time_.monotonic() + time;
    base::asio::steady_timer timer(context_, time);
    timer.async_wait([](boost::system::error_code) {});
    context_.restart();
    do {
      while (context_.poll() > 0) context_.restart();
      if (time_.monotonic() < end) time_.leap(context_);
    } while (time_.monotonic() < end);
    context_.restart();
    context_.poll();
  }
  std::vector<int> statuses() const {
    std::vector<int> statuses;
    for (const acme::HttpResponse& reply : replies_) statuses.push_back(reply.status);
    return statuses;
  }
  PacedHttpClient::Figures figures(RequestKind kind) const {
    for (const auto& one : paced_.figures()) {
      if (one.kind == kind) return one;
    }
    return {};
  }

  fakes::VirtualTime time_;
  base::asio::io_context context_{1};
  NotingClient inner_{context_, time_};
  PacedHttpClient paced_{inner_, context_.get_executor(), time_};
  std::vector<acme::HttpResponse> replies_;
};

TEST_F(PacedHttpClientTest, SendsAtOnceWithoutLimits) {
  send(RequestKind::other, 500);
  EXPECT_EQ(inner_.arrivals.size(), 500U);
  EXPECT_EQ(figures(RequestKind::other).delayed, 0U);
}

TEST_F(PacedHttpClientTest, SpreadsWhatExceedsTheBurst) {
  paced_.restrict_to({.new_order = RequestLimit{10, 2}}, 1);
  send(RequestKind::new_order, 5);
  EXPECT_EQ(figures(RequestKind::new_order).waiting, 3U);
  run_for(1s);
  EXPECT_THAT(inner_.times(RequestKind::new_order), ElementsAre(0ms, 0ms, 100ms, 200ms, 300ms));
  EXPECT_EQ(figures(RequestKind::new_order).delayed, 3U);
  EXPECT_EQ(figures(RequestKind::new_order).waited, 600ms);
  EXPECT_EQ(replies_.size(), 5U);
}

TEST_F(PacedHttpClientTest, LetsNoOtherKindWait) {
  paced_.restrict_to({.new_order = RequestLimit{1, 1}}, 1);
  send(RequestKind::new_order, 5);
  send(RequestKind::other, 20);
  send(RequestKind::renewal_info, 20);
  EXPECT_THAT(inner_.times(RequestKind::other), Each(Eq(0ms)));
  EXPECT_EQ(inner_.arrivals.size(), 41U);
}

TEST_F(PacedHttpClientTest, FinishesOpenOrdersBeforeItPlacesNewOnes) {
  paced_.restrict_to({.other = RequestLimit{10, 1}}, 1);
  send(RequestKind::other, 4);
  send(RequestKind::new_order, 2);
  run_for(1s);
  EXPECT_THAT(inner_.times(RequestKind::other), ElementsAre(0ms, 100ms, 200ms, 300ms));
  EXPECT_THAT(inner_.times(RequestKind::new_order), Each(testing::AllOf(Gt(299ms), Lt(310ms))));
}

TEST_F(PacedHttpClientTest, DoesNotLetANewOrderWaitForEver) {
  paced_.restrict_to({.other = RequestLimit{10, 1}}, 1);
  send(RequestKind::other, 2);
  send(RequestKind::new_order);
  for (int i = 0; i < 400; ++i) {  // there is always one that waits
    send(RequestKind::other);
    run_for(100ms);
  }
  ASSERT_EQ(inner_.times(RequestKind::new_order).size(), 1U);
  EXPECT_THAT(inner_.times(RequestKind::new_order).front(), testing::AllOf(Ge(29s), Le(31s)));
}

TEST_F(PacedHttpClientTest, SlowsOnlyTheEndpointThatAskedForIt) {
  inner_.answer = {503, {{"retry-after", "7"}}, ""};
  send(RequestKind::renewal_info);
  run_for(1ms);
  inner_.answer = {200, {}, ""};
  send(RequestKind::renewal_info);
  send(RequestKind::new_order);
  send(RequestKind::other);
  run_for(10s);
  EXPECT_THAT(inner_.times(RequestKind::new_order), ElementsAre(Le(2ms)));
  EXPECT_THAT(inner_.times(RequestKind::other), ElementsAre(Le(2ms)));
  ASSERT_EQ(inner_.times(RequestKind::renewal_info).size(), 2U);
  EXPECT_GE(inner_.times(RequestKind::renewal_info).back(), 7s);
}

TEST_F(PacedHttpClientTest, LeavesLimitsOfOrdersToTheBudgets) {
  inner_.answer = {429, {{"retry-after", "7"}}, ""};
  send(RequestKind::new_order);
  send(RequestKind::other);
  run_for(1ms);
  send(RequestKind::new_order);
  send(RequestKind::other);
  EXPECT_EQ(inner_.times(RequestKind::new_order).size(), 2U);
  EXPECT_EQ(inner_.times(RequestKind::other).size(), 1U);
}

TEST_F(PacedHttpClientTest, AnswersWhatWouldWaitForTooLongItself) {
  inner_.answer = {503, {{"retry-after", "120"}}, ""};
  send(RequestKind::other);
  run_for(1ms);
  send(RequestKind::other, 2);
  run_for(1ms);
  EXPECT_EQ(inner_.arrivals.size(), 1U);
  ASSERT_THAT(statuses(), ElementsAre(503, 503, 503));
  EXPECT_EQ(find_header(replies_.back(), "retry-after"), "120");
  EXPECT_EQ(figures(RequestKind::other).refused, 2U);
}

TEST_F(PacedHttpClientTest, SendsBackWhatWaitedWhenThePauseTurnsOutLong) {
  paced_.restrict_to({.other = RequestLimit{1, 1}}, 1);
  inner_.answer = {503, {{"retry-after", "120"}}, ""};
  send(RequestKind::other, 3);
  run_for(1ms);
  EXPECT_THAT(statuses(), ElementsAre(503, 503, 503));
  EXPECT_EQ(inner_.arrivals.size(), 1U);
}

TEST_F(PacedHttpClientTest, AsksAgainAfterAQuarterOfAnHour) {
  inner_.answer = {503, {{"retry-after", "86400"}}, ""};
  send(RequestKind::other);
  run_for(15min);
  send(RequestKind::other);
  EXPECT_EQ(inner_.arrivals.size(), 2U);
}

TEST_F(PacedHttpClientTest, BoundsItsQueueByWhatMayLeaveInTime) {
  paced_.restrict_to({.new_nonce = RequestLimit{20, 10}}, 1);
  send(RequestKind::new_nonce, 2'000);
  EXPECT_EQ(figures(RequestKind::new_nonce).waiting, 600U);
  run_for(1ms);
  EXPECT_EQ(figures(RequestKind::new_nonce).refused, 1'390U);
  run_for(31s);
  EXPECT_EQ(inner_.arrivals.size(), 610U);
}

TEST_F(PacedHttpClientTest, LetsEverythingPassOnceItIsStopped) {
  paced_.restrict_to({.other = RequestLimit{1, 1}}, 1);
  send(RequestKind::other, 3);
  paced_.stop();
  send(RequestKind::other);
  EXPECT_EQ(inner_.arrivals.size(), 4U);
}

TEST_F(PacedHttpClientTest, CallsNobodyBackAfterItsEnd) {
  int called = 0;
  {
    PacedHttpClient paced(inner_, context_.get_executor(), time_);
    paced.restrict_to({.other = RequestLimit{1, 1}}, 1);
    for (int i = 0; i < 40; ++i) {
      paced.send({acme::HttpMethod::get, *acme::Url::parse("https://ca.example/x"), {}, {}, {}},
                 [&called](const auto&) { ++called; });
    }
  }
  run_for(1s);
  EXPECT_EQ(called, 1);  // by the transport, which lives
}

}  // namespace
}  // namespace agent
