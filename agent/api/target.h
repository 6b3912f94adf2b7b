#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/api/api_message.h"
#include "base/result.h"

namespace agent {

/// The path and query of a request's target in origin form (RFC 9112 §3.2.1).
struct Target {
  std::vector<std::string> path{};
  std::vector<QueryParameter> query{};
};

/// Splits first and decodes then (RFC 3986 §2.4): `%2f` stays within its segment. At most 16
/// segments and 16 parameters. The error is a sentence.
base::Result<Target, std::string> parse_target(std::string_view text);

}  // namespace agent
