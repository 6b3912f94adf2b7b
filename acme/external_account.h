#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace acme {

/// An account the operator has with the authority outside of ACME (RFC 8555 §7.3.4).
struct ExternalAccount {
  std::string key_id;              ///< the authority's name for it
  std::vector<std::byte> mac_key;  ///< secret; decoded from the base64url the authority hands out
  friend bool operator==(const ExternalAccount&, const ExternalAccount&) = default;
};

}  // namespace acme
