#include "agent/tls_alpn/challenge_certificate.h"

#include <stdexcept>
#include <string>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace agent {
namespace {

using std::chrono::hours;

struct FreeParts {
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
  void operator()(ASN1_OBJECT* object) const noexcept { ASN1_OBJECT_free(object); }
  void operator()(ASN1_OCTET_STRING* text) const noexcept { ASN1_OCTET_STRING_free(text); }
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeParts>;

void require(bool success, const char* call) {
  if (success) return;
  ERR_clear_error();
  throw std::runtime_error(std::string("tls-alpn-01 certificate: ") + call + " failed");
}

Owned<ASN1_OCTET_STRING> octets(const std::string& bytes) {
  Owned<ASN1_OCTET_STRING> text(ASN1_OCTET_STRING_new());
  require(text && ASN1_OCTET_STRING_set(text.get(),
                                        reinterpret_cast<const unsigned char*>(bytes.data()),
                                        static_cast<int>(bytes.size())) == 1,
          "ASN1_OCTET_STRING_set");
  return text;
}

void set_validity(X509* certificate, base::WallTime now) {
  const auto set = [now](ASN1_TIME* time, hours offset) {
    return ASN1_TIME_set(time, std::chrono::system_clock::to_time_t(now + offset)) != nullptr;
  };
  require(set(X509_getm_notBefore(certificate), hours(-1)) &&
              set(X509_getm_notAfter(certificate), hours(24 * 7)),
          "ASN1_TIME_set");
}

void set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "RAND_bytes");
  require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1U) == 1,
          "ASN1_INTEGER_set_uint64");
}

void set_names(X509* certificate) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const std::string text = "acme-spoa tls-alpn-01";
  require(X509_NAME_add_entry_by_txt(name,
                                     "CN",
                                     MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()),
                                     -1,
                                     0) == 1,
          "X509_NAME_add_entry_by_txt");
  require(X509_set_issuer_name(certificate, name) == 1, "X509_set_issuer_name");
}

void add_identifier(X509* certificate, const acme::Identifier& identifier) {
  const auto address = identifier.name().address();
  const std::string& bytes = address ? address->bytes() : identifier.value();
  Owned<GENERAL_NAMES> names(GENERAL_NAMES_new());
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* value = address ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  require(names && name != nullptr && value != nullptr &&
              ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) == 1,
          "GENERAL_NAME_new");
  GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, value);
  require(sk_GENERAL_NAME_push(names.get(), name) > 0, "sk_GENERAL_NAME_push");
  require(
      X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1,
      "X509_add1_ext_i2d");
}

void add_digest(X509* certificate, const acme::Sha256& digest) {
  const Owned<ASN1_OBJECT> oid(OBJ_txt2obj(acme::acme_identifier_oid.data(), 1));
  const Owned<ASN1_OCTET_STRING> value = octets(acme::acme_identifier_value(digest));
  constexpr int critical = 1;
  const Owned<X509_EXTENSION> extension(
      oid ? X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), critical, value.get()) : nullptr);
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "X509_add_ext");
}

}  // namespace

ChallengeKey make_challenge_key() {
  ChallengeKey key(EVP_EC_gen("P-256"));
  require(key != nullptr, "EVP_EC_gen");
  return key;
}

ChallengeCertificate make_challenge_certificate(const acme::TlsAlpnAnswer& answer,
                                                EVP_PKEY* key,
                                                base::WallTime now) {
  ChallengeCertificate certificate(X509_new());
  require(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "X509_new");
  set_serial(certificate.get());
  set_validity(certificate.get(), now);
  set_names(certificate.get());
  require(X509_set_pubkey(certificate.get(), key) == 1, "X509_set_pubkey");
  add_identifier(certificate.get(), answer.identifier);
  add_digest(certificate.get(), answer.digest);
  require(X509_sign(certificate.get(), key, EVP_sha256()) > 0, "X509_sign");
  return certificate;
}

}  // namespace agent
