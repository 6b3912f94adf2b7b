#pragma once

#include <string>
#include <string_view>

#include "base/domain_name.h"

namespace agent {

/// The registered domain of a name by the public suffix list, private suffixes included: the part
/// that authorities count certificates by. `example.co.uk` of `*.a.example.co.uk`; the name itself
/// if it is a public suffix. The list is the system's newest, read at the first call. Thread-safe.
std::string registered_domain(const base::DomainName& name);

/// The same for the text of a DNS name or IP address (RFC 8738): an IPv4 address is its own key, an
/// IPv6 address that of its /64, `2001:db8::/64`.
std::string certificate_limit_key(std::string_view identifier);

/// Whether anybody can register names below it: `co.uk`, `github.io`; a wildcard by its bare name.
bool is_public_suffix(const base::DomainName& name);

}  // namespace agent
