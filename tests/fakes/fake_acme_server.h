#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "acme/http_client.h"
#include "acme/openssl.h"
#include "acme/renewal_info.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "tests/fakes/jws_verifier.h"
#include "tests/fakes/test_ca.h"

namespace fakes {

/// An honest little ACME authority in memory, behind the client's own interface: it checks each
/// request's content type, nonce, URL, key and signature, asks `answers` for key authorizations,
/// and issues what the CSR asks for. A request waits in a queue until the test calls deliver() or
/// run().
class FakeAcmeServer final : public acme::HttpClient {
 public:
  using Json = nlohmann::json;

  /// What becomes of one request.
  enum class Fate { serve, lose_request, lose_reply };
  struct Arrival {
    std::string resource;  ///< `directory`, `newNonce`, `newAccount`, `newOrder`, `order`, …
    int number;            ///< of all requests so far, from 1
    const acme::HttpRequest& request;
  };

  static acme::Url directory_url() { return *acme::Url::parse("https://ca.example/dir"); }

  explicit FakeAcmeServer(const base::Clock& clock) : clock_(clock), ca_(clock.wall()) {}

  // What a test may set.
  std::map<std::string, std::string> answers;  ///< token → key authorization, as published
  std::function<Fate(const Arrival&)> fate = [](const Arrival&) { return Fate::serve; };
  /// A reply in place of the server's own; the request is not carried out.
  std::function<std::optional<acme::HttpResponse>(const Arrival&)> instead = [](const Arrival&) {
    return std::nullopt;
  };
  /// Changes a reply on its way.
  std::function<void(const Arrival&, acme::HttpResponse&)> tamper = [](const Arrival&,
                                                                       acme::HttpResponse&) {};
  int polls_until_validated = 0;  ///< reads of the order after a challenge's POST that say pending
  int polls_until_issued = 1;     ///< reads of the order after finalize that say processing
  bool reuses_authorizations = false;
  std::string mac_key;  ///< not empty: an external account binding with HS256 is required
  std::string host = "ca.example";  ///< where it is; part of its tokens if it is another
  std::string path_prefix = "/v1";  ///< of all URLs but the directory's
  bool offers_renewal_info = false;
  /// What is said of each certificate; nullopt: as Boulder, at 2/3 of its lifetime.
  std::optional<acme::RenewalInfo> renewal_info;
  std::string renewal_info_retry_after = "21600";
  /// How newOrder answers every `replaces`; without one, it looks as Boulder does.
  std::optional<acme::HttpResponse> replaces_refusal;
  std::map<std::string, std::string> profiles;  ///< not empty: the directory lists them
  int bad_nonces = 0;  ///< how many of the next signed requests are refused for theirs

  /// Of the authorization with that number, from 0.
  std::string token_of(const std::string& number) const {
    const std::string usual = "token-of-authorization-" + number + "-of-the-fake-server";
    return host == "ca.example" ? usual : usual + "-at-" + host.substr(0, host.find('.'));
  }

  // What a test may look at.
  std::map<std::string, int> requests;  ///< carried out, by resource
  int finalized = 0;                    ///< finalize requests that were accepted
  int issued = 0;
  int validations = 0;
  std::map<std::string, int> revoked;  ///< certificate as it was sent → reason
  int revoked_by_key = 0;              ///< of these, with the certificate's key
  int second_responses = 0;            ///< to challenges that were being validated already
  std::size_t order_count() const { return orders_.size(); }
  std::size_t account_count() const { return accounts_.size(); }
  std::size_t waiting() const { return queue_.size(); }
  const TestCa& ca() const { return ca_; }
  const Json& last_payload() const { return last_payload_; }
  /// The payloads of newOrder that were accepted, oldest first.
  const std::vector<Json>& placed() const { return placed_; }
  /// Of all certificates that were issued, by certID: which account's, and whether an order that
  /// has got its certificate replaces it.
  struct Issued {
    std::size_t account;
    base::WallTime not_before;
    base::WallTime not_after;
    bool is_replaced = false;
  };
  const std::map<std::string, Issued>& certificates() const { return certificates_; }

  void send(acme::HttpRequest request, Callback done) override {
    queue_.push_back({std::move(request), std::move(done)});
  }

  /// Carries one request out and calls back; false if none waits.
  bool deliver() {
    if (queue_.empty()) return false;
    Waiting next = std::move(queue_.front());
    queue_.pop_front();
    auto reply = carry_out(next.request);
    next.done(std::move(reply));
    return true;
  }
  void run() {
    while (deliver()) {
    }
  }

  /// As Pebble after a restart.
  void forget_everything() {
    certificates_.clear();
    accounts_.clear();
    orders_.clear();
    authorizations_.clear();
    nonces_.clear();
  }
  void forget_orders() { orders_.clear(); }
  void forget_nonces() { nonces_.clear(); }
  void deactivate_accounts() {
    for (Json& account : accounts_) account["status"] = "deactivated";
  }
  void expire_orders() {
    for (Json& order : orders_) order["status"] = "invalid";
    for (Json& authorization : authorizations_) {
      if (authorization["status"] == "pending") authorization["status"] = "expired";
    }
  }

 private:
  struct Waiting {
    acme::HttpRequest request;
    Callback done;
  };
  /// A checked request.
  struct Signed {
    std::string path;
    std::string payload;
    Json jwk;
    std::optional<std::size_t> account;
  };

  base::Result<acme::HttpResponse, acme::Error> carry_out(const acme::HttpRequest& request) {
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

  static base::Result<acme::HttpResponse, acme::Error> lost() {
    return base::Unexpected(acme::Error{
        .code = acme::Errc::connection_failed, .context = {}, .detail = "the connection broke"});
  }

  std::string path_of(const std::string& url) const {
    const std::string origin = "https://" + host;
    return url.starts_with(origin) ? url.substr(origin.size()) : url;
  }
  std::string url(const std::string& path) const { return "https://" + host + path_prefix + path; }

  /// `order` for `/v1/order/7`; finalize has a path of its own.
  std::string resource_of(const std::string& path) const {
    if (path == "/dir") return "directory";
    if (!path.starts_with(path_prefix + "/")) return "unknown";
    const std::string rest = path.substr(path_prefix.size() + 1);
    return rest.substr(0, rest.find('/'));
  }

  acme::HttpResponse serve(const acme::HttpRequest& request, const std::string& path) {
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

  acme::HttpResponse directory() const {
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

  static std::string timestamp(base::WallTime time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    return {text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc)};
  }

  acme::HttpResponse renewal_info_of(const std::string& id) const {
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

  acme::HttpResponse with_nonce(acme::HttpResponse reply) {
    const std::string nonce = "nonce-" + std::to_string(++nonces_given_);
    nonces_.insert(nonce);
    reply.headers.push_back({"replay-nonce", nonce});
    return reply;
  }

  static acme::HttpResponse problem(int status,
                                    const std::string& type,
                                    const std::string& detail) {
    const Json json = {{"type", "urn:ietf:params:acme:error:" + type}, {"detail", detail}};
    return {status, {{"content-type", "application/problem+json"}}, json.dump()};
  }
  static acme::HttpResponse reply(int status, const Json& json) {
    return {status, {{"content-type", "application/json"}}, json.dump()};
  }
  static acme::HttpResponse not_found() { return {404, {}, ""}; }  // as Pebble has it

  base::Result<Signed, acme::HttpResponse> check(const acme::HttpRequest& request,
                                                 const std::string& path,
                                                 const std::string& resource) {
    using base::Unexpected;
    if (request.method != acme::HttpMethod::post)
      return Unexpected(acme::HttpResponse{405, {}, ""});
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

  base::Result<Signed, acme::HttpResponse> identify(const Jws& jws,
                                                    const std::string& path,
                                                    const std::string& resource) const {
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
    if (!verify_jws(jws, checked.jwk))
      return Unexpected(problem(400, "malformed", "bad signature"));
    return checked;
  }

  acme::HttpResponse serve_signed(const std::string& resource, const Signed& request) {
    if (resource == "newAccount") return new_account(request);
    if (resource == "newOrder") return new_order(request);
    if (resource == "account") return update_account(request);
    if (resource == "keyChange") return change_key(request);
    if (resource == "revokeCert") return revoke(request);
    const std::size_t slash = request.path.rfind('/');
    const std::string id = request.path.substr(slash + 1);
    const bool is_id =
        !id.empty() && id.size() < 9 &&
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

  // --- accounts

  acme::HttpResponse account_reply(int status, std::size_t index) const {
    acme::HttpResponse response = reply(
        status, {{"status", accounts_[index]["status"]}, {"contact", accounts_[index]["contact"]}});
    response.headers.push_back({"location", url("/account/" + std::to_string(index))});
    return response;
  }

  acme::HttpResponse new_account(const Signed& request) {
    const Json payload = Json::parse(request.payload, nullptr, false);
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
      if (accounts_[i]["jwk"] == request.jwk) {
        if (accounts_[i]["status"] != "valid") return problem(403, "unauthorized", "deactivated");
        return account_reply(200, i);
      }
    }
    if (payload.value("onlyReturnExisting", false)) {
      return problem(400, "accountDoesNotExist", "no account of this key");
    }
    if (!payload.value("termsOfServiceAgreed", false)) {
      return problem(403, "agreementRequired", "the terms are not agreed to");
    }
    for (const Json& contact : payload.value("contact", Json::array())) {
      if (!std::string(contact).starts_with("mailto:")) {
        return problem(400, "unsupportedContact", "only mailto");
      }
    }
    if (!mac_key.empty()) {
      const auto binding = parse_jws(payload.value("externalAccountBinding", Json()).dump());
      if (!binding) return problem(403, "externalAccountRequired", "no binding");
      if (!is_bound(*binding, request.jwk)) return problem(403, "unauthorized", "bad binding");
    }
    accounts_.push_back({{"jwk", request.jwk},
                         {"status", "valid"},
                         {"contact", payload.value("contact", Json::array())}});
    return account_reply(201, accounts_.size() - 1);
  }

  acme::HttpResponse update_account(const Signed& request) {
    const Json payload = Json::parse(request.payload, nullptr, false);
    Json& account = accounts_[*request.account];
    if (request.payload.empty()) return account_reply(200, *request.account);
    if (payload.value("status", "") == "deactivated") account["status"] = "deactivated";
    if (payload.contains("contact")) account["contact"] = payload["contact"];
    return account_reply(200, *request.account);
  }

  acme::HttpResponse change_key(const Signed& request) {
    const auto inner = parse_jws(request.payload);
    if (!inner || inner->header.contains("nonce") || !inner->header.contains("jwk") ||
        inner->header.value("url", "") != url("/keyChange")) {
      return problem(400, "malformed", "bad inner JWS");
    }
    const Json jwk = inner->header["jwk"];
    const Json payload = Json::parse(inner->payload, nullptr, false);
    const std::size_t index = *request.account;
    if (!verify_jws(*inner, jwk) || payload.value("oldKey", Json()) != accounts_[index]["jwk"] ||
        payload.value("account", "") != url("/account/" + std::to_string(index))) {
      return problem(400, "malformed", "the inner JWS is not about this account");
    }
    for (const Json& account : accounts_) {
      if (account["jwk"] == jwk) return problem(409, "conflict", "the key is an account's already");
    }
    accounts_[index]["jwk"] = jwk;
    return account_reply(200, index);
  }

  acme::HttpResponse revoke(const Signed& request) {
    const Json payload = Json::parse(request.payload, nullptr, false);
    const int reason = payload.value("reason", 0);
    if (reason != 0 && reason != 1 && reason != 4 && reason != 5) {
      return problem(400, "badRevocationReason", "0, 1, 4 or 5");
    }
    const std::string der = decode_base64url_text(payload.value("certificate", "")).value_or("");
    if (!may_revoke(der, request)) return problem(403, "unauthorized", "it is not yours");
    if (!request.account) ++revoked_by_key;
    const bool is_new = revoked.emplace(payload.value("certificate", ""), reason).second;
    return is_new ? acme::HttpResponse{200, {}, ""} : problem(400, "alreadyRevoked", "again");
  }

  /// RFC 8555 §7.6: the account that ordered it, or the certificate's key.
  bool may_revoke(const std::string& der, const Signed& request) const {
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const acme::X509Ptr leaf(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    if (!leaf) return false;
    if (!request.account) {
      const acme::PkeyPtr signer = parse_jwk(request.jwk);
      return signer && EVP_PKEY_eq(X509_get0_pubkey(leaf.get()), signer.get()) == 1;
    }
    const auto chain = acme::parse_chain(TestCa::pem(leaf.get()));
    const auto id = chain ? acme::cert_id(chain->front()) : std::nullopt;
    const auto known = id ? certificates_.find(id->value()) : certificates_.end();
    return known == certificates_.end() || known->second.account == *request.account;
  }

  bool is_bound(const Jws& binding, const Json& jwk) const {
    unsigned char mac[32];
    EVP_Q_mac(nullptr,
              "HMAC",
              nullptr,
              "SHA256",
              nullptr,
              mac_key.data(),
              mac_key.size(),
              reinterpret_cast<const unsigned char*>(binding.signing_input.data()),
              binding.signing_input.size(),
              mac,
              sizeof(mac),
              nullptr);
    return binding.signature == std::string(reinterpret_cast<const char*>(mac), sizeof(mac)) &&
           binding.header.value("alg", "") == "HS256" &&
           binding.header.value("url", "") == url("/newAccount") &&
           !binding.header.contains("nonce") && Json::parse(binding.payload, nullptr, false) == jwk;
  }

  // --- orders

  acme::HttpResponse new_order(const Signed& request) {
    const Json payload = Json::parse(request.payload, nullptr, false);
    if (auto refusal = check_order(payload, *request.account)) return *std::move(refusal);
    placed_.push_back(payload);
    Json order = {{"status", "pending"},
                  {"identifiers", payload["identifiers"]},
                  {"authorizations", Json::array()},
                  {"account", *request.account},
                  {"polls", 0}};
    const std::string number = std::to_string(orders_.size());
    order["finalize"] = url("/finalize/" + number);
    if (payload.contains("replaces")) order["replaces"] = payload["replaces"];
    for (const Json& identifier : payload["identifiers"]) {
      order["authorizations"].push_back(
          url("/authz/" + std::to_string(authorization_for(identifier["value"]))));
    }
    // Servers answer in any order.
    std::reverse(order["authorizations"].begin(), order["authorizations"].end());
    orders_.push_back(order);
    update(orders_.back());
    acme::HttpResponse response = reply(201, visible(orders_.back()));
    response.headers.push_back({"location", url("/order/" + number)});
    return response;
  }

  /// Why the order is refused, as Boulder has it.
  std::optional<acme::HttpResponse> check_order(const Json& payload, std::size_t account) const {
    const std::string profile = payload.value("profile", "");
    if (!profile.empty() && !profiles.empty() && !profiles.contains(profile)) {
      return problem(400, "invalidProfile", "profile is not offered");
    }
    const std::string replaces = payload.value("replaces", "");
    if (replaces.empty()) return std::nullopt;
    if (replaces_refusal) return replaces_refusal;
    const auto found = certificates_.find(replaces);
    if (found == certificates_.end()) return problem(404, "malformed", "no such certificate");
    if (found->second.account != account) return problem(403, "unauthorized", "not yours");
    if (found->second.is_replaced) return problem(409, "alreadyReplaced", "by another order");
    return std::nullopt;
  }

  std::size_t authorization_for(const std::string& name) {
    for (std::size_t i = 0; reuses_authorizations && i < authorizations_.size(); ++i) {
      if (authorizations_[i]["name"] == name && authorizations_[i]["status"] == "valid") return i;
    }
    const bool is_wildcard = name.starts_with("*.");
    const std::string number = std::to_string(authorizations_.size());
    const std::string token = token_of(number);
    Json challenges = Json::array();
    for (const char* type : {"dns-01", "mystery-99", "http-01"}) {
      if (is_wildcard && type == std::string("http-01")) continue;
      challenges.push_back({{"type", type},
                            {"status", "pending"},
                            {"url", url("/challenge/" + number)},
                            {"token", token}});
    }
    authorizations_.push_back(
        {{"name", name},
         {"identifier", {{"type", "dns"}, {"value", is_wildcard ? name.substr(2) : name}}},
         {"status", "pending"},
         {"challenges", challenges},
         {"answered", false},
         {"polls", 0}});
    if (is_wildcard) authorizations_.back()["wildcard"] = true;
    return authorizations_.size() - 1;
  }

  std::size_t index_of(const std::string& resource_url) const {
    return std::stoul(resource_url.substr(resource_url.rfind('/') + 1));
  }

  /// Derives an order's status from its authorizations, as all authorities do.
  void update(Json& order) {
    if (order["status"] != "pending") return;
    bool all_valid = true;
    for (const Json& authorization_url : order["authorizations"]) {
      const std::string status = authorizations_[index_of(authorization_url)]["status"];
      all_valid = all_valid && status == "valid";
      if (status != "valid" && status != "pending") order["status"] = "invalid";
    }
    if (all_valid) order["status"] = "ready";
  }

  /// Without what is ours.
  static Json visible(Json object) {
    for (const char* member : {"account", "polls", "csr", "pem", "name", "answered"}) {
      object.erase(member);
    }
    return object;
  }

  acme::HttpResponse order(std::size_t index, const Signed& request) {
    if (!request.payload.empty()) return problem(400, "malformed", "POST-as-GET has no payload");
    Json& order = orders_[index];
    validate_due(order);
    update(order);
    if (order["status"] == "processing") {
      order["polls"] = static_cast<int>(order["polls"]) + 1;
      if (order["polls"] > polls_until_issued) issue(index);
    }
    return reply(200, visible(order));
  }

  void validate_due(const Json& order) {
    for (const Json& authorization_url : order["authorizations"]) {
      Json& authorization = authorizations_[index_of(authorization_url)];
      if (authorization["status"] != "pending" || !authorization["answered"]) continue;
      authorization["polls"] = static_cast<int>(authorization["polls"]) + 1;
      if (authorization["polls"] > polls_until_validated) validate(authorization);
    }
  }

  // --- authorizations

  acme::HttpResponse authorization(std::size_t index, const Signed& request) {
    if (!request.payload.empty()) return problem(400, "malformed", "POST-as-GET has no payload");
    return reply(200, visible(authorizations_[index]));
  }

  acme::HttpResponse challenge(std::size_t index, const Signed& request) {
    if (request.payload != "{}") return problem(400, "malformed", "a challenge wants {}");
    Json& authorization = authorizations_[index];
    if (authorization["status"] != "pending") return problem(400, "malformed", "judged already");
    if (authorization["answered"]) ++second_responses;
    authorization["answered"] = true;
    authorization["thumbprint"] = thumbprint_of(request.jwk);
    // Boulder and Pebble keep saying pending.
    return reply(200, visible(authorization)["challenges"].back());
  }

  static std::string thumbprint_of(const Json& jwk) {
    const std::string canonical = jwk.dump();
    std::array<unsigned char, 32> digest{};
    EVP_Digest(canonical.data(), canonical.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    return base::encode_base64url(std::as_bytes(std::span(digest)));
  }

  /// Looks at the published answer as the CA's three perspectives do; one try, and final.
  void validate(Json& authorization) {
    ++validations;
    Json& challenge = authorization["challenges"].back();
    const std::string token = challenge["token"];
    const auto answer = answers.find(token);
    const bool is_good = answer != answers.end() &&
                         answer->second == token + "." + std::string(authorization["thumbprint"]);
    authorization["status"] = is_good ? "valid" : "invalid";
    challenge["status"] = authorization["status"];
    if (!is_good) {
      challenge["error"] = {{"type", "urn:ietf:params:acme:error:unauthorized"},
                            {"detail", "the answer at the name is wrong"}};
    }
  }

  // --- certificates

  acme::HttpResponse finalize(std::size_t index, const Signed& request) {
    Json& order = orders_[index];
    validate_due(order);
    update(order);
    if (order["status"] != "ready") return problem(403, "orderNotReady", "the order is not ready");
    const Json payload = Json::parse(request.payload, nullptr, false);
    const std::string csr = payload.value("csr", "");
    if (!is_csr_for(csr, order)) return problem(400, "badCSR", "not what was ordered");
    order["status"] = "processing";
    order["csr"] = csr;
    ++finalized;
    return reply(200, visible(order));
  }

  static acme::X509ReqPtr parse_csr(const std::string& csr) {
    const std::string der = decode_base64url_text(csr).value_or("");
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    return acme::X509ReqPtr(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der.size())));
  }

  static std::set<std::string> names_of(X509_REQ* request) {
    std::set<std::string> names;
    STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request);
    const acme::GeneralNamesPtr list(static_cast<GENERAL_NAMES*>(
        X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
      int type = 0;
      const auto* value = static_cast<const ASN1_STRING*>(
          GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), i), &type));
      names.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                    static_cast<std::size_t>(ASN1_STRING_length(value)));
    }
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return names;
  }

  static bool is_csr_for(const std::string& csr, const Json& order) {
    const acme::X509ReqPtr request = parse_csr(csr);
    if (!request || X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1) {
      return false;
    }
    std::set<std::string> ordered;
    for (const Json& identifier : order["identifiers"]) ordered.insert(identifier["value"]);
    return names_of(request.get()) == ordered;
  }

  void issue(std::size_t index) {
    Json& order = orders_[index];
    const acme::X509ReqPtr request = parse_csr(order["csr"]);
    LeafWish wish{
        {}, clock_.wall() - std::chrono::hours(1), clock_.wall() + std::chrono::hours(24 * 90)};
    for (const std::string& name : names_of(request.get())) wish.names.push_back(name);
    wish.serial_hex = std::to_string(100'000'000 + issued);
    order["pem"] = ca_.issue(X509_REQ_get0_pubkey(request.get()), wish);
    note_issued(order, wish);
    order["certificate"] = url("/certificate/" + std::to_string(index));
    order["status"] = "valid";
    ++issued;
  }

  void note_issued(const Json& order, const LeafWish& wish) {
    const std::string pem = order["pem"];
    const auto id = acme::cert_id(acme::parse_chain(pem).value().front()).value();
    certificates_[id.value()] = {order["account"], wish.not_before, wish.not_after};
    const std::string replaces = order.value("replaces", "");
    if (!replaces.empty()) certificates_[replaces].is_replaced = true;
  }

  acme::HttpResponse certificate(std::size_t index, const Signed& request) {
    if (!request.payload.empty()) return problem(400, "malformed", "POST-as-GET has no payload");
    if (!orders_[index].contains("pem")) return not_found();
    return {200, {{"content-type", "application/pem-certificate-chain"}}, orders_[index]["pem"]};
  }

  const base::Clock& clock_;
  const TestCa ca_;
  std::deque<Waiting> queue_;
  std::set<std::string> nonces_;
  int nonces_given_ = 0;
  int arrivals_ = 0;
  std::vector<Json> accounts_;
  std::vector<Json> orders_;
  std::vector<Json> authorizations_;
  Json last_payload_;
  std::vector<Json> placed_;
  std::map<std::string, Issued> certificates_;
};

}  // namespace fakes
