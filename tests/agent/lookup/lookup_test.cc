#include "agent/lookup/lookup.h"

#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/agent/lookup/temporary_folder.h"
#include "tests/fakes/fake_random.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
const std::string thumbprint(43, 'T');

class LookupTest : public testing::Test {
 protected:
  CertState state(std::string_view name) const {
    return lookup_.hostnames().find(name, now).cert_state;
  }
  bool is_live(std::string_view token) const {
    return lookup_.tokens().find(lookup_.tokens().hash(token)).has_value();
  }
  void publish(const std::string& token) {
    ASSERT_TRUE(lookup_.publish_challenge(token, token + "." + thumbprint));
  }

  fakes::FakeRandom random_;
  Lookup lookup_{random_};
};

TEST_F(LookupTest, AnswersWhatWasPutAndPublished) {
  lookup_.put("a.example", {.served_until = now + 1h});
  publish("token");
  EXPECT_EQ(state("a.example"), CertState::ready);
  EXPECT_TRUE(is_live("token"));
  EXPECT_TRUE(lookup_.remove("a.example"));
  EXPECT_TRUE(lookup_.withdraw_challenge("token"));
  EXPECT_EQ(state("a.example"), CertState::none);
  EXPECT_FALSE(is_live("token"));
  EXPECT_FALSE(lookup_.remove("a.example"));
  EXPECT_FALSE(lookup_.withdraw_challenge("token"));
}

TEST_F(LookupTest, DrawsAKeyOfItsOwn) {
  const Lookup other(random_);
  EXPECT_NE(lookup_.hostnames().key(), other.hostnames().key());
  EXPECT_EQ(lookup_.hostnames().key(), lookup_.tokens().key());
}

TEST_F(LookupTest, PassesOnWhyAChallengeCannotBePublished) {
  EXPECT_EQ(lookup_.publish_challenge("a/b", "a/b." + thumbprint).error(),
            ChallengeErrc::bad_token);
}

TEST_F(LookupTest, DropsWhatTheStoreNoLongerHas) {
  lookup_.put("kept.example", {});
  lookup_.put("gone.example", {});
  lookup_.put("*.gone.example", {});
  publish("kept");
  publish("gone");
  lookup_.begin_reconcile();
  EXPECT_EQ(state("gone.example"), CertState::pending);  // until it is certain
  lookup_.put("kept.example", {.served_until = now + 1h});
  lookup_.put("new.example", {});
  publish("kept");
  publish("new");
  const Lookup::Dropped dropped = lookup_.finish_reconcile();
  EXPECT_EQ(dropped.hostnames, 2U);
  EXPECT_EQ(dropped.challenges, 1U);
  EXPECT_EQ(state("kept.example"), CertState::ready);
  EXPECT_EQ(state("new.example"), CertState::pending);
  EXPECT_EQ(state("gone.example"), CertState::none);
  EXPECT_EQ(state("a.gone.example"), CertState::none);
  EXPECT_TRUE(is_live("kept"));
  EXPECT_TRUE(is_live("new"));
  EXPECT_FALSE(is_live("gone"));
}

TEST_F(LookupTest, StartsAReconciliationAnewIfTheFirstWasNotFinished) {
  lookup_.put("a.example", {});
  lookup_.put("b.example", {});
  lookup_.begin_reconcile();
  lookup_.put("a.example", {});  // and the database went away; meanwhile a is removed from it
  lookup_.begin_reconcile();
  lookup_.put("b.example", {});
  EXPECT_EQ(lookup_.finish_reconcile().hostnames, 1U);
  EXPECT_EQ(state("a.example"), CertState::none);
  EXPECT_EQ(state("b.example"), CertState::pending);
  EXPECT_EQ(lookup_.finish_reconcile().hostnames, 0U);
}

TEST_F(LookupTest, AnswersAfterARestartFromItsSnapshotAndIsThenCorrected) {
  const TemporaryFolder folder;
  lookup_.put("a.example", {.served_until = now + 1h});
  lookup_.put("gone.example", {});
  publish("under-way");
  ASSERT_TRUE(lookup_.save(folder.file("lookup")));

  Lookup restarted(random_);
  ASSERT_TRUE(restarted.load(folder.file("lookup")));
  EXPECT_EQ(restarted.hostnames().find("a.example", now).cert_state, CertState::ready);
  EXPECT_EQ(restarted.tokens().find(restarted.tokens().hash("under-way")), thumbprint);

  restarted.begin_reconcile();
  restarted.put("a.example", {.served_until = now + 1h});
  EXPECT_TRUE(restarted.publish_challenge("under-way", "under-way." + thumbprint));
  EXPECT_EQ(restarted.finish_reconcile().hostnames, 1U);
  EXPECT_EQ(restarted.hostnames().find("gone.example", now).cert_state, CertState::none);
  EXPECT_EQ(restarted.sizes().tokens, 1U);
}

TEST_F(LookupTest, WorksAfterASnapshotThatCannotBeLoaded) {
  const TemporaryFolder folder;
  write_file(folder.file("lookup"), "no snapshot");
  EXPECT_FALSE(lookup_.load(folder.file("lookup")));
  lookup_.put("a.example", {});
  EXPECT_EQ(state("a.example"), CertState::pending);
}

TEST_F(LookupTest, TellsItsSizes) {
  const LookupSizes at_first = lookup_.sizes();
  EXPECT_EQ(at_first.hostnames, 0U);
  EXPECT_EQ(at_first.tokens, 0U);
  for (int i = 0; i < 10'000; ++i) lookup_.put("n" + std::to_string(i) + ".example", {});
  publish("token");
  const LookupSizes sizes = lookup_.sizes();
  EXPECT_EQ(sizes.hostnames, 10'000U);
  EXPECT_EQ(sizes.tokens, 1U);
  EXPECT_GT(sizes.memory_bytes, at_first.memory_bytes + 160'000);
}

TEST_F(LookupTest, LetsSeveralThreadsWrite) {
  const auto put_all = [this](const std::string& prefix) {
    for (int i = 0; i < 3'000; ++i) lookup_.put(prefix + std::to_string(i) + ".example", {});
  };
  std::thread other(put_all, "a");
  put_all("b");
  other.join();
  EXPECT_EQ(lookup_.sizes().hostnames, 6'000U);
}

}  // namespace
}  // namespace agent
