#include "acme/certificate_key.h"

#include "acme/openssl.h"
#include "base/encoding.h"

namespace acme {
namespace {

struct ExtensionsFreer {
  void operator()(STACK_OF(X509_EXTENSION) * stack) const noexcept {
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
  }
};
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionsFreer>;

/// dNSName, or iPAddress (RFC 8738 §3, RFC 5280 §4.2.1.6).
GENERAL_NAME* general_name(const Identifier& identifier) {
  const auto address = identifier.name().address();
  const std::string& bytes = address ? address->bytes() : identifier.value();
  ASN1_STRING* text = address ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  require(text != nullptr && name != nullptr &&
              ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size())) == 1,
          "ASN1_STRING_set");
  GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, text);
  return name;
}

GeneralNamesPtr general_names(const std::vector<Identifier>& identifiers) {
  GeneralNamesPtr names(GENERAL_NAMES_new());
  require(names != nullptr, "GENERAL_NAMES_new");
  for (const Identifier& identifier : identifiers) {
    require(sk_GENERAL_NAME_push(names.get(), general_name(identifier)) > 0,
            "sk_GENERAL_NAME_push");
  }
  return names;
}

void add_names(X509_REQ* request, const std::vector<Identifier>& identifiers) {
  const GeneralNamesPtr names = general_names(identifiers);
  STACK_OF(X509_EXTENSION)* stack = nullptr;
  const int added =
      X509V3_add1_i2d(&stack, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT);
  const ExtensionsPtr extensions(stack);
  require(added == 1, "X509V3_add1_i2d");
  require(X509_REQ_add_extensions(request, extensions.get()) == 1, "X509_REQ_add_extensions");
}

}  // namespace

std::string encode_csr(const PrivateKey& key, const std::vector<Identifier>& identifiers) {
  const X509ReqPtr request(X509_REQ_new());
  require(request != nullptr, "X509_REQ_new");
  EVP_PKEY* pkey = key.handle().pkey.get();
  require(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1, "X509_REQ_set_version");
  require(X509_REQ_set_pubkey(request.get(), pkey) == 1, "X509_REQ_set_pubkey");
  add_names(request.get(), identifiers);
  require(X509_REQ_sign(request.get(), pkey, EVP_sha256()) > 0, "X509_REQ_sign");
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  require(size > 0, "i2d_X509_REQ");
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

base::Result<CertificateKey, Error> make_certificate_key(
    KeyType type, const std::vector<Identifier>& identifiers) {
  const base::Result<PrivateKey, Error> key = PrivateKey::generate(type);
  if (!key) return base::Unexpected(key.error());
  return reuse_certificate_key(*key, identifiers);
}

CertificateKey reuse_certificate_key(const PrivateKey& key,
                                     const std::vector<Identifier>& identifiers) {
  return {key.pem(), base::encode_base64url(encode_csr(key, identifiers))};
}

}  // namespace acme
