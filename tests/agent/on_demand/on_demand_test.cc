#include "agent/on_demand/on_demand.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/on_demand/permissions.h"
#include "agent/platform/zone_changes.h"
#include "agent/store/sqlite_store.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/agent/store_asio/leap.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/virtual_time.h"
#include "tests/haproxy/asio/await.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

base::DomainName name(std::string_view text) {
  return *base::DomainName::parse(text);
}

/// Says what the test says, after a while if it is to.
class ScriptedPermission final : public Permission {
 public:
  Permit permit = Permit::yes;
  std::chrono::milliseconds takes{0};
  std::vector<std::string> asked;

  base::asio::awaitable<Permit> ask(base::DomainName asked_for) override {
    asked.push_back(asked_for.text());
    base::asio::steady_timer timer(co_await base::asio::this_coro::executor, takes);
    boost::system::error_code ignored;
    co_await timer.async_wait(base::into(ignored));
    co_return permit;
  }
};

class OnDemandTest : public testing::Test, private OnDemandListener {
 protected:
  template <class F>
  auto with_store(F call) {
    return haproxy::test::await(control_, database_.run(std::move(call))).value();
  }
  void start(OnDemandOptions options = {}, PlatformRules rules = {}) {
    OnDemandListener& listener = *this;
    on_demand_ = std::make_unique<OnDemand>(
        OnDemand::Parts{database_, lookup_, answers_, *permission_, time_, log_},
        options,
        std::move(rules),
        listener);
    base::asio::co_spawn(control_, on_demand_->run(), base::log_failure(log_, "on demand"));
  }
  /// As a worker does.
  void request(const std::string& host) {
    const std::vector<spop::ArgumentView> arguments = {{"host", spop::TypedData::string(host)}};
    const std::vector<spop::MessageView> messages = {{"tls-status", arguments}};
    spop::NotifyView notify{spop::StreamId(1), spop::FrameId(1), messages};
    answers_.prefetch({&notify, 1});
    spop::ByteBuffer output;
    spop::ActionWriter actions(output);
    NoDeferral deferral;
    answers_.answer(notify, actions, deferral);
  }
  void request_and_wait(const std::string& host) {
    request(host);
    run_for(1s);
  }
  void run_for(std::chrono::milliseconds passed) {
    test::run_for(passed, time_, control_, waiting_, database_);
  }
  std::optional<HostnameDetail> hostname(std::string_view text) {
    return with_store([text](Store& store) { return store.hostname(name(text)); });
  }
  std::vector<std::string> hostnames() {
    const HostnamePage page = with_store([](Store& store) { return store.list_hostnames({}, {}); });
    std::vector<std::string> texts;
    for (const HostnameDetail& one : page.hostnames) texts.push_back(one.hostname.name.text());
    return texts;
  }
  void hostnames_added(std::span<const base::DomainName> names) override {
    for (const base::DomainName& one : names) lookup_.put(one.text(), {});
  }
  const OnDemand::Figures& figures() const { return on_demand_->figures(); }

  class NoDeferral final : public spop::Deferral {
   public:
    std::optional<spop::Ticket> defer() override { return std::nullopt; }
  };

  fakes::VirtualTime time_;
  const TemporaryFolder folder_;
  fakes::FakeRandom random_;
  base::NullLog log_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();
  base::asio::io_context control_{1};
  base::asio::io_context waiting_{1};  ///< of run_for()
  Database database_{
      SqliteStore::open(sqlite::Connection::open(folder_ / "store.db").value(), *sealer_).value()};
  Lookup lookup_{random_};
  SpopAnswers answers_{lookup_, time_, {SpopAnswers::Unknown::kept}};
  ScriptedPermission scripted_;
  Permission* permission_ = &scripted_;
  std::unique_ptr<OnDemand> on_demand_;
};

TEST_F(OnDemandTest, AnUnknownNameThatIsPermittedBecomesAHostname) {
  start();
  request_and_wait("Shop.Example.org:80");
  EXPECT_THAT(hostnames(), ElementsAre("shop.example.org"));
  EXPECT_EQ(figures().added, 1u);
  const auto events =
      with_store([](Store& store) { return store.events({.subject = "shop.example.org"}); });
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, EventKind::hostname_added);
  EXPECT_EQ(events[0].actor, "on-demand");
}

TEST_F(OnDemandTest, ManyRequestsForANameAreOneQuestion) {
  scripted_.permit = Permit::no;
  scripted_.takes = 10s;
  start();
  for (int i = 0; i < 30; ++i) request_and_wait("a.example.org");
  EXPECT_THAT(scripted_.asked, ElementsAre("a.example.org"));
  EXPECT_THAT(hostnames(), IsEmpty());
}

TEST_F(OnDemandTest, ANoIsGoodForItsTime) {
  scripted_.permit = Permit::no;
  start({.no_ttl = 1h});
  request_and_wait("a.example.org");
  run_for(59min);
  request_and_wait("a.example.org");
  EXPECT_THAT(scripted_.asked, SizeIs(1));
  run_for(1min);
  request_and_wait("a.example.org");
  EXPECT_THAT(scripted_.asked, SizeIs(2));
}

TEST_F(OnDemandTest, AYesIsGoodForItsTimeThoughTheHostnameWasRemoved) {
  start({.yes_ttl = 1h});
  request_and_wait("a.example.org");
  with_store(
      [](Store& store) { return store.remove_hostnames(std::vector{name("a.example.org")}, {}); });
  lookup_.remove("a.example.org");
  request_and_wait("a.example.org");
  EXPECT_THAT(hostnames(), IsEmpty());
  run_for(1h);
  request_and_wait("a.example.org");
  EXPECT_THAT(hostnames(), ElementsAre("a.example.org"));
  EXPECT_THAT(scripted_.asked, SizeIs(2));
}

TEST_F(OnDemandTest, WithoutAnAnswerItIsAskedAgainSoon) {
  scripted_.permit = Permit::later;
  start({.retry = 1min});
  request_and_wait("a.example.org");
  request_and_wait("a.example.org");
  EXPECT_THAT(scripted_.asked, SizeIs(1));
  scripted_.permit = Permit::yes;
  run_for(1min);
  request_and_wait("a.example.org");
  EXPECT_THAT(scripted_.asked, SizeIs(2));
  EXPECT_THAT(hostnames(), ElementsAre("a.example.org"));
}

TEST_F(OnDemandTest, ARegisteredDomainGetsNoMoreThanItsLimit) {
  start({.limit = {2, 1h}});
  for (const char* const host : {"a.example.org", "b.example.org", "c.example.org"}) {
    request_and_wait(host);
  }
  request_and_wait("a.example.net");
  EXPECT_THAT(hostnames(), ElementsAre("a.example.net", "a.example.org", "b.example.org"));
  EXPECT_EQ(figures().limited, 1u);
  EXPECT_THAT(scripted_.asked, SizeIs(3)) << "nobody is asked while there is no room";
  run_for(30min);
  request_and_wait("c.example.org");
  EXPECT_THAT(hostnames(), SizeIs(4));
}

TEST_F(OnDemandTest, WhatWasPermittedTogetherIsNotAskedAgainWhenThereIsRoom) {
  scripted_.takes = 5s;
  start({.limit = {1, 1h}, .yes_ttl = 24h});
  request("a.example.org");
  request("b.example.org");
  run_for(10s);
  EXPECT_THAT(hostnames(), SizeIs(1));
  EXPECT_THAT(scripted_.asked, SizeIs(2));
  run_for(1h);
  request_and_wait("a.example.org");
  request_and_wait("b.example.org");
  EXPECT_THAT(hostnames(), SizeIs(2));
  EXPECT_THAT(scripted_.asked, SizeIs(2));
}

TEST_F(OnDemandTest, AFloodOfNamesIsBounded) {
  scripted_.takes = 1h;
  start({.queue = 5});
  run_for(1s);
  for (int i = 0; i < 200; ++i) request("a.n" + std::to_string(i) + ".example.org");
  run_for(1s);
  for (int i = 0; i < 200; ++i) request("b.n" + std::to_string(i) + ".example.org");
  run_for(1s);
  EXPECT_THAT(scripted_.asked.size(), OnDemand::asked_at_once);
  EXPECT_LE(figures().waiting, 5u);
  EXPECT_GE(figures().dropped, 400 - 2 * 5 - OnDemand::asked_at_once);
}

TEST_F(OnDemandTest, WhatWaitsInTheQueueHasItsTurn) {
  scripted_.takes = 5s;
  start({.queue = 100});
  for (int i = 0; i < 15; ++i) request("n" + std::to_string(i) + ".example.org");
  run_for(20s);
  EXPECT_THAT(hostnames(), SizeIs(15));
  EXPECT_EQ(figures().waiting, 0u);
}

TEST_F(OnDemandTest, NobodyIsAskedAboutWhatNoHostnameIs) {
  start({.max_labels = 4});
  for (const char* const host : {"192.0.2.1",
                                 "[2001:db8::1]",
                                 "under_score.example.org",
                                 "localhost",
                                 "www.www.example.org",
                                 "a.b.c.example.org"}) {
    request_and_wait(host);
  }
  EXPECT_THAT(scripted_.asked, IsEmpty());
  EXPECT_EQ(figures().guarded, 2u);
}

TEST_F(OnDemandTest, NobodyIsAskedAboutAHostnameThatCameMeanwhile) {
  start();
  request("a.example.org");
  lookup_.put("a.example.org", {});
  run_for(1s);
  EXPECT_THAT(scripted_.asked, IsEmpty());
}

TEST_F(OnDemandTest, ThePlatformsRulesHoldHereToo) {
  PlatformRules rules;
  rules.challenges.types = {};
  start({}, rules);
  request_and_wait("a.example.org");
  EXPECT_THAT(hostnames(), IsEmpty());
  EXPECT_EQ(figures().refused, 1u);
}

TEST_F(OnDemandTest, WhatIsInAZoneIsItsTenants) {
  with_store([](Store& store) { return store.put_tenant({.id = "alice"}, {}); });
  with_store([](Store& store) {
    return put_zone(store, Actor{}, {name("example.org"), "alice"}, {});
  });
  ZonePermission permission(database_, log_);
  permission_ = &permission;
  start();
  request_and_wait("a.example.org");
  request_and_wait("a.example.net");
  request_and_wait("a.notexample.org");
  EXPECT_THAT(hostnames(), ElementsAre("a.example.org"));
  EXPECT_EQ(hostname("a.example.org")->hostname.zone, name("example.org"));
}

}  // namespace
}  // namespace agent
