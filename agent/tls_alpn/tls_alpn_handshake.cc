#include "agent/tls_alpn/tls_alpn_handshake.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include <openssl/err.h>

#include "agent/tls_alpn/proxy_header.h"

namespace agent {
namespace {

using namespace std::string_view_literals;

/// A list of the one protocol, as its extension and as ALPN's callback have it.
constexpr std::string_view protocol = "acme-tls/1"sv;
constexpr std::string_view protocol_extension =
    "\0\x0b\x0a"
    "acme-tls/1"sv;
/// A ClientHello is 300 bytes to 2 KiB, with post-quantum keys; the client's Finished is 100.
constexpr std::size_t max_received = std::size_t{16} * 1024;

/// Before anything else of the ClientHello is looked at.
int check_protocol(SSL* ssl, int* alert, void*) noexcept {
  const unsigned char* extension = nullptr;
  std::size_t size = 0;
  const int found = SSL_client_hello_get0_ext(
      ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &extension, &size);
  if (found == 1 &&
      std::string_view(reinterpret_cast<const char*>(extension), size) == protocol_extension) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

int choose_certificate(SSL* ssl, int* alert, void* certificates) noexcept {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name != nullptr && static_cast<const ChallengeCertificates*>(certificates)->use(ssl, name)) {
    return SSL_TLSEXT_ERR_OK;
  }
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int choose_protocol(SSL*,
                    const unsigned char** out,
                    unsigned char* out_size,
                    const unsigned char*,
                    unsigned,
                    void*) noexcept {
  *out = reinterpret_cast<const unsigned char*>(protocol.data());
  *out_size = static_cast<unsigned char>(protocol.size());
  return SSL_TLSEXT_ERR_OK;
}

// OpenSSL's macros of these names have old-style casts.
void set_server_name_callback(SSL_CTX* context, const ChallengeCertificates& certificates) {
  SSL_CTX_callback_ctrl(context,
                        SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(&choose_certificate));
  SSL_CTX_ctrl(context,
               SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG,
               0,
               const_cast<ChallengeCertificates*>(&certificates));
}

}  // namespace

TlsAlpnContext::TlsAlpnContext(const ChallengeCertificates& certificates)
    : context_(SSL_CTX_new(TLS_server_method())) {
  if (!context_ || SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION) != 1) {
    ERR_clear_error();
    throw std::runtime_error("tls-alpn-01: OpenSSL gives no TLS context");
  }
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context_.get(), 0);
  SSL_CTX_set_client_hello_cb(context_.get(), check_protocol, nullptr);
  SSL_CTX_set_alpn_select_cb(context_.get(), choose_protocol, nullptr);
  set_server_name_callback(context_.get(), certificates);
}

TlsAlpnHandshake::TlsAlpnHandshake(const TlsAlpnContext& context)
    : ssl_(SSL_new(context.get())), input_(BIO_new(BIO_s_mem())), output_(BIO_new(BIO_s_mem())) {
  if (!ssl_ || input_ == nullptr || output_ == nullptr) throw std::bad_alloc();
  SSL_set_bio(ssl_.get(), input_, output_);
  SSL_set_accept_state(ssl_.get());
}

TlsAlpnHandshake::State TlsAlpnHandshake::receive(std::span<const std::byte> bytes) {
  if (state_ != State::going_on) return state_;
  received_ += bytes.size();
  if (received_ > max_received) return state_ = State::failed;
  if (is_begun_) {
    BIO_write(input_, bytes.data(), static_cast<int>(bytes.size()));
    return state_ = go_on();
  }
  begin_.insert(begin_.end(), bytes.begin(), bytes.end());
  if (!skip_proxy_header()) return state_;
  return state_ = go_on();
}

/// Whether what follows it has begun.
bool TlsAlpnHandshake::skip_proxy_header() {
  const ProxyHeader header = find_proxy_header(begin_);
  if (std::holds_alternative<NeedsMoreBytes>(header)) return false;
  if (std::holds_alternative<BrokenProxyHeader>(header)) {
    state_ = State::failed;
    return false;
  }
  const auto* size = std::get_if<ProxyHeaderSize>(&header);
  const auto rest = std::span(begin_).subspan(size == nullptr ? 0 : size->bytes);
  is_begun_ = true;
  if (!rest.empty()) BIO_write(input_, rest.data(), static_cast<int>(rest.size()));
  begin_.clear();
  return true;
}

TlsAlpnHandshake::State TlsAlpnHandshake::go_on() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    SSL_shutdown(ssl_.get());  // close_notify, as RFC 8737 §3 has the connection end
    return State::proven;
  }
  const bool wants_more = SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
  ERR_clear_error();
  return wants_more ? State::going_on : State::failed;
}

std::string TlsAlpnHandshake::take_output() {
  std::string bytes(BIO_ctrl_pending(output_), '\0');
  if (!bytes.empty()) BIO_read(output_, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace agent
