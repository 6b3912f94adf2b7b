#include "agent/api/custom_routes.h"

#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/api/custom_body.h"
#include "agent/api/json_text.h"
#include "agent/api/problem.h"
#include "agent/api/rule_problem.h"
#include "agent/api/views.h"
#include "agent/model/hostname_input.h"
#include "agent/platform/hostname_changes.h"
#include "base/run_on.h"

namespace agent {

using nlohmann::ordered_json;

namespace {

constexpr std::string_view pem_type = "application/x-pem-file";

/// What a call to the store found to answer with, or what it did.
template <class Done>
using Carried = StoreResult<base::Result<Done, Problem>>;

base::Unexpected<Problem> refuse(Problem problem) {
  return base::Unexpected(std::move(problem));
}

Problem to_problem(const UploadError& error) {
  return invalid_fields({{error.field, error.rule, error.detail}});
}

Problem unknown_hostname(const base::DomainName& name) {
  return {ProblemType::unknown_hostname, name.text() + " is not a hostname here; add it first"};
}

base::Result<base::DomainName, Problem> parse_path_name(const std::string& text) {
  auto name = parse_hostname(text, "name");
  if (!name) return refuse(invalid_fields({{"name", "hostname", std::move(name).error()}}));
  if (!name->is_address()) return *std::move(name);
  return refuse(invalid_fields({{"name", "hostname", "expected a DNS name, not an address"}}));
}

/// Why the actor may have no certificates for all of these, of which the first is the hostname.
StoreResult<std::optional<Problem>> find_refusal(Store& store,
                                                 const PlatformRules& rules,
                                                 const Actor& actor,
                                                 const std::vector<base::DomainName>& names,
                                                 base::WallTime now) {
  HostnameChanges changes(store, rules, actor, now);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto violation = changes.refusal(names[i]);
    if (!violation) return base::Unexpected(violation.error());
    const std::string place = i == 0 ? "name" : "names[" + std::to_string(i - 1) + "]";
    if (*violation) return std::optional(to_problem(**violation, place));
  }
  const auto detail = store.hostname(names.front());
  if (!detail) return base::Unexpected(detail.error());
  if (!*detail) return std::optional(unknown_hostname(names.front()));
  return std::optional<Problem>();
}

/// The request whose key it is, where the key was left out.
Carried<std::optional<CertificateRequest>> find_key(Store& store,
                                                    const base::DomainName& name,
                                                    const CertificateUpload& upload) {
  using Found = base::Result<std::optional<CertificateRequest>, Problem>;
  if (!upload.key_pem.empty() || !upload.pkcs12.empty()) {
    return Found(std::optional<CertificateRequest>());
  }
  auto request = store.certificate_request(name);
  if (!request) return base::Unexpected(request.error());
  if (*request) return Found(*std::move(request));
  return Found(refuse(to_problem(UploadError{
      "key", "required", "there is no CSR of ours for it; expected the private key in PEM"})));
}

/// The same, if the actor may install one.
Carried<std::optional<CertificateRequest>> find_key_for(Store& store,
                                                        const PlatformRules& rules,
                                                        const Actor& actor,
                                                        const base::DomainName& name,
                                                        const CertificateUpload& upload,
                                                        base::WallTime now) {
  auto problem = find_refusal(store, rules, actor, {name}, now);
  if (!problem) return base::Unexpected(problem.error());
  if (!*problem) return find_key(store, name, upload);
  return base::Result<std::optional<CertificateRequest>, Problem>(refuse(**std::move(problem)));
}

/// Why the hostname cannot be automatic again when that is wished.
std::optional<Problem> refuse_return(const CustomInstallation& installation,
                                     const Hostname& hostname,
                                     const PlatformRules& rules,
                                     base::WallTime now) {
  if (!installation.return_at) return std::nullopt;
  const std::string field = "return_to_automatic_days";
  if (*installation.return_at <= now) {
    return invalid_fields({{field, "range", "the certificate ends sooner; expected fewer days"}});
  }
  if (auto reason = rules.challenges.refusal(hostname.name, hostname.challenge_path)) {
    return invalid_fields({{field, "provable", *std::move(reason)}});
  }
  return std::nullopt;
}

/// Gives the certificate its id, and the hostname as it is then.
Carried<HostnameDetail> install_in(Store& store,
                                   const PlatformRules& rules,
                                   const Actor& actor,
                                   CustomInstallation& installation,
                                   base::WallTime now) {
  using Done = base::Result<HostnameDetail, Problem>;
  const base::DomainName& name = installation.hostname;
  auto problem = find_refusal(store, rules, actor, {name}, now);  // it may have gone meanwhile
  if (!problem) return base::Unexpected(problem.error());
  if (*problem) return Done(refuse(**std::move(problem)));
  const auto before = store.hostname(name);  // which is there: find_refusal() has looked
  if (!before) return base::Unexpected(before.error());
  if (auto reason = refuse_return(installation, (*before)->hostname, rules, now)) {
    return Done(refuse(*std::move(reason)));
  }
  const ActingAs acting(store, actor.name);
  const auto id = store.install_certificate(installation, now);
  if (!id) return base::Unexpected(id.error());
  installation.bundle.certificate.id = *id;
  auto detail = store.hostname(name);
  if (!detail) return base::Unexpected(detail.error());
  if (!*detail) return Done(refuse(unknown_hostname(name)));
  return Done(**std::move(detail));
}

CustomInstallation to_installation(const base::DomainName& name,
                                   CheckedCertificate checked,
                                   std::string bundle_path) {
  CustomInstallation installation{name};
  Certificate& certificate = installation.bundle.certificate;
  certificate.authority = custom_authority;
  certificate.names = {name};
  certificate.serial = std::move(checked.serial);
  certificate.fingerprint = std::move(checked.fingerprint);
  certificate.not_before = checked.not_before;
  certificate.not_after = checked.not_after;
  certificate.renew_at = checked.not_after;  // never: nothing is ordered for it
  certificate.bundle_path = std::move(bundle_path);
  certificate.key = checked.key;
  installation.bundle.chain_pem = std::move(checked.chain_pem);
  installation.bundle.private_key_pem = std::move(checked.key_pem);
  return installation;
}

ordered_json to_json(const base::DomainName& name, const CertificateRequest& request) {
  ordered_json json;
  json["name"] = name.text();
  json["csr"] = request.csr_pem;
  json["created"] = to_text(request.created);
  return json;
}

/// One more that waits, as long as it lives.
class Waiting {
 public:
  explicit Waiting(std::size_t& count) : count_(count) { ++count_; }
  ~Waiting() { --count_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  std::size_t& count_;
};

const Problem too_many_wait{ProblemType::too_many_requests,
                            "too many keys and certificates are waiting; try again in a minute"};

}  // namespace

void CustomRoutes::add_to(Router& router) {
  const auto install_route = [this](const ApiRequest& r, const std::string& n) {
    return install(r, n);
  };
  const auto make_route = [this](const ApiRequest& r, const std::string& n) {
    return make_csr(r, n);
  };
  const auto show_route = [this](const ApiRequest& r, const std::string& n) {
    return show_csr(r, n);
  };
  constexpr auto everybody = Router::Audience::tenants_too;
  router.add(HttpMethod::post, "/v1/hostnames/{name}/certificate", install_route, everybody);
  router.add(HttpMethod::post, "/v1/hostnames/{name}/csr", make_route, everybody);
  router.add(HttpMethod::get, "/v1/hostnames/{name}/csr", show_route, everybody);
}

CustomRoutes::Answer CustomRoutes::install(const ApiRequest& request, const std::string& text) {
  const auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  InstallWish wish = take_installation(*body);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  if (waiting_ >= max_waiting) co_return to_response(too_many_wait);
  const Waiting waiting(waiting_);

  auto prepare = [&, now = clock_.wall()](Store& store) {
    return find_key_for(store, rules_, request.actor, *name, wish.upload, now);
  };
  const auto key = co_await store_.run(std::move(prepare));
  if (!key) co_return to_response(agent::to_problem(key.error()));
  if (!*key) co_return to_response(key->error());
  const std::optional<CertificateRequest>& ours = **key;
  if (ours) wish.upload.key_pem = ours->private_key_pem;

  auto check = [&, now = clock_.wall()] { return check_upload(wish.upload, *name, now); };
  auto checked = co_await base::run_on(thread_, std::move(check));
  if (!checked) co_return to_response(to_problem(checked.error()));
  CustomInstallation installation =
      to_installation(*name, *std::move(checked), bundle_path_(*name));
  std::string refusal = haproxy_.refusal(installation.bundle);
  if (!refusal.empty()) {
    co_return to_response(to_problem(UploadError{"chain", "size", std::move(refusal)}));
  }
  if (ours) installation.request = ours->id;
  if (wish.return_days) {
    const base::WallTime end = installation.bundle.certificate.not_after;
    installation.return_at = end - std::chrono::days(*wish.return_days);
  }
  co_return co_await keep(request, installation);
}

CustomRoutes::Answer CustomRoutes::keep(const ApiRequest& request,
                                        CustomInstallation& installation) {
  auto call = [&, now = clock_.wall()](Store& store) {
    return install_in(store, rules_, request.actor, installation, now);
  };
  const auto done = co_await store_.run(std::move(call));
  if (!done) co_return to_response(agent::to_problem(done.error()));
  if (!*done) co_return to_response(done->error());
  listener_.certificate_installed(installation.bundle.certificate);
  const ordered_json json = agent::to_json(**done, clock_.wall());
  co_return ApiResponse{.body = to_text(json)};
}

CustomRoutes::Answer CustomRoutes::make_csr(const ApiRequest& request, const std::string& text) {
  const auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  auto body = JsonBody::parse(request);
  if (!body) co_return to_response(body.error());
  const RequestWish wish = take_request(*body, *name, max_names);
  if (const auto problem = body->finish()) co_return to_response(*problem);
  if (waiting_ >= max_waiting) co_return to_response(too_many_wait);
  const Waiting waiting(waiting_);

  auto look = [&](Store& store) {
    return find_refusal(store, rules_, request.actor, wish.names, clock_.wall());
  };
  const auto refusal = co_await store_.run(std::move(look));
  if (!refusal) co_return to_response(agent::to_problem(refusal.error()));
  if (*refusal) co_return to_response(**refusal);

  auto make = [&wish] { return make_request(wish); };
  auto made = co_await base::run_on(thread_, std::move(make));
  if (!made) co_return to_response(to_problem(made.error()));
  CertificateRequest kept;
  kept.csr_pem = std::move(made->csr_pem);
  kept.private_key_pem = std::move(made->private_key_pem);
  kept.created = clock_.wall();
  auto keep = [&](Store& store) {
    const ActingAs acting(store, request.actor.name);
    return store.put_certificate_request(*name, kept, kept.created);
  };
  const auto id = co_await store_.run(std::move(keep));
  if (!id && id.error().code == StoreErrc::not_found) {
    co_return to_response(unknown_hostname(*name));
  }
  if (!id) co_return to_response(agent::to_problem(id.error()));
  const ordered_json json = to_json(*name, kept);
  co_return ApiResponse{.status = 201, .body = to_text(json)};
}

CustomRoutes::Answer CustomRoutes::show_csr(const ApiRequest& request, const std::string& text) {
  const auto name = parse_path_name(text);
  if (!name) co_return to_response(name.error());
  using Found = base::Result<std::optional<CertificateRequest>, Problem>;
  auto read = [&](Store& store) -> Carried<std::optional<CertificateRequest>> {
    auto problem = find_refusal(store, rules_, request.actor, {*name}, clock_.wall());
    if (!problem) return base::Unexpected(problem.error());
    if (*problem) return Found(refuse(**std::move(problem)));
    auto found = store.certificate_request(*name);
    if (!found) return base::Unexpected(found.error());
    return Found(*std::move(found));
  };
  const auto found = co_await store_.run(std::move(read));
  if (!found) co_return to_response(agent::to_problem(found.error()));
  if (!*found) co_return to_response(found->error());
  const std::optional<CertificateRequest>& csr = **found;
  if (!csr) {
    co_return to_response({ProblemType::unknown_certificate,
                           "no CSR of " + name->text() + " waits for its certificate"});
  }
  if (request.accept.find(pem_type) != std::string::npos) {
    co_return ApiResponse{.content_type = std::string(pem_type), .body = csr->csr_pem};
  }
  const ordered_json json = to_json(*name, *csr);
  co_return ApiResponse{.body = to_text(json)};
}

}  // namespace agent
