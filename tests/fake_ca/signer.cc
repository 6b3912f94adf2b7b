#include "tests/fake_ca/signer.h"

#include <array>
#include <span>

#include <openssl/pem.h>

#include "base/encoding.h"

namespace fake_ca {
namespace {

std::string pem_of(X509* certificate) {
  const acme::BioPtr bio = acme::write_bio();
  PEM_write_bio_X509(bio.get(), certificate);
  return acme::written(bio.get());
}

std::string der_of(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  acme::require(size > 0, "i2d_X509");
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

std::string content_of(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& text) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, text.c_str());
  acme::require(extension != nullptr, "X509V3_EXT_conf_nid");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void add_common_name(X509_NAME* name, const std::string& text) {
  if (text.empty()) return;
  X509_NAME_add_entry_by_txt(name,
                             "CN",
                             MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()),
                             -1,
                             0);
}

void set_time(ASN1_TIME* field, base::WallTime time) {
  ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time));
}

struct Draft {
  std::string common_name;
  EVP_PKEY* key;
  X509* issuer;  ///< null: itself
  base::WallTime not_before;
  base::WallTime not_after;
};

/// Everything but the extensions and the signature.
acme::X509Ptr draw_up(const Draft& draft, std::span<const std::byte> serial) {
  acme::X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  const acme::BignumPtr number(BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()),
                                         static_cast<int>(serial.size()),
                                         nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
  set_time(X509_getm_notBefore(certificate.get()), draft.not_before);
  set_time(X509_getm_notAfter(certificate.get()), draft.not_after);
  add_common_name(X509_get_subject_name(certificate.get()), draft.common_name);
  X509* issuer = draft.issuer == nullptr ? certificate.get() : draft.issuer;
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  X509_set_pubkey(certificate.get(), draft.key);
  return certificate;
}

acme::X509Ptr make_authority(const Draft& draft, std::byte number, EVP_PKEY* issuer_key) {
  const std::array<std::byte, 1> serial = {number};
  acme::X509Ptr certificate = draw_up(draft, serial);
  X509* issuer = draft.issuer == nullptr ? certificate.get() : draft.issuer;
  add_extension(certificate.get(), issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate.get(), issuer, NID_authority_key_identifier, "keyid:always");
  add_extension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate.get(), issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  acme::require(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0, "X509_sign");
  return certificate;
}

std::string alternative_names(const std::vector<Identifier>& identifiers) {
  std::string text = "critical";
  for (const Identifier& identifier : identifiers) {
    text += (identifier.type == IdentifierType::dns ? ",DNS:" : ",IP:") + identifier.value;
  }
  return text;
}

/// The content bytes of the serial's DER INTEGER, with a leading zero if the top bit is set.
std::string der_integer_content(const std::string& bytes) {
  const bool is_high = (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0;
  return is_high ? std::string(1, '\0') + bytes : bytes;
}

std::string upper(std::string hex) {
  for (char& c : hex) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  return hex;
}

}  // namespace

Signer::Signer(base::WallTime now, std::size_t chains) : intermediate_key_(EVP_EC_gen("P-256")) {
  const auto decade = std::chrono::hours(24 * 3650);
  for (std::size_t i = 0; i < chains; ++i) {
    const acme::PkeyPtr root_key(EVP_EC_gen("P-256"));
    const auto number = static_cast<std::byte>(i + 1);
    const std::string name = "Fake CA Root " + std::to_string(i);
    acme::X509Ptr root = make_authority(
        {name, root_key.get(), nullptr, now - decade, now + decade}, number, root_key.get());
    acme::X509Ptr intermediate = make_authority(
        {"Fake CA Intermediate", intermediate_key_.get(), root.get(), now - decade, now + decade},
        number,
        root_key.get());
    std::string root_pem = pem_of(root.get());
    std::string intermediate_pem = pem_of(intermediate.get());
    roots_.push_back({std::move(root), std::move(root_pem)});
    intermediates_.push_back({std::move(intermediate), std::move(intermediate_pem)});
  }
  const ASN1_OCTET_STRING* id = X509_get0_subject_key_id(intermediates_.front().certificate.get());
  key_identifier_ = base::encode_base64url(content_of(id));
}

Leaf Signer::issue(EVP_PKEY* key, const LeafWish& wish, base::Random& random) const {
  std::array<std::byte, 16> serial{};
  random.fill(serial);
  if (serial.front() == std::byte{0}) serial.front() = std::byte{1};
  X509* issuer = intermediates_.front().certificate.get();
  const acme::X509Ptr certificate =
      draw_up({wish.common_name, key, issuer, wish.not_before, wish.not_after}, serial);
  add_extension(certificate.get(), issuer, NID_authority_key_identifier, "keyid:always");
  add_extension(certificate.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(certificate.get(), issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(certificate.get(), issuer, NID_ext_key_usage, "serverAuth");
  add_extension(
      certificate.get(), issuer, NID_subject_alt_name, alternative_names(wish.identifiers));
  add_extension(certificate.get(), issuer, NID_info_access, "caIssuers;URI:http://i.fake-ca.test/");
  acme::require(X509_sign(certificate.get(), intermediate_key_.get(), EVP_sha256()) > 0,
                "X509_sign");
  const std::string bytes(reinterpret_cast<const char*>(serial.data()), serial.size());
  return {pem_of(certificate.get()),
          der_of(certificate.get()),
          upper(base::encode_hex(serial)),
          key_identifier_ + "." + base::encode_base64url(der_integer_content(bytes))};
}

}  // namespace fake_ca
