#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <openssl/pem.h>

#include "acme/openssl.h"
#include "base/clock.h"

namespace fakes {

/// What a leaf is to be like; the defaults are honest.
struct LeafWish {
  std::vector<std::string> names;
  base::WallTime not_before;
  base::WallTime not_after;
  std::string other_name = {};  ///< a SAN of another type as OpenSSL writes it, `IP:192.0.2.7`
  std::string serial_hex = "1a2b3c4d5e6f";
  std::string ca_issuers =
      {};  ///< a URL, where its issuer's certificate is; empty: it says nothing
};

/// A certificate authority with a root and one intermediate.
class TestCa {
 public:
  explicit TestCa(base::WallTime now)
      : root_key_(EVP_EC_gen("P-256")), intermediate_key_(EVP_EC_gen("P-256")) {
    const LeafWish decade{{}, now - std::chrono::days(1), now + std::chrono::days(3650)};
    root_ = make("Test Root", root_key_.get(), decade, nullptr, root_key_.get());
    intermediate_ =
        make("Test Intermediate", intermediate_key_.get(), decade, root_.get(), root_key_.get());
  }

  /// Leaf, then intermediate, in PEM.
  std::string issue(EVP_PKEY* public_key, const LeafWish& wish) const {
    return pem(issue_leaf(public_key, wish).get()) + intermediate_pem();
  }
  std::string intermediate_pem() const { return pem(intermediate_.get()); }
  std::string root_pem() const { return pem(root_.get()); }

  static std::string pem(X509* certificate) {
    const acme::BioPtr bio = acme::write_bio();
    PEM_write_bio_X509(bio.get(), certificate);
    return acme::written(bio.get());
  }

  acme::X509Ptr issue_leaf(EVP_PKEY* public_key, const LeafWish& wish) const {
    return make("", public_key, wish, intermediate_.get(), intermediate_key_.get());
  }
  /// As private authorities do: no intermediate.
  acme::X509Ptr issue_leaf_by_root(EVP_PKEY* public_key, const LeafWish& wish) const {
    return make("", public_key, wish, root_.get(), root_key_.get());
  }

 private:
  static void set_time(ASN1_TIME* field, base::WallTime time) {
    ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time));
  }

  static void add_extension(X509* certificate, X509* issuer, int nid, const std::string& text) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, text.c_str());
    acme::require(extension != nullptr, "X509V3_EXT_conf_nid");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static std::string alternative_names(const LeafWish& wish) {
    std::string text;
    for (const std::string& name : wish.names) text += (text.empty() ? "DNS:" : ",DNS:") + name;
    if (!wish.other_name.empty()) text += (text.empty() ? "" : ",") + wish.other_name;
    return text;
  }

  /// `issuer` is null for the root.
  static acme::X509Ptr make(const std::string& common_name,
                            EVP_PKEY* public_key,
                            const LeafWish& wish,
                            X509* issuer,
                            EVP_PKEY* issuer_key) {
    acme::X509Ptr certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    BIGNUM* serial = nullptr;
    BN_hex2bn(&serial, wish.serial_hex.c_str());
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate.get()));
    BN_free(serial);
    set_time(X509_getm_notBefore(certificate.get()), wish.not_before);
    set_time(X509_getm_notAfter(certificate.get()), wish.not_after);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    if (!common_name.empty()) {
      X509_NAME_add_entry_by_txt(name,
                                 "CN",
                                 MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.c_str()),
                                 -1,
                                 -1,
                                 0);
    }
    X509* parent = issuer == nullptr ? certificate.get() : issuer;
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(parent));
    X509_set_pubkey(certificate.get(), public_key);
    const bool is_ca = !common_name.empty();
    add_extension(certificate.get(), parent, NID_subject_key_identifier, "hash");
    add_extension(certificate.get(), parent, NID_authority_key_identifier, "keyid:always");
    add_extension(certificate.get(),
                  parent,
                  NID_basic_constraints,
                  is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (is_ca) add_extension(certificate.get(), parent, NID_key_usage, "critical,keyCertSign");
    const std::string names = alternative_names(wish);
    if (!names.empty()) {
      add_extension(certificate.get(), parent, NID_subject_alt_name, "critical," + names);
    }
    if (!wish.ca_issuers.empty()) {
      add_extension(certificate.get(), parent, NID_info_access, "caIssuers;URI:" + wish.ca_issuers);
    }
    acme::require(X509_sign(certificate.get(), issuer_key, EVP_sha256()) > 0, "X509_sign");
    return certificate;
  }

  acme::PkeyPtr root_key_;
  acme::PkeyPtr intermediate_key_;
  acme::X509Ptr root_;
  acme::X509Ptr intermediate_;
};

}  // namespace fakes
