#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "acme/answer.h"
#include "tests/fakes/example_account.h"

namespace agent {

inline acme::Identifier identifier(std::string_view name) {
  return acme::Identifier(base::DomainName::parse_name_or_address(name).value());
}

inline acme::TlsAlpnAnswer answer_for(std::string_view name, std::string_view key = "key") {
  return {identifier(name), acme::sha256(key)};
}

/// The authority's side of tls-alpn-01, as bytes in and bytes out.
class AlpnClient {
 public:
  /// `protocols` as ALPN has them, each with its length; empty: no ALPN. `name`: empty: no SNI.
  AlpnClient(std::string protocols, std::string name, int max_version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
    SSL_set_bio(ssl_.get(), input_, output_);
    SSL_set_connect_state(ssl_.get());
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_MAX_PROTO_VERSION, max_version, nullptr);
    if (!protocols.empty()) {
      SSL_set_alpn_protos(ssl_.get(),
                          reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    }
    if (!name.empty()) {
      SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    }
  }

  /// Takes what the server has sent and returns what it is to get.
  std::string step(std::string_view received) {
    if (!received.empty()) BIO_write(input_, received.data(), static_cast<int>(received.size()));
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    is_done = result == 1;
    if (!is_done && SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL) {
      alert = ERR_GET_REASON(ERR_peek_error()) - SSL_AD_REASON_OFFSET;
    }
    std::string bytes(BIO_ctrl_pending(output_), '\0');
    if (!bytes.empty()) BIO_read(output_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }

  std::string protocol() const {
    const unsigned char* text = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &text, &size);
    return std::string(reinterpret_cast<const char*>(text), size);
  }

  /// What RFC 8737 §3 has the authority check: one SAN, and the digest in a critical extension,
  /// whose whole DER this is.
  struct Proof {
    int san_type = 0;
    std::string san;
    int sans = 0;
    std::string extension;
    friend bool operator==(const Proof&, const Proof&) = default;
  };
  Proof proof() const {
    Proof proof;
    X509* leaf = SSL_get0_peer_certificate(ssl_.get());
    GENERAL_NAMES* names =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
    proof.sans = sk_GENERAL_NAME_num(names);
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, 0), &proof.san_type));
    proof.san.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                     static_cast<std::size_t>(ASN1_STRING_length(value)));
    GENERAL_NAMES_free(names);
    ASN1_OBJECT* oid = OBJ_txt2obj(acme::acme_identifier_oid.data(), 1);
    const int at = X509_get_ext_by_OBJ(leaf, oid, -1);
    ASN1_OBJECT_free(oid);
    if (at < 0) return proof;
    unsigned char* der = nullptr;
    const int size = i2d_X509_EXTENSION(X509_get_ext(leaf, at), &der);
    proof.extension.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return proof;
  }

  bool is_done = false;
  std::optional<int> alert;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  BIO* input_ = BIO_new(BIO_s_mem());
  BIO* output_ = BIO_new(BIO_s_mem());
};

inline const std::string acme_tls =
    "\x0a"
    "acme-tls/1";

}  // namespace agent
