#include "acme/certificate_key.h"

#include <gtest/gtest.h>

#include "acme/openssl.h"
#include "base/encoding.h"

namespace acme {
namespace {

std::vector<Identifier> identifiers(const std::vector<std::string>& names) {
  std::vector<Identifier> list;
  for (const std::string& name : names) {
    list.emplace_back(base::DomainName::parse_name_or_address(name).value());
  }
  return list;
}

X509ReqPtr parse_csr(const std::string& csr) {
  const auto der = base::decode_base64url(csr);
  if (!der) return nullptr;
  const auto* cursor = reinterpret_cast<const unsigned char*>(der->data());
  return X509ReqPtr(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der->size())));
}

std::vector<std::string> names_of(X509_REQ* request) {
  std::vector<std::string> names;
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request);
  EXPECT_EQ(sk_X509_EXTENSION_num(extensions), 1);
  const GeneralNamesPtr list(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), i), &type));
    const std::string content(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                              static_cast<std::size_t>(ASN1_STRING_length(value)));
    EXPECT_TRUE(type == GEN_DNS || type == GEN_IPADD);
    names.push_back(type == GEN_DNS ? content : base::IpAddress::from_bytes(content)->text());
  }
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  return names;
}

class CertificateKeyOf : public testing::TestWithParam<KeyType> {};

TEST_P(CertificateKeyOf, AsksForExactlyTheIdentifiersWithAnEmptySubject) {
  const auto made =
      make_certificate_key(GetParam(), identifiers({"example.com", "*.example.com", "b.test"}));
  ASSERT_TRUE(made);
  const X509ReqPtr request = parse_csr(made->csr);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(request.get())), 0);
  EXPECT_EQ(names_of(request.get()),
            (std::vector<std::string>{"example.com", "*.example.com", "b.test"}));
}

TEST_P(CertificateKeyOf, IsSignedByTheKeyInThePem) {
  const auto made = make_certificate_key(GetParam(), identifiers({"example.com"}));
  ASSERT_TRUE(made);
  const X509ReqPtr request = parse_csr(made->csr);
  const auto key = PrivateKey::parse_pem(made->private_key_pem);
  ASSERT_TRUE(request != nullptr && key);
  EXPECT_EQ(key->type(), GetParam());
  EXPECT_EQ(X509_REQ_verify(request.get(), key->handle().pkey.get()), 1);
}

INSTANTIATE_TEST_SUITE_P(CertificateKey,
                         CertificateKeyOf,
                         testing::Values(KeyType::ecdsa_p256,
                                         KeyType::ecdsa_p384,
                                         KeyType::rsa_2048));

TEST(CertificateKey, AsksForAddressesAsAddressesAndNamesNone) {
  const auto made =
      make_certificate_key(KeyType::ecdsa_p256, identifiers({"192.0.2.7", "2001:db8::1"}));
  ASSERT_TRUE(made);
  const X509ReqPtr request = parse_csr(made->csr);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(names_of(request.get()), (std::vector<std::string>{"192.0.2.7", "2001:db8::1"}));
  EXPECT_EQ(X509_NAME_entry_count(X509_REQ_get_subject_name(request.get())), 0);
}

TEST(CertificateKey, CanBeOneThatExists) {
  const PrivateKey key = PrivateKey::generate(KeyType::ecdsa_p256).value();
  const CertificateKey reused = reuse_certificate_key(key, identifiers({"example.com"}));
  EXPECT_EQ(reused.private_key_pem, key.pem());
  const X509ReqPtr request = parse_csr(reused.csr);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(X509_REQ_verify(request.get(), key.handle().pkey.get()), 1);
  EXPECT_EQ(names_of(request.get()), (std::vector<std::string>{"example.com"}));
}

TEST(CertificateKey, IsNewEachTime) {
  const auto one = make_certificate_key(KeyType::ecdsa_p256, identifiers({"example.com"}));
  const auto two = make_certificate_key(KeyType::ecdsa_p256, identifiers({"example.com"}));
  EXPECT_NE(one->private_key_pem, two->private_key_pem);
}

}  // namespace
}  // namespace acme
