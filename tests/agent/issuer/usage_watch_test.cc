#include "agent/issuer/usage_watch.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/store/sqlite_store.h"
#include "tests/agent/dns/scripted_resolver.h"
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

constexpr auto a = dns::RecordType::a;

base::DomainName name(std::string_view text) {
  return *base::DomainName::parse(text);
}

class UsageWatchTest : public testing::Test, private UsageListener {
 protected:
  UsageWatchTest() { lead_to("a.example", "192.0.2.1"); }

  template <class F>
  auto with_store(F call) {
    return haproxy::test::await(control_, database_.run(std::move(call)));
  }
  /// A hostname with a certificate that is renewed after 60 of 90 days.
  void add(std::string_view text) {
    const base::WallTime now = time_.wall();
    CertificateBundle bundle;
    bundle.certificate = {.authority = "ca", .names = {name(text)}, .serial = std::string(text)};
    bundle.certificate.not_before = now;
    bundle.certificate.not_after = now + 24h * 90;
    bundle.certificate.renew_at = now + 24h * 60;
    bundle.certificate.bundle_path = std::string(text) + ".pem";
    const auto issue = [&](Store& store) -> StoreResult<CertificateId> {
      const std::vector<HostnameSettings> settings = {{name(text)}};
      if (const auto added = store.add_hostnames(settings, now); !added) {
        return base::Unexpected(added.error());
      }
      const std::vector<NewOrder> orders = {{"ca", {name(text)}}};
      const auto created = store.create_orders(orders, now);
      if (!created) return base::Unexpected(created.error());
      return store.finish_order(created->front().id, bundle, now);
    };
    ASSERT_TRUE(with_store(issue));
  }
  void lead_to(std::string_view text, const char* address) {
    resolver_.set(text, a, {dns::Address{address}});
  }
  void start() {
    UsageListener& listener = *this;
    watch_ =
        std::make_unique<UsageWatch>(UsageWatch::Parts{database_, resolver_, time_, random_, log_},
                                     UsageOptions{24h * 30, {"192.0.2.1"}},
                                     listener);
    base::asio::co_spawn(control_, watch_->run(), base::log_failure(log_, "watch"));
  }
  void run_for(std::chrono::milliseconds passed) {
    test::run_for(passed, time_, control_, waiting_, database_);
  }
  Hostname hostname(std::string_view text) {
    const auto read = [text](Store& store) { return store.hostname(name(text)); };
    return with_store(read).value().value().hostname;
  }
  std::vector<std::string> due() {
    const auto read = [now = time_.wall()](Store& store) { return store.due_hostnames(now, 100); };
    std::vector<std::string> texts;
    const std::vector<DueHostname> found = with_store(read).value();
    for (const DueHostname& one : found) texts.push_back(one.hostname.name.text());
    return texts;
  }
  void hostnames_used_again() override { ++used_again_; }

  fakes::VirtualTime time_;
  const TemporaryFolder folder_;
  fakes::FakeRandom random_;
  base::NullLog log_;
  std::unique_ptr<Sealer> sealer_ = Sealer::load_or_create(folder_ / "key", random_).value();
  base::asio::io_context control_{1};
  base::asio::io_context waiting_{1};  ///< of run_for()
  Database database_{
      SqliteStore::open(sqlite::Connection::open(folder_ / "store.db").value(), *sealer_).value()};
  test::ScriptedResolver resolver_;
  std::unique_ptr<UsageWatch> watch_;
  int used_again_ = 0;
};

TEST_F(UsageWatchTest, AHostnameThatLeadsToUsIsLookedAtDailyAndRenewed) {
  add("a.example");
  start();
  run_for(24h * 61);
  EXPECT_EQ(hostname("a.example").absent_since, std::nullopt);
  EXPECT_THAT(due(), ElementsAre("a.example"));
  // For each look two questions: both kinds of addresses.
  EXPECT_GE(resolver_.questions.size(), 2u * 40);
  EXPECT_LE(resolver_.questions.size(), 2u * 123);
}

TEST_F(UsageWatchTest, AHostnameThatLeadsElsewhereForTooLongIsNotRenewed) {
  add("a.example");
  start();
  run_for(24h * 5);
  lead_to("a.example", "192.0.2.9");
  run_for(24h * 28);
  EXPECT_EQ(hostname("a.example").unused_since, std::nullopt);
  EXPECT_EQ(hostname("a.example").absence,
            "a.example points to 192.0.2.9; it has to point to 192.0.2.1");
  run_for(24h * 5);
  EXPECT_NE(hostname("a.example").unused_since, std::nullopt);
  run_for(24h * 30);
  EXPECT_THAT(due(), IsEmpty());
}

TEST_F(UsageWatchTest, AHostnameThatLeadsToUsAgainComesBackByItself) {
  add("a.example");
  lead_to("a.example", "192.0.2.9");
  start();
  run_for(24h * 70);
  ASSERT_NE(hostname("a.example").unused_since, std::nullopt);
  EXPECT_EQ(used_again_, 0);
  lead_to("a.example", "192.0.2.1");
  run_for(24h * 2);
  EXPECT_EQ(hostname("a.example").unused_since, std::nullopt);
  EXPECT_EQ(used_again_, 1);
  EXPECT_THAT(due(), ElementsAre("a.example"));
}

TEST_F(UsageWatchTest, AHostnameWithVisitorsIsUsed) {
  add("a.example");
  lead_to("a.example", "192.0.2.9");
  const std::vector<HostnameTraffic> traffic = {{name("a.example"), 1}};
  ASSERT_TRUE(with_store([&traffic](Store& store) { return store.save_traffic(traffic); }));
  start();
  run_for(24h * 40);
  EXPECT_EQ(hostname("a.example").absent_since, std::nullopt);
  EXPECT_THAT(resolver_.questions, IsEmpty());
}

TEST_F(UsageWatchTest, WhileNobodyAnswersNothingIsKnown) {
  add("a.example");
  resolver_.fail("a.example", a);
  start();
  run_for(24h * 40);
  EXPECT_EQ(hostname("a.example").absent_since, std::nullopt);
  EXPECT_EQ(hostname("a.example").unused_since, std::nullopt);
}

TEST_F(UsageWatchTest, ANewHostnameIsNotItsMatter) {
  const std::vector<HostnameSettings> settings = {{name("new.example")}};
  ASSERT_TRUE(with_store([&settings, now = time_.wall()](Store& store) {
    return store.add_hostnames(settings, now);
  }));
  start();
  run_for(24h * 40);
  EXPECT_EQ(hostname("new.example").absent_since, std::nullopt);
  EXPECT_THAT(due(), ElementsAre("new.example"));
}

TEST_F(UsageWatchTest, LooksAtNoMoreThanItMayInASecond) {
  for (std::size_t i = 0; i < 3 * UsageWatch::at_once; ++i) {
    add("n" + std::to_string(i) + ".example");
  }
  start();
  run_for(500ms);
  EXPECT_EQ(resolver_.questions.size(), 2 * UsageWatch::at_once);
  run_for(1s);
  EXPECT_EQ(resolver_.questions.size(), 4 * UsageWatch::at_once);
}

}  // namespace
}  // namespace agent
