#include "agent/lookup/hostname_index.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/lookup/normalise.h"
#include "tests/agent/lookup/run_beside.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
constexpr HashKey key{.first = 1, .second = 2};

HostnameState served_until(base::WallTime when, HttpsRedirect redirect = HttpsRedirect::off) {
  return {.https_redirect = redirect, .served_until = when};
}

LookupResult none() {
  return {};
}
LookupResult pending() {
  return {.cert_state = CertState::pending};
}
LookupResult ready(bool redirect = false) {
  return {.cert_state = CertState::ready, .cert_present = true, .https_redirect = redirect};
}
LookupResult expired() {
  return {.cert_state = CertState::expired};
}
LookupResult disabled() {
  return {.cert_state = CertState::disabled};
}

TEST(HostnameIndex, KnowsNothingAtFirst) {
  const HostnameIndex index(key);
  EXPECT_EQ(index.find("a.example", now), none());
  EXPECT_EQ(index.find("a", now), none());
}

TEST(HostnameIndex, TellsAHostnamesState) {
  HostnameIndex index(key);
  index.put("pending.example", {});
  index.put("ready.example", served_until(now + 1h));
  index.put("expired.example", served_until(now - 1h));
  index.put("off.example", {.mode = HostnameMode::off, .served_until = now + 1h});
  EXPECT_EQ(index.find("pending.example", now), pending());
  EXPECT_EQ(index.find("ready.example", now), ready());
  EXPECT_EQ(index.find("expired.example", now), expired());
  EXPECT_EQ(index.find("off.example", now), disabled());
  EXPECT_EQ(index.find("other.example", now), none());
  EXPECT_EQ(index.find("example", now), none());
}

TEST(HostnameIndex, RedirectsOnlyWhileAValidCertificateIsServed) {
  HostnameIndex index(key);
  HostnameState state{.https_redirect = HttpsRedirect::on};
  index.put("a.example", state);
  EXPECT_EQ(index.find("a.example", now), pending());
  state.served_until = now + 1h;
  index.put("a.example", state);
  EXPECT_EQ(index.find("a.example", now), ready(true));
  EXPECT_EQ(index.find("a.example", now + 1h), expired());
  state.mode = HostnameMode::off;
  index.put("a.example", state);
  EXPECT_EQ(index.find("a.example", now), disabled());
}

TEST(HostnameIndex, KnowsWhoseChallengePathIsLeftAlone) {
  HostnameIndex index(key);
  const base::WallTime far = std::chrono::sys_days{std::chrono::year(2224) / 1 / 1};
  index.put("a.example", served_until(far));
  EXPECT_FALSE(index.has_left_alone());
  index.put("b.example", {.challenge_path = ChallengePath::left_alone, .served_until = far});
  EXPECT_TRUE(index.has_left_alone());
  EXPECT_FALSE(index.is_left_alone("a.example"));
  EXPECT_TRUE(index.is_left_alone("b.example"));
  EXPECT_FALSE(index.is_left_alone("c.example"));
  EXPECT_EQ(index.find("b.example", far - 1h), ready());
  EXPECT_EQ(index.find("b.example", far), expired());
  EXPECT_EQ(index.find("a.example", far), expired());
  HostnameIndex other(key);
  std::vector<HashIndex::Entry> entries;
  EXPECT_EQ(index.entries().copy_range(0, entries), std::nullopt);
  for (const HashIndex::Entry& entry : entries) other.restore(entry);
  EXPECT_TRUE(other.has_left_alone());
  EXPECT_TRUE(other.is_left_alone("b.example"));
}

TEST(HostnameIndex, NeverCallsACertificateValidLongerThanItIs) {
  HostnameIndex index(key);
  index.put("a.example", served_until(now + 10min + 59s));
  EXPECT_EQ(index.find("a.example", now + 10min - 1ms), ready());
  EXPECT_EQ(index.find("a.example", now + 10min), expired());
  index.put("a.example", served_until(now + 10min));
  EXPECT_EQ(index.find("a.example", now + 10min - 1ms), ready());
  EXPECT_EQ(index.find("a.example", now + 10min), expired());
}

TEST(HostnameIndex, KeepsTimesOutsideItsRangeOnTheRightSideOfNow) {
  HostnameIndex index(key);
  index.put("old.example", served_until(base::WallTime{}));
  index.put("older.example", served_until(base::WallTime{} - 24h));
  // What a certificate without an end has (RFC 5280 §4.1.2.5).
  const auto never = std::chrono::sys_days{std::chrono::year(9999) / 12 / 31};
  index.put("never.example", served_until(never));
  EXPECT_EQ(index.find("old.example", now), expired());
  EXPECT_EQ(index.find("older.example", now), expired());
  EXPECT_EQ(index.find("never.example", now), ready());
}

TEST(HostnameIndex, ForgetsWhatIsRemoved) {
  HostnameIndex index(key);
  index.put("a.example", {});
  index.put("*.example", {});
  EXPECT_TRUE(index.remove("a.example"));
  EXPECT_FALSE(index.remove("a.example"));
  EXPECT_EQ(index.find("a.example", now), pending());  // by the wildcard
  EXPECT_TRUE(index.remove("*.example"));
  EXPECT_EQ(index.find("a.example", now), none());
}

TEST(HostnameIndex, AnswersOneLabelBelowAWildcardByIt) {
  HostnameIndex index(key);
  index.put("*.a.example", served_until(now + 1h, HttpsRedirect::on));
  EXPECT_EQ(index.find("b.a.example", now), ready(true));
  EXPECT_EQ(index.find("c.b.a.example", now), none());
  EXPECT_EQ(index.find("a.example", now), none());
  EXPECT_EQ(index.find("ba.example", now), none());
  EXPECT_EQ(index.find("example", now), none());
}

TEST(HostnameIndex, TellsAWildcardsState) {
  HostnameIndex index(key);
  index.put("*.pending.example", {});
  index.put("*.expired.example", served_until(now - 1h));
  index.put("*.off.example", {.mode = HostnameMode::off});
  EXPECT_EQ(index.find("a.pending.example", now), pending());
  EXPECT_EQ(index.find("a.expired.example", now), expired());
  EXPECT_EQ(index.find("a.off.example", now), disabled());
}

TEST(HostnameIndex, PutsANamesOwnEntryBeforeAWildcards) {
  HostnameIndex index(key);
  index.put("*.example", served_until(now + 1h, HttpsRedirect::on));
  index.put("own.example", served_until(now + 1h));
  index.put("expired.example", served_until(now - 1h, HttpsRedirect::on));
  index.put("off.example", {.mode = HostnameMode::off});
  EXPECT_EQ(index.find("own.example", now), ready(false));
  EXPECT_EQ(index.find("expired.example", now), expired());
  EXPECT_EQ(index.find("off.example", now), disabled());
}

TEST(HostnameIndex, LendsAWildcardsCertificateToANameWithoutOne) {
  HostnameIndex index(key);
  index.put("a.example", {.https_redirect = HttpsRedirect::on});
  index.put("b.example", {});
  index.put("*.example", served_until(now + 1h));
  EXPECT_EQ(index.find("a.example", now), ready(true));  // the redirect is the name's own
  EXPECT_EQ(index.find("b.example", now), ready(false));
  index.put("*.example", {.mode = HostnameMode::off, .served_until = now + 1h});
  EXPECT_EQ(index.find("a.example", now), pending());
}

TEST(HostnameIndex, SettlesWithoutTheNameWhereNoWildcardHasASay) {
  HostnameIndex index(key);
  index.put("pending.example", {});
  index.put("ready.example", served_until(now + 1h));
  index.put("off.example", {.mode = HostnameMode::off});
  EXPECT_EQ(index.find_own(index.hash("ready.example"), now), ready());
  EXPECT_EQ(index.find_own(index.hash("off.example"), now), disabled());
  EXPECT_EQ(index.find_own(index.hash("pending.example"), now), std::nullopt);
  EXPECT_EQ(index.find_own(index.hash("none.example"), now), std::nullopt);
}

TEST(HostnameIndex, HashesAHostAsTheNameItIs) {
  const HostnameIndex index(key);
  std::mt19937 random(7);
  const std::string_view alphabet = "abcdefghijKLMNOPQRST0123456789-_.....:";
  std::size_t names = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string raw;
    for (std::size_t left = random() % 70; left > 0; --left) {
      raw += alphabet[random() % (i % 2 == 0 ? alphabet.size() : 31)];
    }
    HostnameBuffer buffer;
    const auto name = normalise(raw, buffer);
    const auto hash = index.hash_of_host(raw);
    ASSERT_EQ(hash.has_value(), name.has_value()) << raw;
    if (name) {
      ASSERT_EQ(*hash, index.hash(*name)) << raw;
      ++names;
    }
  }
  EXPECT_GT(names, 30'000U);
}

/// What HostnameIndex does, over a map of texts.
class Model {
 public:
  std::map<std::string, HostnameState> states;

  LookupResult find(const std::string& name) const {
    const HostnameState* own = entry(name);
    const std::size_t dot = name.find('.');
    const HostnameState* wildcard = dot == name.npos ? nullptr : entry("*" + name.substr(dot));
    if (own == nullptr && wildcard == nullptr) return none();
    HostnameState state = own != nullptr ? *own : *wildcard;
    if (!state.served_until && wildcard != nullptr && wildcard->mode != HostnameMode::off) {
      state.served_until = wildcard->served_until;
    }
    switch (cert_state(state.mode, state.served_until, now)) {
      case CertState::none: return none();
      case CertState::pending: return pending();
      case CertState::ready: return ready(state.https_redirect == HttpsRedirect::on);
      case CertState::expired: return expired();
      case CertState::disabled: return disabled();
    }
    return none();
  }

 private:
  const HostnameState* entry(const std::string& name) const {
    const auto found = states.find(name);
    return found == states.end() ? nullptr : &found->second;
  }
};

TEST(HostnameIndex, DoesWhatAMapDoes) {
  HostnameIndex index(key);
  Model model;
  std::mt19937 random(5);
  const auto some_name = [&random](bool wildcard) {
    std::string name = wildcard ? "*" : "n" + std::to_string(random() % 50);
    return name + "." + std::to_string(random() % 100) + ".example";
  };
  for (int i = 0; i < 200'000; ++i) {
    const std::string name = some_name(random() % 8 == 0);
    if (random() % 3 == 0) {
      ASSERT_EQ(index.remove(name), model.states.erase(name) == 1);
    } else {
      HostnameState state;
      if (random() % 4 == 0) state.mode = HostnameMode::off;
      if (random() % 2 == 0) state.https_redirect = HttpsRedirect::on;
      if (random() % 2 == 0) state.served_until = now + std::chrono::minutes(random() % 9) - 4min;
      index.put(name, state);
      model.states[name] = state;
    }
    const std::string asked = some_name(false);
    ASSERT_EQ(index.find(asked, now), model.find(asked)) << asked;
  }
}

TEST(HostnameIndex, NeedsLessThan48BytesAHostnameAtAMillion) {
  HostnameIndex index(key);
  for (int i = 0; i < 1'000'000; ++i) {
    index.put("customer-" + std::to_string(i) + ".hosting.example", {});
  }
  EXPECT_EQ(index.entries().size(), 1'000'000U);  // no two of them fell together
  EXPECT_LT(index.entries().memory_bytes(), 48'000'000U);
}

TEST(HostnameIndexReaders, SeeTheStateBeforeAChangeOrAfterIt) {
  HostnameIndex index(key);
  std::vector<std::string> names;
  for (int i = 0; i < 1'000; ++i) {
    names.push_back("n" + std::to_string(i) + ".example");
    index.put(names.back(), served_until(now + 1h, HttpsRedirect::on));
  }
  std::atomic<int> wrong = 0;
  const auto read = [&](std::uint64_t random) {
    const LookupResult result = index.find(names[random % names.size()], now);
    if (result != ready(true) && result != disabled()) ++wrong;
  };
  run_beside(read, [&] {
    for (std::size_t i = 0; i < 100'000; ++i) {
      const std::string& name = names[i % names.size()];
      index.put(name, {.mode = HostnameMode::off});
      index.put("other-" + std::to_string(i), {});
      index.put(name, served_until(now + 1h, HttpsRedirect::on));
    }
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace agent
