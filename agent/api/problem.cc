#include "agent/api/problem.h"

#include <nlohmann/json.hpp>

#include "agent/api/api_message.h"
#include "agent/api/json_text.h"

namespace agent {
namespace {

struct Description {
  unsigned status;
  std::string_view name;
  std::string_view title;
};

Description describe(ProblemType type) {
  switch (type) {
    case ProblemType::malformed_request: return {400, "malformed-request", "Malformed request"};
    case ProblemType::invalid_fields: return {400, "invalid-fields", "Invalid fields"};
    case ProblemType::not_found: return {404, "not-found", "No such path"};
    case ProblemType::unknown_hostname: return {404, "unknown-hostname", "Unknown hostname"};
    case ProblemType::unknown_certificate:
      return {404, "unknown-certificate", "Unknown certificate"};
    case ProblemType::unknown_authority: return {404, "unknown-authority", "Unknown authority"};
    case ProblemType::authority_failed: return {502, "authority-failed", "Authority failed"};
    case ProblemType::unknown_tenant: return {404, "unknown-tenant", "Unknown tenant"};
    case ProblemType::unknown_zone: return {404, "unknown-zone", "Unknown zone"};
    case ProblemType::unknown_token: return {404, "unknown-token", "Unknown token"};
    case ProblemType::unauthenticated: return {401, "unauthenticated", "Not authenticated"};
    case ProblemType::forbidden: return {403, "forbidden", "Forbidden"};
    case ProblemType::precondition_failed:
      return {412, "precondition-failed", "Precondition failed"};
    case ProblemType::too_many_requests: return {429, "too-many-requests", "Too many requests"};
    case ProblemType::method_not_allowed: return {405, "method-not-allowed", "Method not allowed"};
    case ProblemType::body_too_large: return {413, "body-too-large", "Body too large"};
    case ProblemType::not_json: return {415, "not-json", "Body is not JSON"};
    case ProblemType::header_too_large: return {431, "header-too-large", "Header too large"};
    case ProblemType::conflict: return {409, "conflict", "Conflict"};
    case ProblemType::store_failed: return {500, "store-failed", "Database failed"};
    case ProblemType::store_unavailable: return {503, "store-unavailable", "Database unavailable"};
    case ProblemType::too_many_connections:
      return {503, "too-many-connections", "Too many connections"};
  }
  return {500, "unknown", "Unknown problem"};
}

}  // namespace

unsigned status_of(ProblemType type) {
  return describe(type).status;
}

ApiResponse to_response(const Problem& problem) {
  const Description description = describe(problem.type);
  nlohmann::ordered_json document;
  document["type"] = "urn:acme-spoa:problem:" + std::string(description.name);
  document["title"] = description.title;
  document["status"] = description.status;
  document["detail"] = problem.detail;
  for (const FieldError& error : problem.errors) {
    document["errors"].push_back(
        {{"field", error.field}, {"rule", error.rule}, {"detail", error.detail}});
  }
  return {.status = description.status,
          .content_type = "application/problem+json",
          .body = to_text(document)};
}

Problem to_problem(const StoreError& error) {
  switch (error.code) {
    case StoreErrc::busy:
    case StoreErrc::disk_full:
    case StoreErrc::read_only:
    case StoreErrc::io: return {ProblemType::store_unavailable, error.detail};
    case StoreErrc::corrupt:
    case StoreErrc::newer_schema:
    case StoreErrc::wrong_key: return {ProblemType::store_failed, error.detail};
    case StoreErrc::not_found: return {ProblemType::unknown_hostname, error.detail};
    case StoreErrc::gone:
    case StoreErrc::conflict: return {ProblemType::conflict, error.detail};
  }
  return {ProblemType::store_failed, error.detail};
}

}  // namespace agent
