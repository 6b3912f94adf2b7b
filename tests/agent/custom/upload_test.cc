#include "agent/custom/upload.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include "tests/fakes/test_ca.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

base::DomainName name(std::string_view text) {
  return base::DomainName::parse(text).value();
}

/// A key and what can be made of it.
class Identity {
 public:
  explicit Identity(EVP_PKEY* key = EVP_EC_gen("P-256")) : key_(key) {}

  EVP_PKEY* key() const { return key_.get(); }
  std::string key_pem(const std::string& passphrase = "") const {
    const acme::BioPtr bio = acme::write_bio();
    const bool encrypt = !passphrase.empty();
    PEM_write_bio_PKCS8PrivateKey(bio.get(),
                                  key_.get(),
                                  encrypt ? EVP_aes_256_cbc() : nullptr,
                                  encrypt ? passphrase.data() : nullptr,
                                  static_cast<int>(passphrase.size()),
                                  nullptr,
                                  nullptr);
    return acme::written(bio.get());
  }

 private:
  acme::PkeyPtr key_;
};

class UploadTest : public testing::Test {
 protected:
  static fakes::LeafWish wish(std::vector<std::string> names) {
    return {std::move(names), now - 24h, now + 24h * 90};
  }
  std::string chain(const Identity& identity, std::vector<std::string> names) const {
    return ca_.issue(identity.key(), wish(std::move(names)));
  }
  /// The rule that refuses it, behind its field; empty if it may be installed.
  static std::string rule(const CertificateUpload& upload,
                          std::string_view hostname = "www.example.org",
                          base::WallTime at = now) {
    const auto checked = check_upload(upload, name(hostname), at);
    return checked ? "" : checked.error().field + " " + checked.error().rule;
  }
  std::string leaf(const Identity& identity) const {
    return fakes::TestCa::pem(ca_.issue_leaf(identity.key(), wish({"www.example.org"})).get());
  }
  /// A PKCS#12 container of the key and its chain.
  std::string container(const Identity& identity, const std::string& passphrase) const {
    const acme::X509Ptr leaf = ca_.issue_leaf(identity.key(), wish({"www.example.org"}));
    const acme::BioPtr text = acme::read_bio(intermediate_);
    STACK_OF(X509)* others = sk_X509_new_null();
    sk_X509_push(others, PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    PKCS12* made =
        PKCS12_create(passphrase.c_str(), "", identity.key(), leaf.get(), others, 0, 0, 0, 0, 0);
    const acme::BioPtr bio = acme::write_bio();
    i2d_PKCS12_bio(bio.get(), made);
    PKCS12_free(made);
    sk_X509_pop_free(others, X509_free);
    return acme::written(bio.get());
  }
  /// The same, which says that its key is to be derived by so many iterations, in DER.
  std::string container_saying(const std::string& made, const std::string& said) const {
    const acme::X509Ptr leaf = ca_.issue_leaf(identity_.key(), wish({"www.example.org"}));
    PKCS12* const without_mac =
        PKCS12_create("open sesame", "", identity_.key(), leaf.get(), nullptr, 0, 0, 70'000, -1, 0);
    std::string der = to_der(without_mac);
    PKCS12_free(without_mac);
    replace_all(der, made, said);
    const acme::BioPtr bio = acme::read_bio(der);
    PKCS12* const changed = d2i_PKCS12_bio(bio.get(), nullptr);
    PKCS12_set_mac(changed, "open sesame", -1, nullptr, 0, 1, nullptr);
    der = to_der(changed);
    PKCS12_free(changed);
    return der;
  }
  static std::string to_der(PKCS12* container) {
    const acme::BioPtr bio = acme::write_bio();
    i2d_PKCS12_bio(bio.get(), container);
    return acme::written(bio.get());
  }
  static void replace_all(std::string& text, const std::string& old, const std::string& wanted) {
    ASSERT_NE(text.find(old), std::string::npos);
    for (std::size_t at = text.find(old); at != std::string::npos;
         at = text.find(old, at + wanted.size())) {
      text.replace(at, old.size(), wanted);
    }
  }

  const fakes::TestCa ca_{now};
  const std::string intermediate_ = ca_.intermediate_pem();
  const Identity identity_;
};

TEST_F(UploadTest, AnHonestOneIsDescribedAsHaproxyWould) {
  const auto checked =
      check_upload({chain(identity_, {"WWW.example.org", "example.org"}), identity_.key_pem()},
                   name("www.example.org"),
                   now);
  ASSERT_TRUE(checked) << checked.error().detail;
  EXPECT_THAT(checked->names, ElementsAre(name("example.org"), name("www.example.org")));
  EXPECT_EQ(checked->serial, "1A2B3C4D5E6F");
  EXPECT_EQ(checked->fingerprint.size(), 40u);
  EXPECT_EQ(checked->issuer, "Test Intermediate");
  EXPECT_EQ(checked->not_after, now + 24h * 90);
  EXPECT_THAT(checked->key_pem, HasSubstr("-----BEGIN PRIVATE KEY-----"));
}

TEST_F(UploadTest, TheChainIsPutInOrderAndTheRootLeftOut) {
  const std::string leaf_pem = leaf(identity_);
  const auto checked =
      check_upload({ca_.root_pem() + intermediate_ + leaf_pem, identity_.key_pem()},
                   name("www.example.org"),
                   now);
  ASSERT_TRUE(checked) << checked.error().detail;
  EXPECT_EQ(checked->chain_pem, leaf_pem + intermediate_);
}

TEST_F(UploadTest, AnEncryptedKeyNeedsItsPassphrase) {
  const std::string pem = chain(identity_, {"www.example.org"});
  const std::string key = identity_.key_pem("open sesame");
  EXPECT_EQ(rule({pem, key, "", "open sesame"}), "");
  EXPECT_EQ(rule({pem, key, "", "close sesame"}), "passphrase passphrase");
  EXPECT_EQ(rule({pem, key}), "passphrase required");
}

TEST_F(UploadTest, APkcs12ContainerIsOpened) {
  const std::string p12 = container(identity_, "open sesame");
  const auto checked = check_upload({"", "", p12, "open sesame"}, name("www.example.org"), now);
  ASSERT_TRUE(checked) << checked.error().detail;
  EXPECT_THAT(checked->chain_pem, HasSubstr(intermediate_));
  EXPECT_EQ(rule({"", "", p12, "close sesame"}), "passphrase passphrase");
  EXPECT_EQ(rule({"", "", p12.substr(0, p12.size() / 2), "open sesame"}), "pkcs12 pkcs12");
}

/// Integers of three bytes in DER.
const std::string seventy_thousand("\x02\x03\x01\x11\x70", 5);
const std::string eight_millions("\x02\x03\x7f\xff\xff", 5);

TEST_F(UploadTest, AContainerThatTakesForeverToOpenIsRefusedBeforeItIsTried) {
  const std::string honest = container_saying(seventy_thousand, seventy_thousand);
  EXPECT_EQ(rule({"", "", honest, "open sesame"}), "");
  const std::string hostile = container_saying(seventy_thousand, eight_millions);
  EXPECT_EQ(rule({"", "", hostile, "open sesame"}), "pkcs12 iterations");
}

TEST_F(UploadTest, AMacThatTakesForeverIsRefusedBeforeItIsTried) {
  const acme::X509Ptr leaf = ca_.issue_leaf(identity_.key(), wish({"www.example.org"}));
  PKCS12* const made =
      PKCS12_create("open sesame", "", identity_.key(), leaf.get(), nullptr, 0, 0, 1, 70'000, 0);
  std::string der = to_der(made);
  PKCS12_free(made);
  EXPECT_EQ(rule({"", "", der, "open sesame"}), "");
  replace_all(der, seventy_thousand, eight_millions);
  EXPECT_EQ(rule({"", "", der, "open sesame"}), "pkcs12 iterations");
}

TEST_F(UploadTest, AKeyThatTakesForeverToOpenIsRefusedBeforeItIsTried) {
  PKCS8_PRIV_KEY_INFO* const plain = EVP_PKEY2PKCS8(identity_.key());
  X509_SIG* const sealed =
      PKCS8_encrypt(-1, EVP_aes_256_cbc(), "open sesame", -1, nullptr, 0, 70'000, plain);
  PKCS8_PRIV_KEY_INFO_free(plain);
  unsigned char* bytes = nullptr;
  const int size = i2d_X509_SIG(sealed, &bytes);
  X509_SIG_free(sealed);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  const auto to_pem = [&der] {
    const acme::BioPtr bio = acme::write_bio();
    const auto* const data = reinterpret_cast<const unsigned char*>(der.data());
    PEM_write_bio(bio.get(), PEM_STRING_PKCS8, "", data, static_cast<long>(der.size()));
    return acme::written(bio.get());
  };
  const std::string pem = chain(identity_, {"www.example.org"});
  EXPECT_EQ(rule({pem, to_pem(), "", "open sesame"}), "");
  replace_all(der, seventy_thousand, eight_millions);
  EXPECT_EQ(rule({pem, to_pem(), "", "open sesame"}), "key iterations");
}

TEST_F(UploadTest, ACertificateNeverAsksForAPassphrase) {
  std::string pem = leaf(identity_);
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const std::string sealed =
      "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,"
      "00112233445566778899AABBCCDDEEFF\n\n";
  pem.insert(begin.size(), sealed);
  EXPECT_EQ(rule({pem, identity_.key_pem()}), "chain pem");
}

TEST_F(UploadTest, AContainerWithoutAPassphraseIsOpened) {
  EXPECT_EQ(rule({"", "", container(identity_, "")}), "");
}

TEST_F(UploadTest, TheHalvesOfTheKeyMustBelongTogether) {
  PKCS8_PRIV_KEY_INFO* const key = EVP_PKEY2PKCS8(identity_.key());
  unsigned char* bytes = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(key, &bytes);
  PKCS8_PRIV_KEY_INFO_free(key);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  const std::size_t secret = der.find("\x04\x20");  // an OCTET STRING of 32 bytes
  ASSERT_NE(secret, std::string::npos);
  der[secret + 20] = static_cast<char>(der[secret + 20] ^ 1);
  const acme::BioPtr bio = acme::write_bio();
  const auto* const data = reinterpret_cast<const unsigned char*>(der.data());
  PEM_write_bio(bio.get(), PEM_STRING_PKCS8INF, "", data, static_cast<long>(der.size()));
  EXPECT_EQ(rule({chain(identity_, {"www.example.org"}), acme::written(bio.get())}),
            "key key-matches");
}

TEST_F(UploadTest, TheKeyMustBeTheLeafs) {
  const Identity other;
  EXPECT_EQ(rule({chain(identity_, {"www.example.org"}), other.key_pem()}), "key key-matches");
}

TEST_F(UploadTest, TheHostnameMustBeInIt) {
  EXPECT_EQ(rule({chain(identity_, {"*.example.org"}), identity_.key_pem()}), "");
  EXPECT_EQ(rule({chain(identity_, {"*.org"}), identity_.key_pem()}), "chain names");
  EXPECT_EQ(rule({chain(identity_, {"*.example.org"}), identity_.key_pem()}, "a.b.example.org"),
            "chain names");
  const auto refused = check_upload(
      {chain(identity_, {"example.com"}), identity_.key_pem()}, name("www.example.org"), now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail,
            "the certificate is not for www.example.org; it is for example.com");
}

TEST_F(UploadTest, NowMustBeInsideItsValidity) {
  const CertificateUpload upload{chain(identity_, {"www.example.org"}), identity_.key_pem()};
  EXPECT_EQ(rule(upload, "www.example.org", now + 24h * 90), "chain validity");
  EXPECT_EQ(rule(upload, "www.example.org", now - 24h - 1s), "chain validity");
  EXPECT_EQ(rule(upload, "www.example.org", now - 24h), "");
}

TEST_F(UploadTest, WeakKeysAreRefused) {
  const Identity small(EVP_RSA_gen(1024));
  EXPECT_EQ(rule({chain(small, {"www.example.org"}), small.key_pem()}), "chain weak-key");
  const Identity odd(EVP_EC_gen("P-224"));
  EXPECT_EQ(rule({chain(odd, {"www.example.org"}), odd.key_pem()}), "chain weak-key");
  const Identity strong(EVP_RSA_gen(2048));
  EXPECT_EQ(rule({chain(strong, {"www.example.org"}), strong.key_pem()}), "");
}

TEST_F(UploadTest, ForeignCertificatesAreRefused) {
  const fakes::TestCa other(now);
  const std::string pem = leaf(identity_);
  EXPECT_EQ(rule({pem + intermediate_ + other.intermediate_pem(), identity_.key_pem()}),
            "chain chain-order");
}

TEST_F(UploadTest, GarbageIsRefusedByFieldAndNeverShown) {
  const std::string pem = chain(identity_, {"www.example.org"});
  EXPECT_EQ(rule({}), "chain required");
  EXPECT_EQ(rule({pem}), "key required");
  EXPECT_EQ(rule({"no pem", identity_.key_pem()}), "chain pem");
  EXPECT_EQ(rule({pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                  identity_.key_pem()}),
            "chain pem");
  EXPECT_EQ(rule({pem, "a secret that is no key"}), "key pem");
  EXPECT_EQ(rule({pem, std::string(70'000, 'x')}), "chain range");
  EXPECT_EQ(rule({pem, identity_.key_pem(), "both"}), "chain required");
  const auto refused = check_upload({pem, "hunter2"}, name("www.example.org"), now);
  EXPECT_THAT(refused.error().detail, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace agent
