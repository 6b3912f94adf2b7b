#include "agent/lookup/hash_index.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/agent/lookup/run_beside.h"

namespace agent {
namespace {

/// The hash of a number, as well spread as a text's.
Hash128 hash_of(std::uint64_t number) {
  const auto mix = [](std::uint64_t word) {  // the finaliser of SplitMix64
    word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
    word = (word ^ word >> 27) * 0x94d049bb133111eb;
    return word ^ word >> 31;
  };
  return {.high = mix(number + 0x9e3779b97f4a7c15), .low = mix(~number)};
}

void put(HashIndex& index, std::uint64_t number, HashIndex::Value value) {
  index.put(HashIndex::entry(hash_of(number), value));
}

std::vector<HashIndex::Entry> copy(const HashIndex& index) {
  std::vector<HashIndex::Entry> entries;
  std::optional<std::uint64_t> begin = 0;
  while (begin) begin = index.copy_range(*begin, entries);
  return entries;
}

bool by_hash(const HashIndex::Entry& a, const HashIndex::Entry& b) {
  return std::tie(a.high, a.low) < std::tie(b.high, b.low);
}

TEST(HashIndex, FindsNothingInAnEmptyOne) {
  const HashIndex index;
  EXPECT_EQ(index.find(hash_of(1)), std::nullopt);
  EXPECT_EQ(index.find({}), std::nullopt);
  EXPECT_EQ(index.size(), 0U);
  EXPECT_TRUE(copy(index).empty());
}

TEST(HashIndex, KeepsReplacesAndRemoves) {
  HashIndex index;
  put(index, 1, 7);
  EXPECT_EQ(index.find(hash_of(1)), 7U);
  put(index, 1, HashIndex::max_value);
  EXPECT_EQ(index.find(hash_of(1)), HashIndex::max_value);
  EXPECT_EQ(index.size(), 1U);
  EXPECT_TRUE(index.remove(hash_of(1)));
  EXPECT_FALSE(index.remove(hash_of(1)));
  EXPECT_EQ(index.find(hash_of(1)), std::nullopt);
  EXPECT_EQ(index.size(), 0U);
  put(index, 1, 0);
  EXPECT_EQ(index.find(hash_of(1)), 0U);
  EXPECT_EQ(index.size(), 1U);
}

TEST(HashIndex, TellsHashesApartByEachOfTheir96Bits) {
  HashIndex index;
  const Hash128 hash = hash_of(1);
  index.put(HashIndex::entry(hash, 7));
  for (int bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(index.find({hash.high ^ std::uint64_t{1} << bit, hash.low}), std::nullopt) << bit;
    const bool kept = bit >= 32;
    const Hash128 other{hash.high, hash.low ^ std::uint64_t{1} << bit};
    EXPECT_EQ(index.find(other).has_value(), !kept) << bit;
  }
}

TEST(HashIndex, TakesHashesOfZeros) {
  HashIndex index;
  index.put(HashIndex::entry({}, 0));
  EXPECT_EQ(index.find({}), 0U);
  EXPECT_TRUE(index.remove({}));
  EXPECT_EQ(index.find({}), std::nullopt);
  put(index, 1, 1);
  EXPECT_EQ(index.find(hash_of(1)), 1U);
}

TEST(HashIndex, DoesWhatAMapDoes) {
  HashIndex index;
  std::map<std::uint64_t, HashIndex::Value> model;
  std::mt19937_64 random(3);
  for (int i = 0; i < 400'000; ++i) {
    // Grows to some ten thousand, then shrinks, again and again.
    const std::uint64_t number = random() % 20'000;
    const bool growing = i / 50'000 % 2 == 0;
    if (random() % 4 < (growing ? 3 : 1)) {
      const auto value = static_cast<HashIndex::Value>(random() & HashIndex::max_value);
      put(index, number, value);
      model[number] = value;
    } else {
      ASSERT_EQ(index.remove(hash_of(number)), model.erase(number) == 1);
    }
    const std::uint64_t asked = random() % 20'000;
    const auto found = model.find(asked);
    ASSERT_EQ(index.find(hash_of(asked)),
              found == model.end() ? std::nullopt : std::optional(found->second));
    ASSERT_EQ(index.size(), model.size());
  }
  std::vector<HashIndex::Entry> expected;
  for (const auto& [number, value] : model) {
    expected.push_back(HashIndex::entry(hash_of(number), value));
  }
  std::vector<HashIndex::Entry> entries = copy(index);
  std::sort(expected.begin(), expected.end(), by_hash);
  std::sort(entries.begin(), entries.end(), by_hash);
  EXPECT_EQ(entries, expected);
}

TEST(HashIndex, CopiesEachEntryOnceAtEverySize) {
  // At most sizes some pages have been split and others not yet.
  HashIndex index;
  for (std::uint64_t number = 0; number < 20'000; ++number) {
    put(index, number, 0);
    if (number % 500 == 0) {
      ASSERT_EQ(copy(index).size(), number + 1);
    }
  }
}

TEST(HashIndex, DoesNotGrowWhileAsManyComeAsGo) {
  HashIndex index;
  for (std::uint64_t number = 0; number < 10'000; ++number) put(index, number, 0);
  const std::size_t bytes = index.memory_bytes();
  for (std::uint64_t number = 10'000; number < 300'000; ++number) {
    put(index, number, 0);
    index.remove(hash_of(number - 10'000));
  }
  EXPECT_EQ(index.size(), 10'000U);
  EXPECT_LE(index.memory_bytes(), bytes * 5 / 4);
}

TEST(HashIndex, DoesNotGrowWhileTheSameComeAndGo) {
  HashIndex index;
  for (std::uint64_t number = 0; number < 10'000; ++number) put(index, number, 0);
  const std::size_t bytes = index.memory_bytes();
  for (std::uint64_t i = 0; i < 200'000; ++i) {
    index.remove(hash_of(i % 10'000));
    put(index, i % 10'000, 1);
  }
  EXPECT_EQ(index.memory_bytes(), bytes);
  for (std::uint64_t number = 10'000; number < 20'000; ++number) {
    put(index, number, 0);  // fills the pages, so that they are looked through
    index.remove(hash_of(number));
  }
  EXPECT_LE(index.memory_bytes(), bytes * 5 / 4);
}

TEST(HashIndex, NeedsLessThan48BytesAnEntryAtEverySize) {
  HashIndex index;
  for (std::uint64_t number = 1; number <= 300'000; ++number) {
    index.put(HashIndex::entry({number * 0x9e3779b97f4a7c15, number << 32}, 0));
    if (number >= 20'000 && number % 1'000 == 0) {
      ASSERT_LT(index.memory_bytes(), 48 * number) << number;
    }
  }
}

TEST(HashIndex, RemovesWhatWasMarkedAndNotPutAgain) {
  HashIndex index;
  for (std::uint64_t number = 0; number < 5'000; ++number) put(index, number, 1);
  index.mark_all();
  EXPECT_EQ(index.find(hash_of(4'999)), 1U);  // a mark alone changes nothing
  EXPECT_EQ(copy(index).size(), 5'000U);
  for (std::uint64_t number = 2'000; number < 6'000; ++number) put(index, number, 2);
  EXPECT_TRUE(index.remove(hash_of(0)));
  EXPECT_EQ(index.size(), 5'999U);
  EXPECT_EQ(index.remove_marked(), 1'999U);
  EXPECT_EQ(index.size(), 4'000U);
  EXPECT_EQ(index.find(hash_of(1'999)), std::nullopt);
  EXPECT_EQ(index.find(hash_of(2'000)), 2U);
  EXPECT_EQ(index.remove_marked(), 0U);
}

TEST(HashIndex, RefusesHashesThatDoNotSpreadInsteadOfGrowingForEver) {
  HashIndex index;
  const auto put_alike = [&index] {
    for (std::uint64_t number = 0; number < 2'000; ++number) {
      index.put(HashIndex::entry({.high = 5, .low = number << 32}, 0));
    }
  };
  EXPECT_THROW(put_alike(), std::length_error);
}

// --- With readers beside the writer. Their loops end by the writer's work, not by time. ----------

constexpr std::uint64_t kept = 2'000;

void put_kept(HashIndex& index) {
  for (std::uint64_t number = 0; number < kept; ++number) {
    put(index, number, static_cast<HashIndex::Value>(number));
  }
}

/// Others come and go, so that pages are cleaned and used again all the time.
void churn(HashIndex& index, std::uint64_t count) {
  constexpr std::uint64_t alive = 4'000;
  for (std::uint64_t number = kept; number < kept + count; ++number) {
    put(index, number, HashIndex::max_value);
    if (number >= kept + alive) index.remove(hash_of(number - alive));
  }
}

TEST(HashIndexReaders, NeverMissAnEntryThatStaysWhileTheIndexGrows) {
  HashIndex index;
  put_kept(index);
  std::atomic<int> wrong = 0;
  const auto read = [&](std::uint64_t random) {
    const std::uint64_t number = random % kept;
    index.prefetch(hash_of(number));
    if (index.find(hash_of(number)) != number) ++wrong;
    if (index.find(hash_of(number + (std::uint64_t{1} << 40)))) ++wrong;
  };
  run_beside(read, [&index] {
    for (std::uint64_t number = kept; number < 60'000; ++number) put(index, number, 9);
  });
  EXPECT_EQ(wrong, 0);
}

TEST(HashIndexReaders, NeverMissAnEntryThatStaysWhilePagesAreUsedAgain) {
  HashIndex index;
  put_kept(index);
  std::atomic<int> wrong = 0;
  const auto read = [&](std::uint64_t random) {
    const std::uint64_t number = random % kept;
    if (index.find(hash_of(number)) != number) ++wrong;
  };
  run_beside(read, [&index] { churn(index, 200'000); });
  EXPECT_EQ(wrong, 0);
}

TEST(HashIndexReaders, SeeOneOfTheValuesAnEntryHadWhileItIsReplaced) {
  HashIndex index;
  put_kept(index);
  std::atomic<int> wrong = 0;
  const auto read = [&](std::uint64_t random) {
    const std::uint64_t number = random % kept;
    const auto value = index.find(hash_of(number));
    if (!value || *value % kept != number) ++wrong;
  };
  run_beside(read, [&index] {
    for (std::uint64_t i = 0; i < 200'000; ++i) {
      const std::uint64_t number = i * 7 % kept;
      put(index, number, static_cast<HashIndex::Value>(number + kept * (i % 1'000)));
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(HashIndexReaders, SeeAPutAsSoonAsItHasReturned) {
  HashIndex index;
  std::atomic<std::uint64_t> published = 0;
  constexpr std::uint64_t last = 30'000;
  std::atomic<int> missed = 0;
  std::thread reader([&] {
    std::uint64_t seen = 0;
    while (seen < last) {
      seen = published.load(std::memory_order_acquire);
      if (seen > 0 && index.find(hash_of(seen)) != seen) ++missed;
    }
  });
  for (std::uint64_t number = 1; number <= last; ++number) {
    put(index, number, static_cast<HashIndex::Value>(number));
    published.store(number, std::memory_order_release);
  }
  reader.join();
  EXPECT_EQ(missed, 0);
}

TEST(HashIndexReaders, CopyEveryUntouchedEntryOnceWhileOthersComeAndGo) {
  HashIndex index;
  put_kept(index);
  std::atomic<int> wrong = 0;
  const auto read = [&](std::uint64_t) {
    std::vector<HashIndex::Value> values;
    for (const HashIndex::Entry& entry : copy(index)) {
      if (entry.value != HashIndex::max_value) values.push_back(entry.value);
    }
    std::sort(values.begin(), values.end());
    if (values.size() != kept) ++wrong;
    if (std::adjacent_find(values.begin(), values.end()) != values.end()) ++wrong;
  };
  run_beside(read, [&index] { churn(index, 100'000); });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace agent
