#pragma once

#include <string>
#include <vector>

#include "acme/authority.h"
#include "acme/private_key.h"
#include "acme/types.h"

namespace acme {

/// Payloads of requests about accounts (RFC 8555 §7.3), as JSON. Pure.

/// newAccount: the account of `key`, made if there is none.
std::string registration_payload(const AuthorityOptions& options,
                                 const std::vector<std::string>& contacts,
                                 const PrivateKey& key,
                                 const Url& new_account_url);
/// newAccount: the account of a key, only if there is one (§7.3.1).
std::string find_account_payload();
/// To the account: its contacts from now on (§7.3.2).
std::string contacts_payload(const std::vector<std::string>& contacts);
/// To the account: the end of it, for ever (§7.3.6). Its certificates live on.
std::string deactivation_payload();
/// keyChange (§7.3.5): signed by the new key, inside a request signed by the old one.
std::string key_change_payload(const Url& account_url,
                               const PrivateKey& old_key,
                               const PrivateKey& new_key,
                               const Url& key_change_url);

}  // namespace acme
