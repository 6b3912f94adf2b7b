#include "agent/custom/opening_cost.h"

#include <array>
#include <memory>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

namespace agent {
namespace {

struct FreedAlgorithm {
  void operator()(X509_ALGOR* algorithm) const noexcept { X509_ALGOR_free(algorithm); }
};
using AlgorithmPtr = std::unique_ptr<X509_ALGOR, FreedAlgorithm>;

AlgorithmPtr pbkdf2(int iterations) {
  return AlgorithmPtr(PKCS5_pbe2_set(EVP_aes_256_cbc(), iterations, nullptr, 0));
}

AlgorithmPtr scrypt(std::uint64_t n, std::uint64_t r, std::uint64_t p) {
  return AlgorithmPtr(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, n, r, p));
}

TEST(OpeningCost, Pbkdf2CostsItsIterations) {
  EXPECT_TRUE(OpeningCost().add(*pbkdf2(600'000)));
  EXPECT_FALSE(OpeningCost().add(*pbkdf2(600'001)));
  EXPECT_FALSE(OpeningCost().add(*pbkdf2(2'147'483'647)));
}

TEST(OpeningCost, ScryptCostsTheProductOfItsParameters) {
  EXPECT_TRUE(OpeningCost().add(*scrypt(16'384, 8, 1)));
  EXPECT_TRUE(OpeningCost().add(*scrypt(16'384, 8, 4)));
  EXPECT_FALSE(OpeningCost().add(*scrypt(16'384, 8, 5)));
  EXPECT_FALSE(OpeningCost().add(*scrypt(64, 1, 10'000)));
}

TEST(OpeningCost, OldAlgorithmsCostMoreForTheSameIterations) {
  constexpr int old = NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
  const AlgorithmPtr cheap(PKCS5_pbe_set(old, 200'000, nullptr, 0));
  const AlgorithmPtr dear(PKCS5_pbe_set(old, 200'001, nullptr, 0));
  EXPECT_TRUE(OpeningCost().add(*cheap));
  EXPECT_FALSE(OpeningCost().add(*dear));
}

TEST(OpeningCost, IsOfAllTogether) {
  OpeningCost cost;
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(cost.add(*pbkdf2(100'000)));
  EXPECT_FALSE(cost.add(*pbkdf2(1)));
  EXPECT_FALSE(cost.add_iterations(nullptr));
}

TEST(OpeningCost, ANumberThatIsNoneIsTooMuch) {
  ASN1_INTEGER* const number = ASN1_INTEGER_new();
  ASN1_INTEGER_set_int64(number, -1);
  EXPECT_FALSE(OpeningCost().add_iterations(number));
  ASN1_INTEGER_set_uint64(number, UINT64_MAX);
  EXPECT_FALSE(OpeningCost().add_iterations(number, 3));
  ASN1_INTEGER_set_int64(number, 7);
  EXPECT_TRUE(OpeningCost().add_iterations(number, 3));
  ASN1_INTEGER_free(number);
}

}  // namespace
}  // namespace agent
