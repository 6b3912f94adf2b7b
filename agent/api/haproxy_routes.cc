#include "agent/api/haproxy_routes.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/api/json_body.h"
#include "agent/api/json_text.h"
#include "agent/api/name_list.h"
#include "agent/api/problem.h"
#include "agent/api/views.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

ordered_json to_json(const std::optional<base::WallTime>& time) {
  return time ? ordered_json(to_text(*time)) : ordered_json(nullptr);
}

ordered_json to_json(const HaproxyView& view) {
  ordered_json json;
  json["name"] = view.name;
  json["runtime"] = view.runtime;
  json["crt_list"] = view.crt_list;
  json["version"] = view.version;
  json["pid"] = view.pid;
  json["connected"] = view.connected;
  json["in_sync"] = view.in_sync;
  json["jammed"] = view.jammed;
  json["desired"] = view.desired;
  json["loaded"] = view.loaded;
  json["to_do"] = view.to_do;
  json["refused"] = view.refused;
  json["unproven"] = view.unproven;
  json["failed_proofs"] = view.failed_proofs;
  json["last_proof"] = to_json(view.last_proof);
  json["compared"] = to_json(view.compared);
  json["trouble"] = view.trouble;
  return json;
}

ordered_json to_json(const SyncView& view) {
  ordered_json json;
  json["name"] = view.instance;
  json["compared"] = view.compared;
  json["add"] = view.add;
  json["renew"] = view.renew;
  json["remove"] = view.remove;
  json["steps"] = ordered_json::array();
  for (const auto& [action, path] : view.steps) {
    json["steps"].push_back({{"action", action}, {"path", path}});
  }
  json["error"] = view.error;
  return json;
}

ordered_json proof_json(const std::string& name,
                        const std::string& instance,
                        const std::string& failure) {
  ordered_json json;
  json["name"] = name;
  json["instance"] = instance;
  json["served"] = failure.empty();
  json["error"] = failure;
  return json;
}

/// The bundle paths of each hostname's certificates; empty for one without. A second certificate
/// counts once it has been served.
StoreResult<std::vector<std::vector<std::string>>> bundle_paths(
    Store& store, const std::vector<base::DomainName>& names) {
  std::vector<std::vector<std::string>> paths;
  for (const base::DomainName& name : names) {
    const auto detail = store.hostname(name);
    if (!detail) return base::Unexpected(detail.error());
    std::vector<std::string>& its = paths.emplace_back();
    if (!*detail) continue;
    if ((*detail)->certificate) its.push_back((*detail)->certificate->bundle_path);
    const auto& second = (*detail)->second;
    const bool is_served =
        second && second->certificate && second->certificate->state == CertificateState::served;
    if (is_served) its.push_back(second->certificate->bundle_path);
  }
  return paths;
}

}  // namespace

void HaproxyRoutes::add_to(Router& router) {
  const auto show_route = [this](const ApiRequest&, const std::string&) { return show(); };
  const auto sync_route = [this](const ApiRequest& r, const std::string&) { return sync(r); };
  const auto verify_route = [this](const ApiRequest& r, const std::string&) { return verify(r); };
  router.add(HttpMethod::get, "/v1/haproxy", show_route);
  router.add(HttpMethod::post, "/v1/haproxy/sync", sync_route);
  router.add(HttpMethod::post, "/v1/haproxy/verify", verify_route);
}

HaproxyRoutes::Answer HaproxyRoutes::show() {
  ordered_json json;
  json["instances"] = ordered_json::array();
  for (const HaproxyView& view : haproxy_.instances()) json["instances"].push_back(to_json(view));
  co_return ApiResponse{.body = to_text(json)};
}

HaproxyRoutes::Answer HaproxyRoutes::sync(const ApiRequest& request) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const std::string wanted = body->text("instance").value_or(std::string());
  const bool dry_run = body->boolean("dry_run").value_or(false);
  std::vector<std::string> names;
  for (const HaproxyView& view : haproxy_.instances()) {
    if (wanted.empty() || view.name == wanted) names.push_back(view.name);
  }
  if (names.empty()) body->refuse("instance", "unknown", "there is no HAProxy of that name");
  if (const auto problem = body->finish()) co_return to_response(*problem);
  const auto mode =
      dry_run ? HaproxyControl::SyncMode::look_only : HaproxyControl::SyncMode::make_good;
  ordered_json json;
  json["dry_run"] = dry_run;
  json["instances"] = ordered_json::array();
  for (const std::string& name : names) {
    const SyncView view = co_await haproxy_.sync(name, mode, max_steps);
    json["instances"].push_back(to_json(view));
  }
  co_return ApiResponse{.body = to_text(json)};
}

HaproxyRoutes::Answer HaproxyRoutes::verify(const ApiRequest& request) {
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const std::vector<base::DomainName> names = take_names(*body, max_names);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  auto call = [&names](Store& store) { return bundle_paths(store, names); };
  const auto paths = co_await store_.run(std::move(call));
  if (!paths) co_return to_response(to_problem(paths.error()));
  ordered_json json;
  json["results"] = ordered_json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::vector<std::string> its = (*paths)[i];
    std::vector<ProofView> proofs;
    if (!its.empty()) proofs = co_await haproxy_.verify(std::move(its));
    for (const ProofView& proof : proofs) {
      json["results"].push_back(proof_json(names[i].text(), proof.instance, proof.failure));
    }
    if (proofs.empty()) {
      json["results"].push_back(proof_json(names[i].text(), "", "has no certificate to be served"));
    }
  }
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
