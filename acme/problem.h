#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/error.h"
#include "acme/http_client.h"
#include "acme/json.h"
#include "acme/types.h"
#include "base/clock.h"

namespace acme {

/// A problem document (RFC 9457, RFC 8555 §6.7) as received, but for its texts: they are printable
/// and at most 1 KiB long. Everything in it is optional.
struct Problem {
  std::string type;
  std::string detail;
  std::optional<Identifier> identifier;
  std::vector<Problem> subproblems;  ///< at most 200, without subproblems of their own
  std::string instance;
};

Problem parse_problem(const Json& json);

/// An identifier object (RFC 8555 §7.1.3, RFC 8738 §3); nullopt of another type or a bad value.
std::optional<Identifier> parse_identifier(const Json& identifier);

/// The one place where a problem's type becomes a code.
Error to_error(const Problem& problem, Origin origin);

/// What a reply with an error status means: its problem document, or unknown_problem if it has none
/// (a proxy's HTML, an empty body). A 5xx without a type we know is server_internal, a 429
/// rate_limited. Takes status and Retry-After along. REQUIRES: the status is not 2xx.
Error error_of(const HttpResponse& response, base::WallTime now);

/// A reply with a 2xx status that is not what it should be.
Error bad_response(std::string detail);

/// `text` without control characters, cut to 1 KiB at a character's end.
std::string printable(std::string_view text);

}  // namespace acme
