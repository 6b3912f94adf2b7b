#include "tests/fakes/fake_acme_server.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace fakes {

bool FakeAcmeServer::deliver() {
  if (queue_.empty()) return false;
  Waiting next = std::move(queue_.front());
  queue_.pop_front();
  auto reply = carry_out(next.request);
  next.done(std::move(reply));
  return true;
}

void FakeAcmeServer::forget_everything() {
  certificates_.clear();
  accounts_.clear();
  orders_.clear();
  authorizations_.clear();
  nonces_.clear();
}

void FakeAcmeServer::deactivate_accounts() {
  for (Json& account : accounts_) account["status"] = "deactivated";
}

void FakeAcmeServer::expire_orders() {
  for (Json& order : orders_) order["status"] = "invalid";
  for (Json& authorization : authorizations_) {
    if (authorization["status"] == "pending") authorization["status"] = "expired";
  }
}

base::Result<acme::HttpResponse, acme::Error> FakeAcmeServer::carry_out(
    const acme::HttpRequest& request) {
  const std::string path = path_of(request.url.text());
  const Arrival arrival{resource_of(path), ++arrivals_, request};
  const Fate what = fate(arrival);
  if (what == Fate::lose_request) return lost();
  std::optional<acme::HttpResponse> reply = instead(arrival);
  if (!reply) {
    ++requests[arrival.resource];
    reply = serve(request, path);
  }
  tamper(arrival, *reply);
  if (what == Fate::lose_reply) return lost();
  return *std::move(reply);
}

base::Result<acme::HttpResponse, acme::Error> FakeAcmeServer::lost() {
  return base::Unexpected(acme::Error{
      .code = acme::Errc::connection_failed, .context = {}, .detail = "the connection broke"});
}

std::string FakeAcmeServer::path_of(const std::string& url) const {
  const std::string origin = "https://" + host;
  return url.starts_with(origin) ? url.substr(origin.size()) : url;
}

/// `order` for `/v1/order/7`; finalize has a path of its own.
std::string FakeAcmeServer::resource_of(const std::string& path) const {
  if (path == "/dir") return "directory";
  if (!path.starts_with(path_prefix + "/")) return "unknown";
  const std::string rest = path.substr(path_prefix.size() + 1);
  return rest.substr(0, rest.find('/'));
}

acme::HttpResponse FakeAcmeServer::serve(const acme::HttpRequest& request,
                                         const std::string& path) {
  const std::string resource = resource_of(path);
  if (resource == "directory") return directory();
  if (resource == "newNonce") {
    return with_nonce({request.method == acme::HttpMethod::head ? 200 : 204, {}, ""});
  }
  if (resource == "unknown") return not_found();
  if (resource == "renewalInfo") return renewal_info_of(path.substr(path.rfind('/') + 1));
  base::Result<Signed, acme::HttpResponse> checked = check(request, path, resource);
  if (!checked) return with_nonce(std::move(checked).error());
  last_payload_ = Json::parse(checked->payload, nullptr, false);
  return with_nonce(serve_signed(resource, *checked));
}

acme::HttpResponse FakeAcmeServer::directory() const {
  Json json = {{"newNonce", url("/newNonce")},
               {"newAccount", url("/newAccount")},
               {"newOrder", url("/newOrder")},
               {"revokeCert", url("/revokeCert")},
               {"keyChange", url("/keyChange")},
               {"meta", {{"externalAccountRequired", !mac_key.empty()}}}};
  if (offers_renewal_info) json["renewalInfo"] = url("/renewalInfo");
  if (!profiles.empty()) json["meta"]["profiles"] = profiles;
  return {200, {{"content-type", "application/json"}}, json.dump()};
}

std::string FakeAcmeServer::timestamp(base::WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

acme::HttpResponse FakeAcmeServer::renewal_info_of(const std::string& id) const {
  const auto found = certificates_.find(id);
  if (found == certificates_.end()) return problem(404, "malformed", "no such certificate");
  const Issued& known = found->second;
  const auto third = (known.not_after - known.not_before) / 3;
  const acme::RenewalInfo usual{
      known.not_after - third - std::chrono::hours(21), known.not_after - third, ""};
  const acme::RenewalInfo info = renewal_info.value_or(usual);
  Json json = {
      {"suggestedWindow", {{"start", timestamp(info.start)}, {"end", timestamp(info.end)}}}};
  if (!info.explanation_url.empty()) json["explanationURL"] = info.explanation_url;
  acme::HttpResponse response = reply(200, json);
  response.headers.push_back({"retry-after", renewal_info_retry_after});
  return response;
}

acme::HttpResponse FakeAcmeServer::with_nonce(acme::HttpResponse reply) {
  const std::string nonce = "nonce-" + std::to_string(++nonces_given_);
  nonces_.insert(nonce);
  reply.headers.push_back({"replay-nonce", nonce});
  return reply;
}

acme::HttpResponse FakeAcmeServer::problem(int status,
                                           const std::string& type,
                                           const std::string& detail) {
  const Json json = {{"type", "urn:ietf:params:acme:error:" + type}, {"detail", detail}};
  return {status, {{"content-type", "application/problem+json"}}, json.dump()};
}

acme::HttpResponse FakeAcmeServer::reply(int status, const Json& json) {
  return {status, {{"content-type", "application/json"}}, json.dump()};
}

base::Result<FakeAcmeServer::Signed, acme::HttpResponse> FakeAcmeServer::check(
    const acme::HttpRequest& request, const std::string& path, const std::string& resource) {
  using base::Unexpected;
  if (request.method != acme::HttpMethod::post) return Unexpected(acme::HttpResponse{405, {}, ""});
  if (request.content_type != "application/jose+json") {
    return Unexpected(problem(415, "malformed", "wrong content type"));
  }
  const std::optional<Jws> jws = parse_jws(request.body);
  if (!jws) return Unexpected(problem(400, "malformed", "no flattened JWS"));
  const bool known_nonce = nonces_.erase(jws->header.value("nonce", "")) == 1;
  if (!known_nonce || bad_nonces > 0) {
    bad_nonces = std::max(0, bad_nonces - 1);
    return Unexpected(problem(400, "badNonce", "JWS has an invalid anti-replay nonce"));
  }
  if (jws->header.value("url", "") != request.url.text()) {
    return Unexpected(problem(400, "malformed", "the header's url is not the request's"));
  }
  return identify(*jws, path, resource);
}

base::Result<FakeAcmeServer::Signed, acme::HttpResponse> FakeAcmeServer::identify(
    const Jws& jws, const std::string& path, const std::string& resource) const {
  using base::Unexpected;
  const bool has_jwk = jws.header.contains("jwk");
  const bool may_have_either = resource == "revokeCert";
  const bool is_right = may_have_either || has_jwk == (resource == "newAccount");
  if (has_jwk == jws.header.contains("kid") || !is_right) {
    return Unexpected(problem(400, "malformed", "jwk and kid at the wrong place"));
  }
  Signed checked{path, jws.payload, {}, std::nullopt};
  if (has_jwk) {
    checked.jwk = jws.header["jwk"];
  } else {
    const std::string kid = jws.header["kid"];
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
      if (url("/account/" + std::to_string(i)) == kid) checked.account = i;
    }
    if (!checked.account) return Unexpected(problem(400, "accountDoesNotExist", "unknown kid"));
    checked.jwk = accounts_[*checked.account]["jwk"];
    if (accounts_[*checked.account]["status"] != "valid") {
      return Unexpected(problem(403, "unauthorized", "the account is deactivated"));
    }
  }
  if (!verify_jws(jws, checked.jwk)) return Unexpected(problem(400, "malformed", "bad signature"));
  return checked;
}

acme::HttpResponse FakeAcmeServer::serve_signed(const std::string& resource,
                                                const Signed& request) {
  if (resource == "newAccount") return new_account(request);
  if (resource == "newOrder") return new_order(request);
  if (resource == "account") return update_account(request);
  if (resource == "keyChange") return change_key(request);
  if (resource == "revokeCert") return revoke(request);
  const std::size_t slash = request.path.rfind('/');
  const std::string id = request.path.substr(slash + 1);
  const bool is_id = !id.empty() && id.size() < 9 &&
                     std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
  const std::size_t index = is_id ? std::stoul(id) : orders_.size();
  if (resource == "authz" || resource == "challenge") {
    if (index >= authorizations_.size()) return not_found();
    return resource == "authz" ? authorization(index, request) : challenge(index, request);
  }
  if (index >= orders_.size()) return not_found();
  if (resource == "order") return order(index, request);
  if (resource == "finalize") return finalize(index, request);
  if (resource == "certificate") return certificate(index, request);
  return not_found();
}

}  // namespace fakes
