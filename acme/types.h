#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "acme/challenge_type.h"
#include "base/domain_name.h"
#include "base/strong.h"

namespace acme {

/// An absolute http or https URL without white space or control characters, at most 2048 bytes. An
/// authority's URLs are opaque: they are kept byte for byte, since a JWS repeats them (RFC 8555
/// §6.4). A value.
class Url {
 public:
  static std::optional<Url> parse(std::string_view text);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const Url&, const Url&) = default;

 private:
  explicit Url(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// `reference` as seen from `base` (RFC 3986 §5.2); nullopt if the outcome is no Url, or if it
/// would leave https for http.
std::optional<Url> resolve_url(const Url& base, std::string_view reference);

/// A challenge's token (RFC 8555 §8.1): 22 to 255 characters of the base64url alphabet, that is at
/// least 128 bits and safe in a path or file name. A value.
class Token {
 public:
  static std::optional<Token> parse(std::string_view text);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const Token&, const Token&) = default;

 private:
  explicit Token(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// base64url of the SHA-256 of an account key's canonical JWK (RFC 7638 §3).
using Thumbprint = base::Strong<struct ThumbprintTag, std::string>;
/// token `.` thumbprint (RFC 8555 §8.1): the body of an http-01 answer.
using KeyAuthorization = base::Strong<struct KeyAuthorizationTag, std::string>;
/// One anti-replay nonce of an authority (RFC 8555 §6.5.1), good for one request.
using Nonce = base::Strong<struct NonceTag, std::string>;
/// What renewal info and `replaces` call a certificate (RFC 9773 §4.1): see cert_id().
using CertId = base::Strong<struct CertIdTag, std::string>;

KeyAuthorization key_authorization(const Token& token, const Thumbprint& thumbprint);

/// A Replay-Nonce header's value; nullopt, as RFC 8555 §6.5.1 demands, if it is not base64url, and
/// if it is longer than 1024 bytes.
std::optional<Nonce> parse_nonce(std::string_view text);

/// What a certificate is to be for: a DNS name, perhaps with a star (RFC 8555 §9.7.7), or an IP
/// address (RFC 8738). A value.
class Identifier {
 public:
  explicit Identifier(base::DomainName name) : name_(std::move(name)) {}

  /// As in an identifier object.
  std::string_view type() const { return name_.is_address() ? "ip" : "dns"; }
  const std::string& value() const { return name_.text(); }  ///< with `*.` if it is a wildcard
  const base::DomainName& name() const { return name_; }
  friend auto operator<=>(const Identifier&, const Identifier&) = default;

 private:
  base::DomainName name_;
};

}  // namespace acme

template <>
struct std::hash<acme::Url> {
  std::size_t operator()(const acme::Url& url) const {
    return std::hash<std::string>{}(url.text());
  }
};

template <>
struct std::hash<acme::Token> {
  std::size_t operator()(const acme::Token& token) const {
    return std::hash<std::string>{}(token.text());
  }
};
