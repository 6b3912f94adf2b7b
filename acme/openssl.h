#pragma once

// Inside acme/*.cc only: OpenSSL's objects with their owners. No header that others include may
// include this one.

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "acme/private_key.h"

namespace acme {

template <auto free_function>
struct Freer {
  template <class T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using AuthorityInfoAccessPtr =
    std::unique_ptr<AUTHORITY_INFO_ACCESS, Freer<AUTHORITY_INFO_ACCESS_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using EcdsaSigPtr = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, Freer<X509_REQ_free>>;

struct PrivateKey::Handle {
  PkeyPtr pkey;
};

/// Why OpenSSL's last call on this thread failed; empties its error queue.
std::string openssl_reason();

/// Throws std::runtime_error with openssl_reason() unless `success`. For calls that can only fail
/// by a bug or for want of memory.
void require(bool success, std::string_view call);

/// A BIO to read `text` from, which must outlive it.
BioPtr read_bio(std::string_view text);
/// A BIO to write to, and what was written.
BioPtr write_bio();
std::string written(BIO* bio);

}  // namespace acme
