#include "agent/custom/make_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "tests/fakes/test_ca.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

base::DomainName name(std::string_view text) {
  return base::DomainName::parse(text).value();
}

acme::X509ReqPtr parse(const std::string& pem) {
  const acme::BioPtr bio = acme::read_bio(pem);
  return acme::X509ReqPtr(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
}

std::string subject_of(X509_REQ* request) {
  const acme::BioPtr bio = acme::write_bio();
  X509_NAME_print_ex(bio.get(),
                     X509_REQ_get_subject_name(request),
                     0,
                     XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return acme::written(bio.get());
}

std::vector<std::string> rules(const RequestSubject& subject) {
  std::vector<std::string> rules;
  for (const UploadError& error : check_subject(subject)) {
    rules.push_back(error.field + " " + error.rule);
  }
  return rules;
}

TEST(MakeRequest, SaysWhoItIsForAndIsSignedByItsKey) {
  const RequestWish wish{acme::KeyType::ecdsa_p384,
                         {"www.example.org", "Bäcker, Inc.", "Shop", "Köln", "NRW", "DE"},
                         {name("www.example.org"), name("example.org")}};
  const auto made = make_request(wish);
  ASSERT_TRUE(made);
  const acme::X509ReqPtr request = parse(made->csr_pem);
  ASSERT_TRUE(request);
  EXPECT_EQ(subject_of(request.get()),
            "CN=www.example.org,OU=Shop,O=Bäcker\\, Inc.,L=Köln,ST=NRW,C=DE");
  EXPECT_EQ(X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())), 1);
  const auto key = acme::PrivateKey::parse_pem(made->private_key_pem);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->type(), acme::KeyType::ecdsa_p384);
}

TEST(MakeRequest, ItsCertificateMayBeInstalled) {
  const base::WallTime now = base::SystemClock().wall();
  const fakes::TestCa ca(now);
  const auto made = make_request({acme::KeyType::ecdsa_p256, {}, {name("www.example.org")}});
  ASSERT_TRUE(made);
  const acme::X509ReqPtr request = parse(made->csr_pem);
  const std::string chain =
      ca.issue(X509_REQ_get0_pubkey(request.get()), {{"www.example.org"}, now - 1h, now + 1h});
  EXPECT_TRUE(check_upload({chain, made->private_key_pem}, name("www.example.org"), now));
}

TEST(CheckSubject, EachFieldHasItsRule) {
  EXPECT_THAT(rules({}), IsEmpty());
  EXPECT_THAT(rules({"www.example.org", "Bäcker", "Shop", "Köln", "NRW", "DE"}), IsEmpty());
  EXPECT_THAT(rules({.common_name = std::string(65, 'x'), .country = "Germany"}),
              ElementsAre("country range", "common_name range"));
  EXPECT_THAT(rules({.country = "de"}), ElementsAre("country choice"));
  EXPECT_THAT(rules({.organization = "two\nlines", .locality = "K\xf6ln"}),
              ElementsAre("locality characters", "organization characters"));
}

}  // namespace
}  // namespace agent
