#include <algorithm>
#include <cstring>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "agent/custom/upload_objects.h"

namespace agent {
namespace {

constexpr std::size_t max_bytes = 64 * 1024;
constexpr std::size_t max_certificates = 10;

base::Unexpected<UploadError> refuse(std::string field, std::string rule, std::string detail) {
  ERR_clear_error();
  return base::Unexpected(UploadError{std::move(field), std::move(rule), std::move(detail)});
}

BioPtr reader(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// OpenSSL's callback for a passphrase: ours, or none, and never a question at the terminal.
int give_passphrase(char* buffer, int size, int, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

bool is_encrypted(const std::string& pem) {
  return pem.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string::npos ||
         pem.find("Proc-Type: 4,ENCRYPTED") != std::string::npos;
}

base::Result<PkeyPtr, UploadError> read_key(const CertificateUpload& upload) {
  const BioPtr bio = reader(upload.key_pem);
  std::string passphrase = upload.passphrase;
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &give_passphrase, &passphrase));
  if (key) return key;
  if (!is_encrypted(upload.key_pem)) {
    return refuse("key", "pem", "expected a private key in PEM: PKCS#8, PKCS#1 or SEC 1");
  }
  if (upload.passphrase.empty()) {
    return refuse("passphrase", "required", "the key is encrypted; expected its passphrase");
  }
  return refuse("passphrase", "passphrase", "the passphrase does not open the key");
}

base::Result<std::vector<X509Ptr>, UploadError> read_chain(const std::string& pem) {
  std::vector<X509Ptr> certificates;
  const BioPtr bio = reader(pem);
  while (true) {
    X509Ptr one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!one) break;
    certificates.push_back(std::move(one));
    if (certificates.size() > max_certificates) {
      return refuse("chain", "range", "expected at most 10 certificates");
    }
  }
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!is_end || certificates.empty()) {
    return refuse("chain",
                  "pem",
                  "certificate " + std::to_string(certificates.size() + 1) +
                      " cannot be read; expected CERTIFICATE blocks in PEM");
  }
  ERR_clear_error();
  return certificates;
}

base::Result<UploadObjects, UploadError> read_pkcs12(const CertificateUpload& upload) {
  const BioPtr bio = reader(upload.pkcs12);
  const Pkcs12Ptr container(d2i_PKCS12_bio(bio.get(), nullptr));
  if (!container) return refuse("pkcs12", "pkcs12", "expected a PKCS#12 container (.p12, .pfx)");
  if (PKCS12_mac_present(container.get()) == 0) {
    return refuse("pkcs12", "pkcs12", "the container has no MAC, so it may have been changed");
  }
  const std::string& passphrase = upload.passphrase;
  if (PKCS12_verify_mac(container.get(), passphrase.c_str(), static_cast<int>(passphrase.size())) !=
      1) {
    return refuse("passphrase", "passphrase", "the passphrase does not open the container");
  }
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* others = nullptr;
  const int parsed = PKCS12_parse(container.get(), passphrase.c_str(), &key, &leaf, &others);
  UploadObjects objects{PkeyPtr(key), {}};
  if (leaf != nullptr) objects.certificates.emplace_back(leaf);
  while (others != nullptr && sk_X509_num(others) > 0) {
    objects.certificates.emplace_back(sk_X509_shift(others));
  }
  sk_X509_free(others);
  if (parsed != 1) {
    return refuse("pkcs12",
                  "pkcs12",
                  "the container cannot be read; if it is an old one, write it anew with AES: "
                  "openssl pkcs12 -legacy -in OLD -nodes | openssl pkcs12 -export -out NEW");
  }
  if (!objects.key || objects.certificates.empty()) {
    return refuse("pkcs12", "pkcs12", "the container lacks a key or a certificate");
  }
  if (objects.certificates.size() > max_certificates) {
    return refuse("pkcs12", "range", "expected at most 10 certificates");
  }
  ERR_clear_error();
  return objects;
}

}  // namespace

base::Result<UploadObjects, UploadError> read_upload(const CertificateUpload& upload) {
  const std::size_t size = upload.chain_pem.size() + upload.key_pem.size() + upload.pkcs12.size();
  if (size > max_bytes) return refuse("chain", "range", "expected at most 64 KiB in all");
  if (upload.chain_pem.empty() == upload.pkcs12.empty()) {
    return refuse("chain", "required", "expected either a chain in PEM or a PKCS#12 container");
  }
  if (!upload.pkcs12.empty()) return read_pkcs12(upload);
  if (upload.key_pem.empty()) return refuse("key", "required", "expected the private key in PEM");
  auto certificates = read_chain(upload.chain_pem);
  if (!certificates) return base::Unexpected(certificates.error());
  auto key = read_key(upload);
  if (!key) return base::Unexpected(key.error());
  return UploadObjects{*std::move(key), *std::move(certificates)};
}

}  // namespace agent
