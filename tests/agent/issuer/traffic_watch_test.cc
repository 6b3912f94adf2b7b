#include "agent/issuer/traffic_watch.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/store/sqlite_store.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/virtual_time.h"
#include "tests/haproxy/asio/await.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

base::DomainName name(std::string_view text) {
  return *base::DomainName::parse(text);
}

class TrafficWatchTest : public testing::Test {
 protected:
  TrafficWatchTest() {
    const std::vector<HostnameSettings> settings = {
        {name("busy.example")}, {name("quiet.example")}, {name("*.wild.example")}};
    haproxy::test::await(control_, database_.run([&settings, now = time_.wall()](Store& store) {
      return store.add_hostnames(settings, now);
    })).value();
    const HostnameState served{.served_until = time_.wall() + 24h * 60};
    for (const HostnameSettings& one : settings) lookup_.put(one.name.text(), served);
  }
  void ask_for(const std::string& host) {
    const std::vector<spop::ArgumentView> arguments = {{"host", spop::TypedData::string(host)}};
    const std::vector<spop::MessageView> messages = {{"tls-status", arguments}};
    spop::NotifyView notify{spop::StreamId(1), spop::FrameId(1), messages};
    answers_.prefetch({&notify, 1});
  }
  void start() { base::asio::co_spawn(control_, watch_.run(), base::log_failure(log_, "watch")); }
  void run_for(std::chrono::milliseconds passed) {
    const base::MonotonicTime end = time_.monotonic() + passed;
    while (time_.monotonic() < end) {
      control_.restart();
      if (control_.poll() > 0) continue;
      stored();  // the database's thread has done what it was given
      time_.leap(control_);
    }
  }
  std::vector<HostnameTraffic> stored() {
    auto read = [](Store& store) { return store.traffic(100); };
    return haproxy::test::await(control_, database_.run(read)).value();
  }

  fakes::VirtualTime time_;
  const TemporaryFolder folder_;
  fakes::FakeRandom random_;
  base::NullLog log_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();
  base::asio::io_context control_{1};
  Database database_{
      SqliteStore::open(sqlite::Connection::open(folder_ / "store.db").value(), *sealer_).value()};
  Lookup lookup_{random_};
  SpopAnswers answers_{lookup_, time_};
  TrafficWatch watch_{{database_, lookup_, answers_, time_, log_}};
};

TEST_F(TrafficWatchTest, StoresHowBusyOurHostnamesAre) {
  start();
  for (int second = 0; second < 299; ++second) {
    ask_for("BUSY.example:443");
    time_.advance(SpopAnswers::between_samples);
    if (second % 100 == 0) ask_for("quiet.example.");
    time_.advance(SpopAnswers::between_samples);
    ask_for("any.wild.example");
    time_.advance(SpopAnswers::between_samples);
    ask_for("nobody.example");
    run_for(900ms);
  }
  EXPECT_THAT(stored(), IsEmpty());
  run_for(1min);
  EXPECT_THAT(stored(),
              UnorderedElementsAre(HostnameTraffic{name("busy.example"), 5},
                                   HostnameTraffic{name("*.wild.example"), 5},
                                   HostnameTraffic{name("quiet.example"), 1}));
}

TEST_F(TrafficWatchTest, LetsWhatNobodyAsksForSink) {
  const auto save = [](Store& store) {
    return store.save_traffic(std::vector<HostnameTraffic>{{name("busy.example"), 2}});
  };
  ASSERT_TRUE(haproxy::test::await(control_, database_.run(save)));
  start();
  run_for(6h);
  EXPECT_THAT(stored(), IsEmpty());
}

TEST_F(TrafficWatchTest, SeesNoMoreThanOneHostInAWhile) {
  start();
  for (int i = 0; i < 1'000; ++i) ask_for("busy.example");
  run_for(6min);
  EXPECT_THAT(stored(), UnorderedElementsAre(HostnameTraffic{name("busy.example"), 1}));
}

}  // namespace
}  // namespace agent
