#include "agent/lookup/sip_hash.h"

#include <memory>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "agent/lookup/little_endian.h"
#include "base/encoding.h"
#include "tests/fakes/fake_random.h"

namespace agent {
namespace {

std::string hex(const Hash128& hash) {
  std::string bytes(16, '\0');
  store_little_endian(hash.high, bytes.data());
  store_little_endian(hash.low, bytes.data() + 8);
  return base::encode_hex(std::as_bytes(std::span(bytes)));
}

// From OpenSSL 3.0's SIPHASH with c-rounds 1, d-rounds 3 and size 16: the text is 00 01 02 …, the
// key 00 01 … 0f.
TEST(SipHash, GivesTheVectorsOfAnotherImplementation) {
  const HashKey key{.first = 0x0706050403020100, .second = 0x0f0e0d0c0b0a0908};
  struct Vector {
    std::size_t length;
    const char* digest;
  };
  const Vector vectors[] = {
      {0, "e77ebcb22788a5befd62db6add303001"},
      {1, "fc6f370460d3eda85e0573cc2b2ff063"},
      {7, "1084b923f2aae0c3a62f2ec80848ab77"},
      {8, "aa12fee1d5e3dab4724f16ab35f9c799"},
      {9, "81ddb8042cf33994f4720e0094137c42"},
      {15, "c17e5505b2bd526c2921cdec1e7e0109"},
      {16, "d0a8d95715518eebb513b0f83d9e1793"},
      {31, "42ea961c5b3c858b17c3e550dfa79010"},
      {43, "3ad4e7c85764964611eb0a6c4d62de56"},
      {63, "4c5800e34efe426f079f6b0aa75260ad"},
      {253, "5d23d28c00581c5dfc26f425bb9eeb2f"},
  };
  for (const Vector& vector : vectors) {
    // A block of exactly that size, so that a sanitizer sees a read past its end.
    const auto text = std::make_unique<char[]>(vector.length);
    for (std::size_t i = 0; i < vector.length; ++i) text[i] = static_cast<char>(i);
    EXPECT_EQ(hex(sip_hash(key, {text.get(), vector.length})), vector.digest) << vector.length;
  }
}

TEST(SipHash, TellsApartTextsThatDifferInLengthOnly) {
  const HashKey key{.first = 1, .second = 2};
  std::set<std::string> digests;
  for (std::size_t length = 0; length <= 40; ++length) {
    digests.insert(hex(sip_hash(key, std::string(length, '\0'))));
  }
  EXPECT_EQ(digests.size(), 41U);
}

TEST(SipHash, DependsOnTheWholeKey) {
  fakes::FakeRandom random;
  const HashKey key = HashKey::draw(random);
  const HashKey other_first{.first = key.first ^ 1, .second = key.second};
  const HashKey other_second{.first = key.first, .second = key.second ^ 1};
  EXPECT_NE(sip_hash(key, "example.org"), sip_hash(other_first, "example.org"));
  EXPECT_NE(sip_hash(key, "example.org"), sip_hash(other_second, "example.org"));
}

}  // namespace
}  // namespace agent
