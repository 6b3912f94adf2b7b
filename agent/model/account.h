#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace agent {

/// Our account at an authority (RFC 8555 §7.1.2). A value. An authority whose directory URL is
/// changed in the configuration is another one, with another account.
struct Account {
  std::string authority{};                        ///< name in the configuration
  std::string directory_url{};                    ///< with the name, what the account is found by
  std::optional<std::string> url = std::nullopt;  ///< `kid`; nullopt until newAccount has answered
  std::string key_pem{};                          ///< in memory only; the store seals it
  std::string thumbprint{};                       ///< of the key (RFC 7638), base64url
  base::WallTime created{};

  friend bool operator==(const Account&, const Account&) = default;
};

}  // namespace agent
