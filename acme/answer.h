#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "acme/digest.h"
#include "acme/order_record.h"
#include "acme/types.h"

namespace acme {

/// http-01 (RFC 8555 §8.3): the body of `/.well-known/acme-challenge/` + token on the name.
struct HttpAnswer {
  Identifier identifier;
  Token token;
  KeyAuthorization key_authorization;
  friend bool operator==(const HttpAnswer&, const HttpAnswer&) = default;
};

/// tls-alpn-01 (RFC 8737 §3): a self-signed certificate for the identifier alone, with the digest
/// in its critical acmeIdentifier extension.
struct TlsAlpnAnswer {
  Identifier identifier;
  Sha256 digest;  ///< of the key authorization
  friend bool operator==(const TlsAlpnAnswer&, const TlsAlpnAnswer&) = default;
};

/// dns-01 (RFC 8555 §8.4) and dns-account-01: one more TXT value at a name. The apex and the
/// wildcard of one order have two values at the same name.
struct TxtAnswer {
  Identifier identifier;
  std::string name;   ///< `_acme-challenge.example.com`
  std::string value;  ///< 43 characters of base64url
  Token token;        ///< for programs that ask for it
  KeyAuthorization key_authorization;
  friend bool operator==(const TxtAnswer&, const TxtAnswer&) = default;
};

/// dns-persist-01: a TXT record that the owner of the name has set once. It is looked for, not
/// set: see persist_record.h.
struct StandingTxtAnswer {
  Identifier identifier;
  std::vector<std::string> issuer_domains;  ///< of the authority; a record for any of them will do
  std::string account_url;
  friend bool operator==(const StandingTxtAnswer&, const StandingTxtAnswer&) = default;
};

/// What has to be seen before the authority is told to look at a challenge.
using Answer = std::variant<HttpAnswer, TlsAlpnAnswer, TxtAnswer, StandingTxtAnswer>;

const Identifier& identifier_of(const Answer& answer);

/// The answer to a challenge of this order.
Answer answer_to(const OrderChallenge& challenge, const OrderRecord& order);
std::vector<Answer> answers_to(const std::vector<OrderChallenge>& challenges,
                               const OrderRecord& order);

/// The TXT value of dns-01 and dns-account-01: base64url of the key authorization's SHA-256.
std::string txt_value(const KeyAuthorization& key_authorization);

/// The label of an account in dns-account-01, with its underscore: base32, lower-case, of the first
/// ten bytes of the SHA-256 of the account's URL.
std::string account_label(std::string_view account_url);

/// The value of the acmeIdentifier extension (RFC 8737 §3): a DER OCTET STRING of the digest. Its
/// OID is acme_identifier_oid.
std::string acme_identifier_value(const Sha256& digest);
inline constexpr std::string_view acme_identifier_oid = "1.3.6.1.5.5.7.1.31";

/// The server name that the authority asks for in tls-alpn-01: the name, or the reverse name of an
/// address (RFC 8738 §6).
std::string tls_alpn_server_name(const Identifier& identifier);

}  // namespace acme
