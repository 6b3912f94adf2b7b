#pragma once

// Inside agent/custom/*.cc only: OpenSSL's objects with their owners.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "agent/custom/upload.h"

namespace agent {

template <auto free_function>
struct Freed {
  template <class T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Freed<PKCS12_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509SigPtr = std::unique_ptr<X509_SIG, Freed<X509_SIG_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;

/// What an upload holds, in the order it was given.
struct UploadObjects {
  PkeyPtr key;
  std::vector<X509Ptr> certificates;
};

constexpr std::size_t max_certificates = 10;

/// Reads it; what is not there, or cannot be read, is the error.
base::Result<UploadObjects, UploadError> read_upload(const CertificateUpload& upload);

/// Of an upload with pkcs12; leaves OpenSSL's error queue as it comes.
base::Result<UploadObjects, UploadError> read_pkcs12(const CertificateUpload& upload);

/// OpeningCost has had enough.
UploadError too_many_iterations(std::string field);

/// Reads the text, which outlives it.
BioPtr reader(const std::string& text);

/// The certificates from the leaf of `key` on, each signed by the next, roots left out. Errors:
/// `key-matches`, `chain-order` (one of them belongs nowhere).
base::Result<std::vector<X509Ptr>, UploadError> order_chain(std::vector<X509Ptr> certificates,
                                                            EVP_PKEY* key);

}  // namespace agent
