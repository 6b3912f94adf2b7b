#include <algorithm>
#include <cstring>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "agent/custom/opening_cost.h"
#include "agent/custom/upload_objects.h"

namespace agent {
namespace {

constexpr std::size_t max_bytes = 64 * 1024;

base::Unexpected<UploadError> refuse(std::string field, std::string rule, std::string detail) {
  ERR_clear_error();
  return base::Unexpected(UploadError{std::move(field), std::move(rule), std::move(detail)});
}

/// OpenSSL's callback for a passphrase: ours, or none, and never a question at the terminal.
int give_passphrase(char* buffer, int size, int, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

struct PemBlock {
  PemBlock() = default;
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;

  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
};

bool is_encrypted(const std::string& pem) {
  return pem.find("BEGIN ENCRYPTED PRIVATE KEY") != std::string::npos ||
         pem.find("Proc-Type: 4,ENCRYPTED") != std::string::npos;
}

/// Whether a block of it takes too much work to open.
bool is_too_much_work(const std::string& pem) {
  const BioPtr bio = reader(pem);
  OpeningCost cost;
  bool is_affordable = true;
  while (is_affordable) {
    PemBlock block;
    if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1) break;
    if (std::strcmp(block.name, PEM_STRING_PKCS8) != 0) continue;
    const unsigned char* at = block.data;
    const X509SigPtr sealed(d2i_X509_SIG(nullptr, &at, block.size));
    if (!sealed) continue;
    const X509_ALGOR* algorithm = nullptr;
    X509_SIG_get0(sealed.get(), &algorithm, nullptr);
    is_affordable = cost.add(*algorithm);
  }
  ERR_clear_error();
  return !is_affordable;
}

base::Result<PkeyPtr, UploadError> read_key(const CertificateUpload& upload) {
  if (is_too_much_work(upload.key_pem)) return base::Unexpected(too_many_iterations("key"));
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
  std::string no_passphrase;  // without ours OpenSSL would ask at the terminal
  while (true) {
    X509Ptr one(PEM_read_bio_X509(bio.get(), nullptr, &give_passphrase, &no_passphrase));
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

}  // namespace

BioPtr reader(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

base::Result<UploadObjects, UploadError> read_upload(const CertificateUpload& upload) {
  const std::size_t size = upload.chain_pem.size() + upload.key_pem.size() + upload.pkcs12.size();
  if (size > max_bytes) return refuse("chain", "range", "expected at most 64 KiB in all");
  if (upload.chain_pem.empty() == upload.pkcs12.empty()) {
    return refuse("chain", "required", "expected either a chain in PEM or a PKCS#12 container");
  }
  if (!upload.pkcs12.empty()) {
    auto objects = read_pkcs12(upload);
    ERR_clear_error();
    return objects;
  }
  if (upload.key_pem.empty()) return refuse("key", "required", "expected the private key in PEM");
  auto certificates = read_chain(upload.chain_pem);
  if (!certificates) return base::Unexpected(certificates.error());
  auto key = read_key(upload);
  if (!key) return base::Unexpected(key.error());
  return UploadObjects{*std::move(key), *std::move(certificates)};
}

}  // namespace agent
