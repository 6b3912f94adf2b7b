#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/error.h"
#include "acme/types.h"
#include "base/result.h"

namespace acme {

enum class HttpMethod { get, head, post };

/// What a request is for, as far as authorities count requests apart.
enum class RequestKind {
  other,
  directory,
  new_nonce,
  new_account,
  new_order,
  revoke_certificate,
  renewal_info,
};
/// The directory's member, as `newOrder`; `directory` and `other` for what is none.
std::string_view name_of(RequestKind kind);

struct HttpHeader {
  std::string name;   ///< lower-case
  std::string value;  ///< without surrounding white space
  friend bool operator==(const HttpHeader&, const HttpHeader&) = default;
};

struct HttpRequest {
  HttpMethod method;
  Url url;
  std::string content_type;  ///< empty: no such header
  std::string accept;        ///< empty: no such header
  std::string body;          ///< sent with a Content-Length if the method is post, even when empty
  std::vector<HttpHeader> headers{};  ///< beside those; without line breaks
  RequestKind kind = RequestKind::other;
};

/// Any final reply, whatever its status: an error status is a reply, not an Error.
struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  ///< as received; a name can repeat
  std::string body;
};

inline bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status <= 299;
}

/// The value of the first header called `name` (lower-case); empty without one. Lives as long as
/// `response`.
std::string_view find_header(const HttpResponse& response, std::string_view name);

/// What `acme` needs of HTTP (RFC 8555 §6.1); the program implements it. One thread calls it: the
/// control thread.
///
/// An implementation
/// - checks the server's certificate, sends a User-Agent that names program and version, and does
///   not follow redirects;
/// - bounds the time of a request (timeout), and the reply to 1 MiB of body, 64 KiB of headers
///   (bad_response);
/// - reports only connection_failed, timeout, tls_failed, bad_response and cancelled, with `detail`
///   in the transport's words and Origin::request;
/// - can carry many requests at once.
class HttpClient {
 public:
  using Callback = std::function<void(base::Result<HttpResponse, Error>)>;

  HttpClient() = default;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  virtual ~HttpClient() = default;

  /// Calls `done` once, later, on the thread that called send(), never inside send(). When the
  /// implementation is stopped, every request under way and every later one ends with `cancelled`,
  /// also later; when it is destroyed, callbacks still waiting are destroyed without a call.
  virtual void send(HttpRequest request, Callback done) = 0;
};

}  // namespace acme
