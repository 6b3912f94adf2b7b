#include "agent/custom/upload.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include "agent/custom/upload_objects.h"
#include "agent/model/zone.h"

namespace agent {
namespace {

constexpr int least_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;  ///< a handshake takes 50 ms of them

using Refusal = std::optional<UploadError>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02X", bytes[i]);
    text += digits.data();
  }
  return text;
}

base::WallTime to_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return base::WallTime(std::chrono::seconds(::timegm(&parts)));
}

std::string date(base::WallTime time) {
  const std::time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

std::vector<base::DomainName> names_of(X509* leaf) {
  std::vector<base::DomainName> names;
  const GeneralNamesPtr sans(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; sans && i < sk_GENERAL_NAME_num(sans.get()); ++i) {
    const GENERAL_NAME* const san = sk_GENERAL_NAME_value(sans.get(), i);
    if (san->type != GEN_DNS) continue;
    const auto* const data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(san->d.dNSName));
    const std::string_view text(data, static_cast<std::size_t>(ASN1_STRING_length(san->d.dNSName)));
    auto name = base::DomainName::parse(text);
    if (name) names.push_back(*std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool is_good_for(const std::vector<base::DomainName>& names, const base::DomainName& hostname) {
  return std::any_of(names.begin(), names.end(), [&hostname](const base::DomainName& name) {
    if (name == hostname) return true;
    if (!name.is_wildcard()) return false;
    return is_covered_by_wildcard_of(hostname, *base::DomainName::parse(name.bare()));
  });
}

Refusal check_names(const std::vector<base::DomainName>& names, const base::DomainName& hostname) {
  if (is_good_for(names, hostname)) return std::nullopt;
  std::string listed;
  for (const base::DomainName& name : names) listed += (listed.empty() ? "" : ", ") + name.text();
  return UploadError{"chain",
                     "names",
                     "the certificate is not for " + hostname.text() + "; it is for " +
                         (listed.empty() ? "no hostname" : listed)};
}

Refusal check_validity(const CheckedCertificate& checked, base::WallTime now) {
  if (now < checked.not_before) {
    return UploadError{
        "chain", "validity", "the certificate is not valid before " + date(checked.not_before)};
  }
  if (now >= checked.not_after) {
    return UploadError{
        "chain", "validity", "the certificate has expired at " + date(checked.not_after)};
  }
  return std::nullopt;
}

bool is_weak_key(EVP_PKEY* key) {
  if (EVP_PKEY_base_id(key) == EVP_PKEY_RSA) {
    return EVP_PKEY_bits(key) < least_rsa_bits || EVP_PKEY_bits(key) > max_rsa_bits;
  }
  if (EVP_PKEY_base_id(key) != EVP_PKEY_EC) return true;
  std::array<char, 40> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) != 1) return true;
  const std::string_view name(group.data(), size);
  return name != "prime256v1" && name != "secp384r1" && name != "secp521r1";
}

bool is_weak_signature(X509* certificate) {
  int digest = NID_undef;
  if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1) return true;
  return digest == NID_md5 || digest == NID_sha1 || digest == NID_md4 || digest == NID_md2;
}

Refusal check_strength(const std::vector<X509Ptr>& chain) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const std::string which = i == 0 ? "the certificate" : "issuer " + std::to_string(i);
    if (is_weak_key(X509_get0_pubkey(chain[i].get()))) {
      return UploadError{"chain",
                         "weak-key",
                         which +
                             " has a weak or unusual key; expected RSA of 2048 to 8192 bits, or "
                             "EC P-256, P-384 or P-521"};
    }
    if (is_weak_signature(chain[i].get())) {
      return UploadError{
          "chain", "weak-signature", which + " is signed with MD5 or SHA-1; expected SHA-256"};
    }
  }
  return std::nullopt;
}

/// The halves of a damaged key do not belong together; HAProxy would see only the public one.
Refusal check_signing(EVP_PKEY* key, X509* leaf) {
  const std::string_view message = "a message";
  const auto* const data = reinterpret_cast<const unsigned char*>(message.data());
  const DigestPtr signing(EVP_MD_CTX_new());
  std::array<unsigned char, max_rsa_bits / 8> signature{};
  std::size_t size = signature.size();
  const bool is_signed =
      EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestSign(signing.get(), signature.data(), &size, data, message.size()) == 1;
  const DigestPtr verifying(EVP_MD_CTX_new());
  EVP_PKEY* const shown = X509_get0_pubkey(leaf);
  const bool is_right =
      is_signed &&
      EVP_DigestVerifyInit(verifying.get(), nullptr, EVP_sha256(), nullptr, shown) == 1 &&
      EVP_DigestVerify(verifying.get(), signature.data(), size, data, message.size()) == 1;
  if (is_right) return std::nullopt;
  return UploadError{"key", "key-matches", "what the key signs, the certificate does not verify"};
}

Refusal check_purpose(X509* leaf) {
  if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) == 1) return std::nullopt;
  return UploadError{"chain", "purpose", "the certificate is not for TLS servers"};
}

std::string written(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string to_pem(const std::vector<X509Ptr>& chain) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  for (const X509Ptr& one : chain) PEM_write_bio_X509(bio.get(), one.get());
  return written(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return written(bio.get());
}

std::string common_name(const X509_NAME* name) {
  std::array<char, 256> text{};
  const int size = X509_NAME_get_text_by_NID(
      // OpenSSL 3.0 takes it without const and does not change it.
      const_cast<X509_NAME*>(name),
      NID_commonName,
      text.data(),
      static_cast<int>(text.size()));
  return size < 0 ? std::string() : std::string(text.data());
}

/// What is to be known of the leaf; the texts are as HAProxy prints them.
CheckedCertificate describe(X509* leaf) {
  CheckedCertificate checked;
  checked.names = names_of(leaf);
  checked.not_before = to_time(X509_get0_notBefore(leaf));
  checked.not_after = to_time(X509_get0_notAfter(leaf));
  checked.issuer = common_name(X509_get_issuer_name(leaf));
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(leaf);
  checked.serial =
      hex(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial)));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(leaf, EVP_sha1(), digest.data(), &size);
  checked.fingerprint = hex(digest.data(), size);
  return checked;
}

}  // namespace

base::Result<CheckedCertificate, UploadError> check_upload(const CertificateUpload& upload,
                                                           const base::DomainName& hostname,
                                                           base::WallTime now) {
  auto objects = read_upload(upload);
  if (!objects) return base::Unexpected(objects.error());
  const auto chain = order_chain(std::move(objects->certificates), objects->key.get());
  if (!chain) return base::Unexpected(chain.error());
  CheckedCertificate checked = describe(chain->front().get());
  Refusal refusal = check_names(checked.names, hostname);
  if (!refusal) refusal = check_validity(checked, now);
  if (!refusal) refusal = check_purpose(chain->front().get());
  if (!refusal) refusal = check_strength(*chain);
  if (!refusal) refusal = check_signing(objects->key.get(), chain->front().get());
  ERR_clear_error();
  if (refusal) return base::Unexpected(*std::move(refusal));
  checked.chain_pem = to_pem(*chain);
  checked.key_pem = to_pem(objects->key.get());
  const bool is_rsa = EVP_PKEY_base_id(objects->key.get()) == EVP_PKEY_RSA;
  checked.key = is_rsa ? KeyAlgorithm::rsa : KeyAlgorithm::ecdsa;
  return checked;
}

}  // namespace agent
