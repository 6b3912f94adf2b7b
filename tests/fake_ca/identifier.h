#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace fake_ca {

using Json = nlohmann::json;

enum class IdentifierType { dns, ip };

/// What a certificate is ordered for (RFC 8555 §9.7.7, RFC 8738). A value.
struct Identifier {
  IdentifierType type = IdentifierType::dns;
  std::string value;  ///< lower-case; with `*.` if it is a wildcard
  bool is_wildcard() const { return value.starts_with("*."); }
  /// Without the star: what the authorization object names.
  std::string bare() const { return is_wildcard() ? value.substr(2) : value; }
  friend auto operator<=>(const Identifier&, const Identifier&) = default;
};

/// `{"type":"dns","value":"a.example"}`.
Json to_json(const Identifier& identifier);

/// Why the value is no name that a public authority would put into a certificate: an upper-case or
/// foreign character, a single label, a star in the wrong place, an address in another spelling
/// than RFC 5952's. nullopt if it is one.
std::optional<std::string> fault_of(const Identifier& identifier);

/// What the limit on certificates counts: the public suffix and one label, where a suffix is the
/// last label or the longest of `suffixes` that fits; an IPv4 address, an IPv6 /64.
std::string registered_domain(const Identifier& identifier,
                              const std::vector<std::string>& suffixes);

}  // namespace fake_ca
