#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/store/store_error.h"

namespace agent {

struct ApiResponse;

/// Why a request was not carried out. Its text ends the `type` of the problem document, as in
/// `urn:acme-spoa:problem:unknown-hostname`: clients may rely on it.
enum class ProblemType {
  malformed_request,    ///< 400: no HTTP, no JSON
  invalid_fields,       ///< 400: `errors` says which and why
  not_found,            ///< 404: no such path
  unknown_hostname,     ///< 404
  unknown_certificate,  ///< 404
  unknown_authority,    ///< 404: not in the configuration
  authority_failed,     ///< 502: it has refused what was asked of it, or cannot be reached
  unknown_tenant,       ///< 404
  unknown_zone,         ///< 404
  unknown_token,        ///< 404
  unauthenticated,      ///< 401: no token, or none that is known
  forbidden,            ///< 403: who asks may not; `errors` has the rule
  precondition_failed,  ///< 412: If-Match names another state than that now
  too_many_requests,    ///< 429
  method_not_allowed,   ///< 405
  body_too_large,       ///< 413
  not_json,             ///< 415
  header_too_large,     ///< 431
  conflict,             ///< 409
  store_failed,         ///< 500: the database is damaged or not ours; needs a human
  store_unavailable,    ///< 503: no disk space, a lock, an I/O error; nothing was changed
  too_many_connections  ///< 503
};

/// One member of the body or parameter of the query that breaks a rule.
struct FieldError {
  std::string field{};  ///< `names[3]`, `limit`
  std::string rule{};   ///< for programs: `required`, `unknown`, `type`, `range`, `hostname`, ...
  std::string detail{};
};

/// A problem document (RFC 9457).
struct Problem {
  ProblemType type = ProblemType::malformed_request;
  std::string detail{};
  std::vector<FieldError> errors{};
};

unsigned status_of(ProblemType type);
ApiResponse to_response(const Problem& problem);
Problem to_problem(const StoreError& error);

}  // namespace agent
