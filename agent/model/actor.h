#pragma once

#include <string>
#include <string_view>

namespace agent {

/// What a client of the API may do. The numbers are stored.
enum class Scope {
  admin = 1,      ///< everything
  tenant = 2,     ///< what is its tenant's
  read_only = 3,  ///< look at everything, change nothing
};

/// `admin`, `tenant`, `read-only`.
inline std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::admin: return "admin";
    case Scope::tenant: return "tenant";
    case Scope::read_only: return "read-only";
  }
  return "unknown";
}

/// The name of who asks over the admin socket.
inline constexpr std::string_view socket_actor = "socket";

/// On whose behalf something is done. A value.
struct Actor {
  Scope scope = Scope::admin;
  std::string tenant{};  ///< of Scope::tenant
  std::string name{};    ///< for the audit trail: `socket`, `token ci-deploy`, `on-demand`

  bool is_tenant() const { return scope == Scope::tenant; }
  friend bool operator==(const Actor&, const Actor&) = default;
};

}  // namespace agent
