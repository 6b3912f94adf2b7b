#include <openssl/err.h>

#include "agent/custom/opening_cost.h"
#include "agent/custom/upload_objects.h"

namespace agent {
namespace {

constexpr int deepest_nesting = 4;  // bags may hold bags

struct FreedBags {
  void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const noexcept {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  }
};
struct FreedSafes {
  void operator()(STACK_OF(PKCS7) * safes) const noexcept { sk_PKCS7_pop_free(safes, PKCS7_free); }
};
using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), FreedBags>;
using SafesPtr = std::unique_ptr<STACK_OF(PKCS7), FreedSafes>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>>;

using Failure = std::optional<UploadError>;

UploadError unreadable() {
  return {"pkcs12",
          "pkcs12",
          "the container cannot be read; if it is an old one, write it anew with AES: "
          "openssl pkcs12 -legacy -in OLD -nodes | openssl pkcs12 -export -out NEW"};
}

/// Takes a container apart as PKCS12_parse() does, but knows what each step costs before it takes
/// it, and keeps certificates whether or not they belong to the key.
class Pkcs12Reader {
 public:
  explicit Pkcs12Reader(const std::string& passphrase) : passphrase_(passphrase) {}

  Failure read(const PKCS12* container) {
    if (Failure failure = check_mac(container)) return failure;
    const SafesPtr safes(PKCS12_unpack_authsafes(container));
    if (!safes) return unreadable();
    for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
      if (Failure failure = read_safe(sk_PKCS7_value(safes.get(), i))) return failure;
    }
    return std::nullopt;
  }

  UploadObjects take() { return std::move(objects_); }

 private:
  const char* passphrase() const { return is_null_ ? nullptr : passphrase_.c_str(); }
  int length() const { return is_null_ ? 0 : static_cast<int>(passphrase_.size()); }

  /// An empty passphrase is written in two ways: as two zero bytes, and as nothing at all.
  Failure check_mac(const PKCS12* container) {
    if (PKCS12_mac_present(container) == 0) {
      return UploadError{
          "pkcs12", "pkcs12", "the container has no MAC, so it may have been changed"};
    }
    const ASN1_INTEGER* iterations = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, container);
    const std::uint64_t tries = passphrase_.empty() ? 2 : 1;
    if (!cost_.add_iterations(iterations, tries)) return too_many_iterations("pkcs12");
    // OpenSSL changes nothing in it.
    auto* const its = const_cast<PKCS12*>(container);
    is_null_ = passphrase_.empty() && PKCS12_verify_mac(its, nullptr, 0) == 1;
    if (is_null_ || PKCS12_verify_mac(its, passphrase(), length()) == 1) return std::nullopt;
    return UploadError{"passphrase", "passphrase", "the passphrase does not open the container"};
  }

  Failure read_safe(PKCS7* safe) {
    BagsPtr bags;
    if (PKCS7_type_is_data(safe)) {
      bags.reset(PKCS12_unpack_p7data(safe));
    } else if (PKCS7_type_is_encrypted(safe)) {
      const PKCS7_ENCRYPT* const encrypted = safe->d.encrypted;
      if (encrypted == nullptr || encrypted->enc_data == nullptr ||
          encrypted->enc_data->algorithm == nullptr) {
        return unreadable();
      }
      if (!cost_.add(*encrypted->enc_data->algorithm)) return too_many_iterations("pkcs12");
      bags.reset(PKCS12_unpack_p7encdata(safe, passphrase(), length()));
    } else {
      return std::nullopt;  // for somebody's public key: nothing that we could read
    }
    if (!bags) return unreadable();
    return read_bags(bags.get(), deepest_nesting);
  }

  Failure read_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth) {
    if (depth == 0) return unreadable();
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
      if (Failure failure = read_bag(sk_PKCS12_SAFEBAG_value(bags, i), depth)) return failure;
    }
    return std::nullopt;
  }

  Failure read_bag(const PKCS12_SAFEBAG* bag, int depth) {
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
      case NID_keyBag: return keep_key(PKCS12_SAFEBAG_get0_p8inf(bag));
      case NID_pkcs8ShroudedKeyBag: return open_key(bag);
      case NID_certBag:
        if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) return std::nullopt;
        return keep_certificate(X509Ptr(PKCS12_SAFEBAG_get1_cert(bag)));
      case NID_safeContentsBag: {
        const STACK_OF(PKCS12_SAFEBAG)* const bags = PKCS12_SAFEBAG_get0_safes(bag);
        return bags == nullptr ? unreadable() : read_bags(bags, depth - 1);
      }
      default: return std::nullopt;  // CRLs and secrets
    }
  }

  Failure open_key(const PKCS12_SAFEBAG* bag) {
    if (objects_.key) return std::nullopt;
    const X509_ALGOR* algorithm = nullptr;
    X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, nullptr);
    if (algorithm == nullptr) return unreadable();
    if (!cost_.add(*algorithm)) return too_many_iterations("pkcs12");
    const Pkcs8Ptr opened(PKCS12_decrypt_skey(bag, passphrase(), length()));
    return keep_key(opened.get());
  }

  Failure keep_key(const PKCS8_PRIV_KEY_INFO* key) {
    if (objects_.key) return std::nullopt;  // the first counts
    if (key != nullptr) objects_.key.reset(EVP_PKCS82PKEY(key));
    return objects_.key ? Failure() : unreadable();
  }

  Failure keep_certificate(X509Ptr certificate) {
    if (!certificate) return unreadable();
    if (objects_.certificates.size() == max_certificates) {
      return UploadError{"pkcs12", "range", "expected at most 10 certificates"};
    }
    objects_.certificates.push_back(std::move(certificate));
    return std::nullopt;
  }

  const std::string& passphrase_;
  bool is_null_ = false;
  OpeningCost cost_;
  UploadObjects objects_;
};

}  // namespace

UploadError too_many_iterations(std::string field) {
  return {std::move(field),
          "iterations",
          "opening it takes more than " + std::to_string(OpeningCost::most) +
              " iterations; expected fewer, as OpenSSL's 2048"};
}

base::Result<UploadObjects, UploadError> read_pkcs12(const CertificateUpload& upload) {
  const BioPtr bio = reader(upload.pkcs12);
  const Pkcs12Ptr container(d2i_PKCS12_bio(bio.get(), nullptr));
  if (!container) {
    return base::Unexpected(
        UploadError{"pkcs12", "pkcs12", "expected a PKCS#12 container (.p12, .pfx)"});
  }
  Pkcs12Reader its(upload.passphrase);
  if (Failure failure = its.read(container.get())) return base::Unexpected(*std::move(failure));
  UploadObjects objects = its.take();
  if (objects.key && !objects.certificates.empty()) return objects;
  return base::Unexpected(
      UploadError{"pkcs12", "pkcs12", "the container lacks a key or a certificate"});
}

}  // namespace agent
