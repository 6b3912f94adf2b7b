#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "acme/http_client.h"
#include "acme/types.h"

namespace acme {

/// A resource whose URL the client knows: those of the directory (RFC 8555 §7.1.1), and our
/// account. new_account and key_change are the client's own.
enum class Endpoint { new_account, new_order, revoke_certificate, key_change, account };

using Target = std::variant<Endpoint, Url>;

/// A request to be signed by the account's key and posted.
struct Post {
  Target target;
  std::string payload;      ///< JSON; empty for POST-as-GET (RFC 8555 §6.3)
  std::string accept = {};  ///< Accept header; empty for none
  /// The profile that a payload for newOrder asks for; empty for none. The client sends it only to
  /// an authority that offers it.
  std::string profile = {};
  friend bool operator==(const Post&, const Post&) = default;
};

/// `Post::accept` of a certificate's download (RFC 8555 §7.4.2).
inline constexpr std::string_view pem_certificate_chain = "application/pem-certificate-chain";

/// A reply with a 2xx status.
struct Response {
  Url url;  ///< what was asked: the base of relative URLs in the reply
  HttpResponse http;
};

}  // namespace acme
