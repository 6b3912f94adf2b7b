#pragma once

#include <optional>
#include <string>

#include "agent/model/actor.h"
#include "base/clock.h"

namespace agent {

/// What a client of the API over TCP shows. The secret itself is told once and never kept. A value.
struct ApiToken {
  std::string name{};  ///< as a tenant's id (parse_tenant_id()); in the history as `token NAME`
  Scope scope = Scope::read_only;
  std::string tenant{};  ///< of Scope::tenant
  std::string hash{};    ///< SHA-256 of the token's text, 32 bytes
  base::WallTime created{};
  std::optional<base::WallTime> expires = std::nullopt;  ///< nullopt: never

  friend bool operator==(const ApiToken&, const ApiToken&) = default;
};

}  // namespace agent
