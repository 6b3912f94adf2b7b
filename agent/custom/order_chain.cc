#include <algorithm>

#include <openssl/err.h>

#include "agent/custom/upload_objects.h"

namespace agent {
namespace {

std::string subject_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

bool has_key(X509* certificate, EVP_PKEY* key) {
  return EVP_PKEY_eq(X509_get0_pubkey(certificate), key) == 1;
}

bool is_root(X509* certificate) {
  return X509_self_signed(certificate, 0) == 1;
}

/// Whether `issuer` has signed it: by name and by signature.
bool is_signed_by(X509* certificate, X509* issuer) {
  return X509_check_issued(issuer, certificate) == X509_V_OK &&
         X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
}

}  // namespace

base::Result<std::vector<X509Ptr>, UploadError> order_chain(std::vector<X509Ptr> certificates,
                                                            EVP_PKEY* key) {
  std::vector<X509Ptr> chain;
  const auto take = [&](auto condition) {
    const auto found = std::find_if(certificates.begin(), certificates.end(), condition);
    if (found == certificates.end()) return false;
    chain.push_back(std::move(*found));
    certificates.erase(found);
    return true;
  };
  if (!take([&](const X509Ptr& one) { return has_key(one.get(), key); })) {
    ERR_clear_error();
    return base::Unexpected(
        UploadError{"key", "key-matches", "the key belongs to none of the certificates"});
  }
  while (take([&](const X509Ptr& one) { return is_signed_by(chain.back().get(), one.get()); })) {
  }
  ERR_clear_error();
  // A leaf that signs itself stays: it is all there is.
  if (chain.size() > 1 && is_root(chain.back().get())) chain.pop_back();
  std::erase_if(certificates, [](const X509Ptr& one) { return is_root(one.get()); });
  if (certificates.empty()) return chain;
  return base::Unexpected(UploadError{
      "chain",
      "chain-order",
      "the certificate of " + subject_of(certificates.front().get()) +
          " has signed none of the others; expected the leaf's issuers and nothing else"});
}

}  // namespace agent
