#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/encoding.h"
#include "haproxy/static_config.h"
#include "tests/haproxy/test_process.h"

namespace haproxy::test {

/// A connected unix socket, or -1.
inline int connect_to(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  ::close(fd);
  return -1;
}

/// What a TLS handshake showed.
struct ServedCertificate {
  std::string serial;            ///< hexadecimal as HAProxy prints it
  std::string sha1_fingerprint;  ///< likewise
};

/// The certificate served for a name on the unix socket; nullopt if the handshake failed.
inline std::optional<ServedCertificate> served_for(const std::string& path,
                                                   const std::string& name) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free);
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), SSL_free);
  const int fd = connect_to(path);
  if (fd < 0) return std::nullopt;
  SSL_set_fd(ssl.get(), fd);
  std::string sni = name;  // SSL_set_tlsext_host_name() is a macro with an old-style cast
  SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sni.data());
  std::optional<ServedCertificate> served;
  if (SSL_connect(ssl.get()) == 1) {
    const std::unique_ptr<X509, void (*)(X509*)> leaf(SSL_get1_peer_certificate(ssl.get()),
                                                      X509_free);
    const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf.get()), nullptr), BN_free);
    const std::unique_ptr<char, void (*)(char*)> serial(BN_bn2hex(number.get()),
                                                        [](char* text) { OPENSSL_free(text); });
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(leaf.get(), EVP_sha1(), digest, &size);
    std::string fingerprint = base::encode_hex(std::as_bytes(std::span(digest, size)));
    for (char& c : fingerprint) c = static_cast<char>(std::toupper(c));
    served = ServedCertificate{serial.get(), std::move(fingerprint)};
  }
  ::close(fd);
  return served;
}

/// A HAProxy 2.6 of the test's own, with the static configuration on unix sockets in a temporary
/// folder; ended with the object.
class RealHaproxy {
 public:
  /// `change` may alter the options, and `edit` the rendered text.
  explicit RealHaproxy(const std::function<void(StaticConfigOptions&)>& change = {},
                       const std::function<void(std::string&)>& edit = {}) {
    StaticConfigOptions options;
    options.runtime_api = base::UnixEndpoint{folder_.path("admin.sock")};
    options.crt_list_path = crt_list();
    options.spoe_config_path = folder_.path("spoe.conf");
    options.http_binds = {"unix@" + http()};
    options.https_binds = {"unix@" + https()};
    options.application = "unix@" + folder_.path("application.sock");
    options.spop = {base::AbstractEndpoint{"haproxy-test-" + std::to_string(::getpid()) + "-none"}};
    if (change) change(options);
    auto config = render_static_config(options);
    if (!config) throw std::runtime_error(config.error());
    if (edit) edit(config->haproxy_cfg);
    write_file(crt_list(), "");
    write_file(folder_.path("spoe.conf"), config->spoe_conf);
    write_file(folder_.path("haproxy.cfg"), config->haproxy_cfg);
    start();
  }

  std::string crt_list() const { return folder_.path("list.txt"); }
  std::string http() const { return folder_.path("http.sock"); }
  std::string https() const { return folder_.path("https.sock"); }
  std::string path(const std::string& name) const { return folder_.path(name); }
  base::Endpoint runtime_api() const { return base::UnixEndpoint{folder_.path("admin.sock")}; }

  /// What HAProxy has logged; for the message of a failing test.
  std::string output() const { return read_file(folder_.path("output")); }

  void stop() { process_.reset(); }
  /// The listening sockets of an unclean end are taken over by the next start.
  void start() {
    process_ = std::make_unique<Process>(
        std::vector<std::string>{haproxy_program, "-db", "-f", folder_.path("haproxy.cfg")},
        folder_.path("output"));
    // The sockets of the process before may still be there, so wait for an answer.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(200);
    while (!answers()) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error(read_file(folder_.path("output")));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

 private:
  bool answers() const {
    const int fd = connect_to(folder_.path("admin.sock"));
    if (fd < 0) return false;
    const std::string command = "show version\n";
    char byte = 0;
    const bool answered =
        ::send(fd, command.data(), command.size(), MSG_NOSIGNAL) > 0 && ::read(fd, &byte, 1) == 1;
    ::close(fd);
    return answered;
  }

  TempFolder folder_;
  std::unique_ptr<Process> process_;
};

}  // namespace haproxy::test
