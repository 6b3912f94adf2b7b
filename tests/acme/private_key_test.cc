#include "acme/private_key.h"

#include <string>

#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "acme/openssl.h"
#include "tests/fakes/example_account.h"
#include "tests/fakes/jws_verifier.h"

namespace acme {
namespace {

TEST(PrivateKey, HasTheJwkAndThumbprintOfTheWorkedExample) {
  const auto key = PrivateKey::parse_pem(fakes::example_account_key);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->jwk(), fakes::example_jwk);
  EXPECT_EQ(key->thumbprint().value(), fakes::example_thumbprint);
}

TEST(PrivateKey, ReadsSec1AsWellAsPkcs8) {
  const auto key = PrivateKey::parse_pem(R"(-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIDUygky1BEpymUnaZGgWX/dSjml69BbeWd1It6dDV4h/oAoGCCqGSM49
AwEHoUQDQgAE0G8Job79npmQRrXfc+PUTAOEBio/FtigOrQBL7xqqyRxZ7lxkaca
9SS/KzLvx1/XRMzGN1mqD22pSZtaCqn97Q==
-----END EC PRIVATE KEY-----
)");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->thumbprint().value(), fakes::example_thumbprint);
  EXPECT_EQ(key->pem(), fakes::example_account_key);
}

// RFC 7638 §3.1's own example would need RSA numbers from a JWK; the sizes are what we add.
TEST(PrivateKey, WritesRsaNumbersWithoutLeadingZeroBytes) {
  const auto key = PrivateKey::generate(KeyType::rsa_2048).value();
  const auto jwk = nlohmann::json::parse(key.jwk());
  EXPECT_EQ(jwk["e"], "AQAB");
  EXPECT_EQ(jwk["kty"], "RSA");
  EXPECT_EQ(jwk.size(), 3U);
  EXPECT_EQ(fakes::decode_base64url_text(std::string(jwk["n"]))->size(), 256U);
  EXPECT_EQ(key.jwk(), jwk.dump()) << "sorted, no white space";
}

class EveryKeyType : public testing::TestWithParam<KeyType> {};

TEST_P(EveryKeyType, SurvivesPemAndSignsWhatItsJwkVerifies) {
  const auto made = PrivateKey::generate(GetParam());
  ASSERT_TRUE(made);
  const auto key = PrivateKey::parse_pem(made->pem());
  ASSERT_TRUE(key);
  EXPECT_EQ(key->type(), GetParam());
  EXPECT_EQ(key->jwk(), made->jwk());
  fakes::Jws jws{{{"alg", key->algorithm()}}, "", "header.payload", ""};
  // ECDSA numbers are shorter than their field now and then; padding must hold.
  const int rounds = key->algorithm() == "RS256" ? 1 : 600;
  for (int i = 0; i < rounds; ++i) {
    const auto signature = key->sign("header.payload");
    jws.signature.assign(reinterpret_cast<const char*>(signature.data()), signature.size());
    ASSERT_TRUE(fakes::verify_jws(jws, nlohmann::json::parse(key->jwk())));
  }
  jws.signing_input = "header.another";
  EXPECT_FALSE(fakes::verify_jws(jws, nlohmann::json::parse(key->jwk())));
}

INSTANTIATE_TEST_SUITE_P(PrivateKey,
                         EveryKeyType,
                         testing::Values(KeyType::ecdsa_p256,
                                         KeyType::ecdsa_p384,
                                         KeyType::rsa_2048,
                                         KeyType::rsa_3072));

TEST(PrivateKey, RefusesWhatIsNoKeyOfItsTypes) {
  const std::string p521 = R"(-----BEGIN EC PRIVATE KEY-----
MIHcAgEBBEIA6YuW8rHe1L/kg7J0X+rH9M3Bc6STZjqunLRnTYQR+v/+jlCSfvoM
9pFmxRvXefkWl4H1tFvy3yELIZ0I+tni+LqgBwYFK4EEACOhgYkDgYYABADE3iH2
ULAY0zYR81eiHsLWC4YmY86qxA6/fviSdXfF7Fb6DIThHJF4uvR1z/VfNbUqa4vm
q00guBUFvFgIohcbsQBanFkIf8tJQWMscbtFXh9UtyiUoxJHdJCZEqyUdD2wIkOC
OwZ3iucLY/zjf0l4VwxH4gjRguez/6r4Dd8Prn2Tjw==
-----END EC PRIVATE KEY-----
)";
  const std::string ed25519 = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIGpLVfUfD4pw/01e6C9g3NQShOorz2StiX65NlHMAZBx
-----END PRIVATE KEY-----
)";
  for (const std::string& pem : {p521, ed25519, std::string("no PEM"), std::string()}) {
    EXPECT_FALSE(PrivateKey::parse_pem(pem)) << pem;
  }
  EXPECT_FALSE(PrivateKey::parse_pem(fakes::example_account_key.substr(0, 100)));
}

TEST(PrivateKey, RefusesRsaOfOtherSizes) {
  const PkeyPtr weak(EVP_RSA_gen(1024U));
  const BioPtr bio = write_bio();
  PEM_write_bio_PKCS8PrivateKey(bio.get(), weak.get(), nullptr, nullptr, 0, nullptr, nullptr);
  EXPECT_FALSE(PrivateKey::parse_pem(written(bio.get())));
}

TEST(PrivateKey, DoesNotAskTheTerminalForAPassphrase) {
  EXPECT_FALSE(PrivateKey::parse_pem(R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhzST5DIZD+MAICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEK3O/gXA8PT0B0IIV6mXNYUEgZCd
KXMGiiF5UMuoCRZxi6FL8twX3dL8K/l9iajuNQ6DuMo7zF2eR7EmV3Qh8tG8w1uT
HUNtWRTcrJC6CWphLDEnFPE8Q7xBrlFblLZRWikWWm/qrNESBWoT7XRLk0WhiZM6
EpLU7YxVF6OLO6lLjRQifPRfowF/gxSadNBwYyMPkS6/gKltbW+8SZbYpPtMKmo=
-----END ENCRYPTED PRIVATE KEY-----
)"));
}

}  // namespace
}  // namespace acme
