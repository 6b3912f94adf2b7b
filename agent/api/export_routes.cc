#include "agent/api/export_routes.h"

#include <optional>
#include <utility>

#include "agent/api/certificate_id.h"
#include "agent/api/json_body.h"
#include "agent/api/problem.h"
#include "agent/model/hostname_input.h"
#include "agent/platform/hostname_changes.h"

namespace agent {
namespace {

constexpr const char* chain_type = "application/pem-certificate-chain";  // RFC 8555 §9.1
constexpr const char* bundle_type = "application/x-pem-file";

/// By what a path names a certificate.
struct CertificateName {
  std::optional<CertificateId> id = std::nullopt;
  std::optional<base::DomainName> hostname = std::nullopt;  ///< if there is no id
};

base::Result<CertificateName, Problem> parse_certificate(const std::string& text) {
  if (const auto id = parse_certificate_id(text)) return CertificateName{.id = id};
  auto name = parse_hostname(text, "name");
  if (name) return CertificateName{.hostname = *std::move(name)};
  return base::Unexpected(invalid_fields({{"name", "hostname", std::move(name).error()}}));
}

StoreResult<std::optional<CertificateId>> find_id(Store& store, const CertificateName& name) {
  if (name.id) return name.id;
  const auto detail = store.hostname(*name.hostname);
  if (!detail) return base::Unexpected(detail.error());
  if (!*detail || !(*detail)->certificate) return std::optional<CertificateId>();
  return std::optional((*detail)->certificate->id);
}

/// Whether the tenant who asks owns all its names; others see all.
StoreResult<bool> may_see(HostnameChanges& changes,
                          const Actor& actor,
                          const Certificate& certificate) {
  if (!actor.is_tenant()) return true;
  for (const base::DomainName& name : certificate.names) {
    const auto refusal = changes.refusal(name);
    if (!refusal) return base::Unexpected(refusal.error());
    if (*refusal) return false;
  }
  return true;
}

/// nullopt if it is not there, or another tenant's.
StoreResult<std::optional<CertificateBundle>> find(Store& store,
                                                   const PlatformRules& rules,
                                                   const Actor& actor,
                                                   const CertificateName& name,
                                                   base::WallTime now) {
  const auto id = find_id(store, name);
  if (!id) return base::Unexpected(id.error());
  if (!*id) return std::optional<CertificateBundle>();
  auto bundle = store.certificate_bundle(**id);
  if (!bundle && bundle.error().code == StoreErrc::not_found) {
    return std::optional<CertificateBundle>();
  }
  if (!bundle) return base::Unexpected(bundle.error());
  HostnameChanges changes(store, rules, actor, now);
  const StoreResult<bool> visible = may_see(changes, actor, bundle->certificate);
  if (!visible) return base::Unexpected(visible.error());
  if (!*visible) return std::optional<CertificateBundle>();
  return std::optional(*std::move(bundle));
}

/// The same, and a line of the history.
StoreResult<std::optional<CertificateBundle>> hand_out(Store& store,
                                                       const PlatformRules& rules,
                                                       const Actor& actor,
                                                       const CertificateName& name,
                                                       base::WallTime now) {
  auto bundle = find(store, rules, actor, name, now);
  if (!bundle || !*bundle) return bundle;
  const Certificate& certificate = (*bundle)->certificate;
  const ActingAs acting(store, actor.name);
  const auto recorded =
      store.record_event({.at = now,
                          .kind = EventKind::certificate_exported,
                          .subject = certificate.names.front().text(),
                          .detail = "with its key, serial=" + certificate.serial});
  if (!recorded) return base::Unexpected(recorded.error());
  return bundle;
}

ApiResponse no_certificate(const std::string& text) {
  return to_response({ProblemType::unknown_certificate, "there is no certificate of " + text});
}

}  // namespace

void ExportRoutes::add_to(Router& router) {
  const auto chain_route = [this](const ApiRequest& r, const std::string& t) {
    return chain(r, t);
  };
  const auto bundle_route = [this](const ApiRequest& r, const std::string& t) {
    return bundle(r, t);
  };
  constexpr auto everybody = Router::Audience::tenants_too;
  router.add(HttpMethod::get, "/v1/certificates/{id}/chain", chain_route, everybody);
  router.add(HttpMethod::get, "/v1/certificates/{id}/bundle", bundle_route);
}

ExportRoutes::Answer ExportRoutes::chain(const ApiRequest& request, const std::string& text) {
  const auto name = parse_certificate(text);
  if (!name) co_return to_response(name.error());
  auto call = [&, now = clock_.wall()](Store& store) {
    return find(store, rules_, request.actor, *name, now);
  };
  auto found = co_await store_.run(std::move(call));
  if (!found) co_return to_response(to_problem(found.error()));
  if (!*found) co_return no_certificate(text);
  co_return ApiResponse{.content_type = chain_type, .body = std::move((*found)->chain_pem)};
}

ExportRoutes::Answer ExportRoutes::bundle(const ApiRequest& request, const std::string& text) {
  if (request.actor.name != socket_actor) {
    co_return to_response({ProblemType::forbidden,
                           "a private key is given over the admin socket only; without it ask for "
                           "the chain"});
  }
  const auto name = parse_certificate(text);
  if (!name) co_return to_response(name.error());
  auto call = [&, now = clock_.wall()](Store& store) {
    return hand_out(store, rules_, request.actor, *name, now);
  };
  auto found = co_await store_.run(std::move(call));
  if (!found) co_return to_response(to_problem(found.error()));
  if (!*found) co_return no_certificate(text);
  std::string pem = std::move((*found)->chain_pem);
  pem += (*found)->private_key_pem;
  co_return ApiResponse{.content_type = bundle_type, .body = std::move(pem)};
}

}  // namespace agent
