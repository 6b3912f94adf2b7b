#include "agent/lookup/token_index.h"

#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/agent/lookup/run_beside.h"

namespace agent {
namespace {

constexpr HashKey key{.first = 1, .second = 2};
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string thumbprint(char of) {
  return std::string(43, of);
}

std::string token_of(std::uint64_t number) {
  std::mt19937_64 random(number);
  std::string token;
  for (int i = 0; i < 43; ++i) token += alphabet[random() % alphabet.size()];
  return token;
}

std::string found(const TokenIndex& index, std::string_view token) {
  return std::string(index.find(index.hash(token)).value_or(""));
}

base::Result<void> publish(TokenIndex& index, const std::string& token, char account = 'A') {
  return index.publish(token, token + "." + thumbprint(account));
}

TEST(TokenIndex, FindsTheThumbprintOfATokensAccount) {
  TokenIndex index(key);
  EXPECT_TRUE(publish(index, "first", 'A'));
  EXPECT_TRUE(publish(index, "second", 'B'));
  EXPECT_TRUE(publish(index, "third", 'A'));
  EXPECT_EQ(found(index, "first"), thumbprint('A'));
  EXPECT_EQ(found(index, "second"), thumbprint('B'));
  EXPECT_EQ(found(index, "third"), thumbprint('A'));
  EXPECT_EQ(found(index, "fourth"), "");
  EXPECT_EQ(index.thumbprints().size(), 2U);
}

TEST(TokenIndex, ForgetsAWithdrawnToken) {
  TokenIndex index(key);
  EXPECT_TRUE(publish(index, "token"));
  EXPECT_TRUE(index.withdraw("token"));
  EXPECT_FALSE(index.withdraw("token"));
  EXPECT_EQ(found(index, "token"), "");
  EXPECT_TRUE(publish(index, "token", 'B'));
  EXPECT_EQ(found(index, "token"), thumbprint('B'));
}

TEST(TokenIndex, TakesTokensOfAnyLengthUpToTheLimit) {
  TokenIndex index(key);
  for (std::size_t length = 1; length <= TokenIndex::max_token; ++length) {
    EXPECT_TRUE(publish(index, std::string(length, 'x'), 'C'));
  }
  for (std::size_t length = 1; length <= TokenIndex::max_token; ++length) {
    EXPECT_EQ(found(index, std::string(length, 'x')), thumbprint('C'));
  }
  EXPECT_EQ(publish(index, std::string(TokenIndex::max_token + 1, 'x')).error(),
            ChallengeErrc::bad_token);
}

TEST(TokenIndex, RefusesATokenOutsideItsAlphabetAtEveryPlace) {
  for (const std::size_t length : {1U, 7U, 8U, 9U, 43U}) {
    for (std::size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string token(length, 'a');
        token[at] = static_cast<char>(byte);
        const bool good = byte != 0 && alphabet.find(token[at]) != alphabet.npos;
        ASSERT_EQ(is_token(token), good) << length << " " << at << " " << byte;
      }
    }
  }
  TokenIndex index(key);
  EXPECT_EQ(publish(index, "").error(), ChallengeErrc::bad_token);
  EXPECT_EQ(publish(index, "../passwd").error(), ChallengeErrc::bad_token);
  EXPECT_EQ(publish(index, "a.b").error(), ChallengeErrc::bad_token);
}

TEST(TokenIndex, RefusesAKeyAuthorizationThatIsNotTheTokens) {
  TokenIndex index(key);
  const std::string good = "token." + thumbprint('A');
  for (const std::string& bad : {std::string(),
                                 std::string("token"),
                                 std::string("token."),
                                 "tokem." + thumbprint('A'),
                                 "token:" + thumbprint('A'),
                                 good + "A",
                                 good.substr(0, good.size() - 1),
                                 "token." + thumbprint('/'),
                                 "x" + good}) {
    EXPECT_EQ(index.publish("token", bad).error(), ChallengeErrc::bad_key_authorization) << bad;
  }
  EXPECT_EQ(found(index, "token"), "");
}

TEST(TokenIndex, BoundsTheNumberOfAccounts) {
  TokenIndex index(key);
  const auto publish_for = [&index](std::size_t account) {
    std::string text = std::to_string(account);
    text.insert(0, Thumbprints::text_size - text.size(), '0');
    return index.publish("token", "token." + text);
  };
  for (std::size_t i = 0; i < Thumbprints::capacity; ++i) ASSERT_TRUE(publish_for(i));
  EXPECT_EQ(publish_for(Thumbprints::capacity).error(), ChallengeErrc::too_many_accounts);
  EXPECT_TRUE(publish_for(0));
  EXPECT_EQ(found(index, "token"), thumbprint('0'));
}

TEST(TokenIndex, DoesWhatAMapDoes) {
  TokenIndex index(key);
  std::map<std::string, char> model;
  std::mt19937 random(9);
  for (int i = 0; i < 50'000; ++i) {
    const std::string token = token_of(random() % 3'000);
    if (random() % 2 == 0) {
      ASSERT_EQ(index.withdraw(token), model.erase(token) == 1);
    } else {
      const char account = static_cast<char>('A' + random() % 3);
      ASSERT_TRUE(publish(index, token, account));
      model[token] = account;
    }
    const std::string asked = token_of(random() % 3'000);
    const auto expected = model.find(asked);
    ASSERT_EQ(found(index, asked), expected == model.end() ? "" : thumbprint(expected->second));
  }
  EXPECT_EQ(index.entries().size(), model.size());
}

TEST(TokenIndexReaders, FindATokenFromWhenItsPublishHasReturned) {
  TokenIndex index(key);
  constexpr std::uint64_t last = 5'000;
  std::atomic<std::uint64_t> published = 0;
  std::atomic<int> missed = 0;
  const auto read = [&](std::uint64_t) {
    const std::uint64_t newest = published.load(std::memory_order_acquire);
    // A reader that slept meanwhile may find it withdrawn, which is right as well.
    if (newest == 0 || found(index, token_of(newest)) == thumbprint('A')) return;
    if (published.load(std::memory_order_acquire) < newest + 99) ++missed;
  };
  run_beside(read, [&] {
    for (std::uint64_t number = 1; number <= last; ++number) {
      if (number > 100) index.withdraw(token_of(number - 100));
      EXPECT_TRUE(publish(index, token_of(number)));
      published.store(number, std::memory_order_release);
    }
  });
  EXPECT_EQ(missed, 0);
}

TEST(ChallengeErrc, SaysWhatIsWrong) {
  const std::error_code code = ChallengeErrc::bad_token;
  EXPECT_EQ(code.message(), "the token is empty, too long, or no base64url");
  EXPECT_STREQ(code.category().name(), "challenge");
}

}  // namespace
}  // namespace agent
