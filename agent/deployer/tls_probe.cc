#include "agent/deployer/tls_probe.h"

#include <array>
#include <cerrno>
#include <memory>
#include <span>
#include <sys/socket.h>
#include <sys/time.h>
#include <system_error>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/asio_endpoint.h"
#include "base/encoding.h"

namespace agent {
namespace {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(char* text) const { OPENSSL_free(text); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeSsl>;

/// One file descriptor, closed at the end.
class Socket {
 public:
  explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

base::Unexpected<std::string> system_failure(const char* step, int error) {
  return base::Unexpected<std::string>(std::string(step) + ": " +
                                       std::generic_category().message(error));
}

std::string tls_failure() {
  const unsigned long code = ERR_get_error();
  if (code == 0) return "TLS handshake: the connection was closed or timed out";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return "TLS handshake: " + std::string(text.data());
}

void set_timeout(int fd, std::chrono::milliseconds timeout) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
  const timeval value{
      static_cast<time_t>(seconds.count()),
      static_cast<suseconds_t>(std::chrono::microseconds(timeout - seconds).count())};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {  // SO_SNDTIMEO bounds connect(2) as well
    ::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
  }
}

std::string fingerprint_of(const X509* leaf) {
  std::array<std::byte, 20> digest{};
  unsigned size = 0;
  X509_digest(leaf, EVP_sha1(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  std::string hex = base::encode_hex(digest);
  for (char& c : hex) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  return hex;
}

std::string serial_of(X509* leaf) {
  const Owned<BIGNUM> number(ASN1_INTEGER_to_BN(X509_get_serialNumber(leaf), nullptr));
  const Owned<char> hex(number ? BN_bn2hex(number.get()) : nullptr);
  return hex ? std::string(hex.get()) : std::string();
}

std::string sni_for(const base::DomainName& name) {
  if (name.is_address()) return {};  // RFC 6066 §3 allows none
  return name.is_wildcard() ? "acme-spoa-probe." + std::string(name.bare()) : name.text();
}

/// Of a connection that nobody relays (the PROXY protocol's section 2.1): HAProxy takes the
/// addresses it sees itself.
bool send_proxy_header(int fd) {
  constexpr std::string_view header = "PROXY UNKNOWN\r\n";
  return ::send(fd, header.data(), header.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(header.size());
}

/// SSL_set_tlsext_host_name() without the old-style cast of OpenSSL's macro.
bool set_sni(SSL* ssl, std::string sni) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sni.data()) == 1;
}

std::vector<std::string> sent_chain(const SSL* ssl) {
  std::vector<std::string> chain;
  const STACK_OF(X509)* const sent = SSL_get_peer_cert_chain(ssl);  // the leaf is in it
  for (int i = 0; sent != nullptr && i < sk_X509_num(sent); ++i) {
    chain.push_back(fingerprint_of(sk_X509_value(sent, i)));
  }
  return chain;
}

/// What a client offers that takes certificates of this algorithm only; null: its usual ones.
const char* signatures_of(KeyAlgorithm key) {
  switch (key) {
    case KeyAlgorithm::unknown: return nullptr;
    case KeyAlgorithm::ecdsa: return "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512";
    case KeyAlgorithm::rsa:
      return "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512";
  }
  return nullptr;
}

/// SSL_set1_sigalgs_list() without the old-style cast of OpenSSL's macro.
bool offer_signatures(SSL* ssl, KeyAlgorithm key) {
  const char* const list = signatures_of(key);
  if (list == nullptr) return true;
  std::string text = list;
  return SSL_ctrl(ssl, SSL_CTRL_SET_SIGALGS_LIST, 0, text.data()) == 1;
}

base::Result<ServedCertificate, std::string> handshake(int fd,
                                                       const std::string& sni,
                                                       KeyAlgorithm key) {
  // One for all: making it costs as much as a handshake. It keeps no sessions (the client default).
  static const Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
  const Owned<SSL> ssl(context ? SSL_new(context.get()) : nullptr);
  const bool is_set = ssl && SSL_set_fd(ssl.get(), fd) == 1;
  if (!is_set || (!sni.empty() && !set_sni(ssl.get(), sni)) || !offer_signatures(ssl.get(), key)) {
    return base::Unexpected(tls_failure());
  }
  // Which certificate is served is the question, not whether this machine trusts it.
  SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);
  ERR_clear_error();
  if (SSL_connect(ssl.get()) != 1) return base::Unexpected(tls_failure());
  const Owned<X509> leaf(SSL_get1_peer_certificate(ssl.get()));
  std::vector<std::string> chain = sent_chain(ssl.get());
  SSL_shutdown(ssl.get());
  if (!leaf) return base::Unexpected<std::string>("the server sent no certificate");
  return ServedCertificate{fingerprint_of(leaf.get()), serial_of(leaf.get()), std::move(chain)};
}

}  // namespace

base::Result<ServedCertificate, std::string> probe_tls(const base::Endpoint& server,
                                                       const base::DomainName& name,
                                                       std::chrono::milliseconds timeout,
                                                       ProxyProtocol proxy,
                                                       KeyAlgorithm key) {
  const auto address = base::to_asio(server);
  const Socket socket(address.protocol().family());
  if (socket.fd() < 0) return system_failure("socket", errno);
  set_timeout(socket.fd(), timeout);
  if (::connect(socket.fd(), address.data(), static_cast<socklen_t>(address.size())) != 0) {
    return system_failure("connect", errno);
  }
  if (proxy == ProxyProtocol::v1 && !send_proxy_header(socket.fd())) {
    return system_failure("send", errno);
  }
  return handshake(socket.fd(), sni_for(name), key);
}

std::vector<std::string> chain_fingerprints(const std::string& pem) {
  std::vector<std::string> fingerprints;
  const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (bio) {
    const Owned<X509> next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    fingerprints.push_back(fingerprint_of(next.get()));
  }
  ERR_clear_error();  // of the end of the text
  return fingerprints;
}

}  // namespace agent
