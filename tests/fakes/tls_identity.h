#pragma once

#include <functional>
#include <memory>
#include <string>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "acme/openssl.h"
#include "base/encoding.h"
#include "tests/fakes/test_ca.h"

namespace fakes {

/// The server's side of TLS: a certificate with its key, shown to everybody who asks.
class TlsIdentity {
 public:
  using Ssl = std::unique_ptr<SSL, void (*)(SSL*)>;

  TlsIdentity(const TestCa& ca, const LeafWish& wish)
      : TlsIdentity(ca, wish, acme::PkeyPtr(EVP_EC_gen("P-256"))) {}
  TlsIdentity(const TestCa& ca, const LeafWish& wish, acme::PkeyPtr key)
      : key_(std::move(key)), chain_pem_(ca.issue(key_.get(), wish)) {
    const acme::BioPtr bio = acme::read_bio(chain_pem_);
    leaf_.reset(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    const acme::X509Ptr intermediate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context_.get(), leaf_.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    SSL_CTX_add1_chain_cert(context_.get(), intermediate.get());
  }

  /// Shows the other's certificate as well, to clients that rather check that: it has another kind
  /// of key. REQUIRES: the same authority.
  void add(const TlsIdentity& other) {
    SSL_CTX_use_certificate(context_.get(), other.leaf_.get());
    SSL_CTX_use_PrivateKey(context_.get(), other.key_.get());
  }

  /// Null if the handshake failed.
  Ssl accept(int fd) const {
    Ssl ssl(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) != 1) ssl.reset();
    return ssl;
  }

  const std::string& chain_pem() const { return chain_pem_; }
  std::string key_pem() const {
    const acme::BioPtr bio = acme::write_bio();
    PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return acme::written(bio.get());
  }
  /// SHA-1 of the leaf in upper-case hexadecimal.
  std::string fingerprint() const {
    std::array<unsigned char, 20> digest{};
    unsigned size = 0;
    X509_digest(leaf_.get(), EVP_sha1(), digest.data(), &size);
    std::string hex = base::encode_hex(std::as_bytes(std::span(digest)));
    for (char& c : hex) c = static_cast<char>(std::toupper(c));
    return hex;
  }

 private:
  acme::PkeyPtr key_;
  std::string chain_pem_;
  acme::X509Ptr leaf_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_{SSL_CTX_new(TLS_server_method()),
                                                        SSL_CTX_free};
};

}  // namespace fakes
