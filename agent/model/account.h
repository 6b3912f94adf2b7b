#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace agent {

/// What the authority has said of the account last (RFC 8555 §7.1.2). Only `valid` can place
/// orders; the others are for ever. The numbers are stored.
enum class AccountStatus { valid = 0, deactivated = 1, revoked = 2 };

std::string_view to_string(AccountStatus status);  ///< as RFC 8555 has it

/// The key that an account is to get. It is stored before the authority hears of it.
struct NextAccountKey {
  std::string key_pem{};     ///< in memory only; the store seals it
  std::string thumbprint{};  ///< as in Account
  friend bool operator==(const NextAccountKey&, const NextAccountKey&) = default;
};

/// Our account at an authority (RFC 8555 §7.1.2). A value. An authority whose directory URL is
/// changed in the configuration is another one, with another account.
struct Account {
  std::string authority{};                        ///< name in the configuration
  std::string directory_url{};                    ///< with the name, what the account is found by
  std::optional<std::string> url = std::nullopt;  ///< `kid`; nullopt until newAccount has answered
  std::string key_pem{};                          ///< in memory only; the store seals it
  std::string thumbprint{};                       ///< of the key (RFC 7638), base64url
  base::WallTime created{};
  AccountStatus status = AccountStatus::valid;
  /// While the key is being changed (RFC 8555 §7.3.5): which of the two the authority has is known
  /// to nobody but the authority.
  std::optional<NextAccountKey> next_key = std::nullopt;

  friend bool operator==(const Account&, const Account&) = default;
};

}  // namespace agent
