#include "bench/spop/population.h"

#include <array>
#include <cstdint>
#include <span>

#include "base/encoding.h"

namespace bench {
namespace {

/// SplitMix64: random enough that neighbours land far apart in a hash table.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::string base64url_of(std::uint64_t seed) {
  std::array<std::uint64_t, 4> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = mix(seed * words.size() + i);
  return base::encode_base64url(std::as_bytes(std::span(words)));
}

constexpr std::uint64_t thumbprint_seed = 1ULL << 40;  // no token's

}  // namespace

std::string hostname(std::size_t i) {
  return "www.customer-" + std::to_string(i) + ".hosting.example";
}

std::string token(std::size_t i) {
  return base64url_of(i);
}

std::string thumbprint() {
  return base64url_of(thumbprint_seed);
}

std::string key_authorization(std::size_t i) {
  return token(i) + '.' + thumbprint();
}

}  // namespace bench
