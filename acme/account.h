#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/error.h"
#include "base/result.h"

namespace acme {

enum class AccountStatus { valid, deactivated, revoked };

/// An account object (RFC 8555 §7.1.2). A value.
struct Account {
  AccountStatus status;
  std::vector<std::string> contacts;  ///< empty with authorities that keep none
  friend bool operator==(const Account&, const Account&) = default;
};

/// Fails with bad_response.
base::Result<Account, Error> parse_account(std::string_view json);

}  // namespace acme
