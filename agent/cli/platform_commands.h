#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/cli/api_client.h"
#include "agent/cli/command_options.h"
#include "agent/cli/environment.h"
#include "agent/cli/exit_status.h"

namespace agent {

/// `acme-spoa tenant`, `zone` and `token`.

struct TenantOptions {
  std::string id{};
  std::string title{};
  std::optional<std::uint32_t> wildcard_after = std::nullopt;
  OutputFormat output = OutputFormat::table;
};
ExitStatus tenant_set(ApiClient& api, const TenantOptions& options, const CliEnvironment& out);
ExitStatus tenant_list(ApiClient& api, OutputFormat output, const CliEnvironment& environment);

struct ZoneOptions {
  std::vector<std::string> names{};
  std::string tenant{};  ///< empty: that of the token
  std::string dns{};     ///< empty: the daemon's default
  std::optional<std::uint32_t> wildcard_after = std::nullopt;
  OutputFormat output = OutputFormat::table;
};
ExitStatus zone_set(ApiClient& api, const ZoneOptions& options, const CliEnvironment& environment);
ExitStatus zone_list(ApiClient& api, const ZoneOptions& options, const CliEnvironment& environment);
ExitStatus zone_show(ApiClient& api, const ZoneOptions& options, const CliEnvironment& environment);

struct TokenOptions {
  std::string name{};
  std::string scope{};
  std::string tenant{};
  std::optional<std::int64_t> days = std::nullopt;
};
/// Prints the token, and nothing else, on out.
ExitStatus token_add(ApiClient& api,
                     const TokenOptions& options,
                     const CliEnvironment& environment);
ExitStatus token_list(ApiClient& api, OutputFormat output, const CliEnvironment& environment);

/// Removes each at `path`, which ends with a slash.
ExitStatus remove_each(ApiClient& api,
                       const std::string& path,
                       const std::vector<std::string>& names,
                       const CliEnvironment& environment);

}  // namespace agent
