#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "acme/external_account.h"
#include "acme/private_key.h"
#include "acme/types.h"

namespace acme {

/// The body of a signed request (RFC 8555 §6.2): a flattened JWS. Its header names the key by
/// `account_url` (`kid`), or has the whole public key (`jwk`) if that is none, as newAccount needs.
/// `payload` is JSON, or empty for POST-as-GET.
std::string sign_request(const PrivateKey& key,
                         const std::optional<Url>& account_url,
                         const Nonce& nonce,
                         const Url& url,
                         std::string_view payload);

/// A JWS inside a request, as keyChange wants it (RFC 8555 §7.3.5): the header has the public key
/// and no nonce.
std::string sign_without_nonce(const PrivateKey& key, const Url& url, std::string_view payload);

/// The `externalAccountBinding` of a newAccount request to `new_account_url` (RFC 8555 §7.3.4): the
/// account's public key, signed with the external account's MAC key (HS256).
std::string bind_external_account(const ExternalAccount& external_account,
                                  const PrivateKey& account_key,
                                  const Url& new_account_url);

}  // namespace acme
