#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace haproxy {

/// The two names that order a chain, as DER (RFC 5280 §4.1.2.4, §4.1.2.6).
struct X509Names {
  std::vector<std::byte> issuer;
  std::vector<std::byte> subject;
};

/// Reads just the names out of a certificate, without judging anything else about it; nullopt if
/// the bytes are not built like one.
std::optional<X509Names> parse_x509_names(std::span<const std::byte> der);

}  // namespace haproxy
