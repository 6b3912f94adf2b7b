#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/domain_name.h"

namespace haproxy {

/// Where the PEM bundle of a certificate lies below the agent's folder, by the certificate's first
/// name: `3b/example.org.pem`, `d4/_wildcard.example.org.pem` for `*.example.org`, and
/// `07/_ipv6.2001-db8--1.pem` for the address `2001:db8::1`. The first
/// part spreads the files over 256 folders. A name that would make a file name of more than 255
/// bytes is cut in two: `5e/_long.<first 128 bytes>/_<rest>.pem`.
///
/// Safe by construction: lower-case letters, digits and `. _ - /` only, no part begins with a dot,
/// every file ends in `.pem`. Two names never get the same path, also where case does not count.
/// The path of a name never changes between versions: files written before must be found again.
std::string bundle_path(const base::DomainName& name);

/// Another path for a certificate whose first name's own is in use by another certificate:
/// `3b/_12.example.org.pem` for number 12. As safe as the other, and no name and number share one.
std::string bundle_path(const base::DomainName& name, std::uint64_t number);

/// The path of a second certificate beside that of bundle_path(name), by its key's algorithm:
/// `3b/_rsa.example.org.pem`, and `3b/_rsa_12.example.org.pem` with a number. As safe, and the same
/// as no other path. REQUIRES: `key` is letters and neither `wildcard`, `ipv6` nor `long`.
std::string bundle_path_beside(const base::DomainName& name, std::string_view key);
std::string bundle_path_beside(const base::DomainName& name,
                               std::string_view key,
                               std::uint64_t number);

}  // namespace haproxy
