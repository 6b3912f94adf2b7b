#include "tests/fake_ca/csr.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

#include "base/encoding.h"
#include "tests/fake_ca/jws.h"

namespace fake_ca {
namespace {

base::Unexpected<Problem> bad_csr(std::string detail) {
  return refuse(400, "badCSR", std::move(detail));
}

std::string text_of(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::string address_of(const ASN1_STRING* value) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(value) == 4 ? AF_INET : AF_INET6;
  inet_ntop(family, ASN1_STRING_get0_data(value), text.data(), text.size());
  return text.data();
}

using ExtensionsPtr =
    std::unique_ptr<STACK_OF(X509_EXTENSION), void (*)(STACK_OF(X509_EXTENSION)*)>;

ExtensionsPtr extensions_of(X509_REQ* request) {
  return {X509_REQ_get_extensions(request), [](STACK_OF(X509_EXTENSION) * extensions) {
            sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
          }};
}

base::Result<std::set<Identifier>, Problem> names_of(STACK_OF(X509_EXTENSION) * extensions) {
  std::set<Identifier> identifiers;
  const acme::GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type == GEN_DNS) {
      identifiers.insert({IdentifierType::dns, lower(text_of(value))});
    } else if (type == GEN_IPADD &&
               (ASN1_STRING_length(value) == 4 || ASN1_STRING_length(value) == 16)) {
      identifiers.insert({IdentifierType::ip, address_of(value)});
    } else {
      return bad_csr("CSR contains a SAN of a type that is not taken");
    }
  }
  return identifiers;
}

/// Why the key may not be certified.
std::optional<std::string> fault_of_key(EVP_PKEY* key) {
  if (key == nullptr) return "CSR has no readable key";
  const int bits = EVP_PKEY_get_bits(key);
  if (EVP_PKEY_is_a(key, "RSA")) {
    if (bits == 2048 || bits == 3072 || bits == 4096) return std::nullopt;
    return "an RSA key of " + std::to_string(bits) + " bits is not taken";
  }
  if (EVP_PKEY_is_a(key, "EC") && (bits == 256 || bits == 384)) return std::nullopt;
  return "a key of this kind is not taken";
}

/// A common name counts as a name (RFC 8555 §7.4).
std::optional<Problem> add_common_name(X509_REQ* request, std::set<Identifier>& identifiers) {
  X509_NAME* subject = X509_REQ_get_subject_name(request);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return std::nullopt;
  const std::string name =
      lower(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  if (name.size() > 64) return bad_csr("CSR's common name is longer than 64 bytes").error();
  identifiers.insert({IdentifierType::dns, name});
  return std::nullopt;
}

}  // namespace

base::Result<CertificateRequest, Problem> parse_csr(std::string_view csr) {
  const std::optional<std::string> der = decode_base64url_text(csr);
  if (!der) return refuse(400, "malformed", "csr is no base64url");
  const auto* cursor = reinterpret_cast<const unsigned char*>(der->data());
  const auto* begin = cursor;
  const acme::X509ReqPtr request(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der->size())));
  if (!request || cursor != begin + der->size())
    return bad_csr("Error parsing certificate request");
  std::shared_ptr<EVP_PKEY> key(X509_REQ_get_pubkey(request.get()), EVP_PKEY_free);
  if (const auto fault = fault_of_key(key.get())) return bad_csr(*fault);
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    return bad_csr("invalid signature on CSR");
  }
  const ExtensionsPtr extensions = extensions_of(request.get());
  if (X509v3_get_ext_by_NID(extensions.get(), NID_tlsfeature, -1) >= 0) {
    return bad_csr("OCSP must-staple extension is no longer available");
  }
  auto identifiers = names_of(extensions.get());
  if (!identifiers) return base::Unexpected(identifiers.error());
  if (auto fault = add_common_name(request.get(), identifiers.value())) {
    return base::Unexpected(*std::move(fault));
  }
  if (identifiers->empty()) return bad_csr("at least one identifier is required");
  return CertificateRequest{std::move(identifiers).value(), std::move(key)};
}

std::string fingerprint_of_key(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  acme::require(size > 0, "i2d_PUBKEY");
  std::array<unsigned char, 32> digest{};
  EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return base::encode_base64url(std::as_bytes(std::span(digest)));
}

}  // namespace fake_ca
