#include "tests/fake_ca/asio/validator.h"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "tests/fake_ca/dns_message.h"

namespace fake_ca {
namespace {

namespace asio = base::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using TcpStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr int max_redirects = 10;
constexpr int max_aliases = 8;
/// An answer is under 128 bytes; more is cut off by the parser.
constexpr std::size_t max_answer = 1024;

asio::ip::tcp::endpoint endpoint_at(const std::string& address, std::uint16_t port) {
  return {asio::ip::make_address(address), port};
}

Unreachable no_connection(const std::string& what, const error_code& ec) {
  const bool is_timeout = ec == beast::error::timeout;
  return {"connection", what + ": " + (is_timeout ? "Timeout" : ec.message())};
}

/// A TLS client that believes everybody.
asio::ssl::context trusting_context() {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_none);
  return context;
}

/// Not by SSL_set_tlsext_host_name(), a macro with a cast that our warnings refuse.
void set_sni(TlsStream& stream, std::string name) {
  SSL_ctrl(
      stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

struct Place {
  bool is_https = false;
  std::string host;  ///< as in the Host header
  std::string path;
};

/// nullopt for what an authority would not follow.
std::optional<Place> parse_location(const std::string& location, const Place& from) {
  if (location.starts_with('/')) return Place{from.is_https, from.host, location};
  const bool is_https = location.starts_with("https://");
  if (!is_https && !location.starts_with("http://")) return std::nullopt;
  const std::size_t begin = location.find("//") + 2;
  const std::size_t slash = std::min(location.find('/', begin), location.size());
  const std::string path = slash == location.size() ? "/" : location.substr(slash);
  return Place{is_https, location.substr(begin, slash - begin), path};
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

using Response = http::response<http::string_body>;

template <class Stream>
asio::awaitable<error_code> exchange(Stream& stream, const Place& place, Response& response) {
  http::request<http::empty_body> request(http::verb::get, place.path, 11);
  request.set(http::field::host, place.host);
  request.set(http::field::user_agent, "fake-ca validation");
  request.set(http::field::connection, "close");
  error_code ec;
  co_await http::async_write(stream, request, base::into(ec));
  if (ec) co_return ec;
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(max_answer);
  co_await http::async_read(stream, buffer, parser, base::into(ec));
  if (!ec) response = parser.release();
  co_return ec;
}

asio::awaitable<error_code> get_https(TlsStream& stream, const Place& place, Response& response) {
  set_sni(stream, place.host.substr(0, place.host.rfind(':')));
  error_code ec;
  co_await stream.async_handshake(asio::ssl::stream_base::client, base::into(ec));
  if (ec) co_return ec;
  co_return co_await exchange(stream, place, response);
}

/// One GET; the redirect it answers with, if any, is the caller's to follow.
asio::awaitable<error_code> get(const ValidatorOptions& options,
                                const Place& place,
                                Response& response) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ssl::context context = trusting_context();
  TlsStream stream(executor, context);
  TcpStream& plain = beast::get_lowest_layer(stream);
  plain.expires_after(options.timeout);
  const auto endpoint =
      endpoint_at(options.address, place.is_https ? options.tls_port : options.http_port);
  error_code ec;
  co_await plain.async_connect(endpoint, base::into(ec));
  if (ec) co_return ec;
  if (place.is_https) co_return co_await get_https(stream, place, response);
  co_return co_await exchange(plain, place, response);
}

asio::awaitable<Evidence> fetch_http(const ValidatorOptions& options, const ValidationTask& task) {
  const bool is_v6 = task.identifier.value.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + task.identifier.value + "]" : task.identifier.value;
  Place place{false, host, "/.well-known/acme-challenge/" + task.token};
  for (int hops = 0; hops <= max_redirects; ++hops) {
    Response response;
    const error_code ec = co_await get(options, place, response);
    if (ec) {
      Evidence failed = no_connection("Fetching http://" + place.host + place.path, ec);
      co_return failed;
    }
    if (!is_redirect(response.result_int())) {
      Evidence found = HttpAnswer{static_cast<int>(response.result_int()), response.body()};
      co_return found;
    }
    const auto next = parse_location(std::string(response[http::field::location]), place);
    if (!next) break;
    place = *next;
  }
  Evidence lost = Unreachable{"connection", "too many redirects, or one to nowhere"};
  co_return lost;
}

asio::awaitable<std::optional<TxtReply>> ask(const ValidatorOptions& options,
                                             const std::string& name) {
  TcpStream stream(co_await asio::this_coro::executor);
  stream.expires_after(options.timeout);
  const auto endpoint = endpoint_at(options.resolver->host, options.resolver->port);
  error_code ec;
  co_await stream.async_connect(endpoint, base::into(ec));
  constexpr std::uint16_t id = 4711;
  const std::string query = encode_txt_query(id, name);
  std::string message = {static_cast<char>(query.size() >> 8U),
                         static_cast<char>(query.size() & 0xffU)};
  message += query;
  if (!ec) co_await asio::async_write(stream, asio::buffer(message), base::into(ec));
  std::array<unsigned char, 2> size{};
  if (!ec) co_await asio::async_read(stream, asio::buffer(size), base::into(ec));
  std::string reply(static_cast<std::size_t>(size[0]) << 8U | size[1], '\0');
  if (!ec) co_await asio::async_read(stream, asio::buffer(reply), base::into(ec));
  if (ec) co_return std::nullopt;
  co_return parse_txt_reply(id, reply);
}

asio::awaitable<Evidence> fetch_txt(const ValidatorOptions& options, const ValidationTask& task) {
  std::string name = txt_name(task);
  if (!options.resolver) {
    Evidence nobody = Unreachable{"dns", "no resolver is configured to look up TXT for " + name};
    co_return nobody;
  }
  for (int aliases = 0; aliases <= max_aliases; ++aliases) {
    const auto reply = co_await ask(options, name);
    if (!reply || (reply->rcode != 0 && reply->rcode != 3)) {
      Evidence failed = Unreachable{"dns", "DNS problem: SERVFAIL looking up TXT for " + name};
      co_return failed;
    }
    if (!reply->values.empty() || reply->cname.empty()) {
      Evidence found = TxtRecords{reply->values};
      co_return found;
    }
    name = reply->cname;
  }
  Evidence lost = Unreachable{"dns", "DNS problem: too many aliases looking up TXT for " + name};
  co_return lost;
}

AlpnCertificate certificate_of(SSL* ssl) {
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  AlpnCertificate found;
  if (size > 0) found.protocol.assign(reinterpret_cast<const char*>(protocol), size);
  const acme::X509Ptr leaf(SSL_get1_peer_certificate(ssl));
  unsigned char* der = nullptr;
  const int der_size = leaf ? i2d_X509(leaf.get(), &der) : 0;
  if (der_size > 0) {
    found.der.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(der_size));
  }
  OPENSSL_free(der);
  return found;
}

asio::awaitable<Evidence> fetch_alpn(const ValidatorOptions& options, const ValidationTask& task) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ssl::context context = trusting_context();
  TlsStream stream(executor, context);
  constexpr std::string_view protocols =
      "\x0a"
      "acme-tls/1";
  SSL_set_alpn_protos(stream.native_handle(),
                      reinterpret_cast<const unsigned char*>(protocols.data()),
                      static_cast<unsigned>(protocols.size()));
  set_sni(stream, sni_of(task.identifier));
  TcpStream& plain = beast::get_lowest_layer(stream);
  plain.expires_after(options.timeout);
  const auto endpoint = endpoint_at(options.address, options.tls_port);
  error_code ec;
  co_await plain.async_connect(endpoint, base::into(ec));
  if (ec) {
    Evidence failed = no_connection("Connecting to " + task.identifier.value, ec);
    co_return failed;
  }
  co_await stream.async_handshake(asio::ssl::stream_base::client, base::into(ec));
  if (ec) {
    Evidence failed = Unreachable{"tls", task.identifier.value + ": " + ec.message()};
    co_return failed;
  }
  Evidence found = certificate_of(stream.native_handle());
  co_return found;
}

}  // namespace

asio::awaitable<Evidence> fetch_evidence(const ValidatorOptions& options, ValidationTask task) {
  switch (task.type) {
    case ChallengeType::http_01: co_return co_await fetch_http(options, task);
    case ChallengeType::tls_alpn_01: co_return co_await fetch_alpn(options, task);
    case ChallengeType::dns_01:
    case ChallengeType::dns_account_01:
    case ChallengeType::dns_persist_01: break;
  }
  co_return co_await fetch_txt(options, task);
}

}  // namespace fake_ca
