#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/encoding.h"
#include "tests/fakes/fake_acme_server.h"

namespace fakes {

// ---- orders

acme::HttpResponse FakeAcmeServer::new_order(const Signed& request) {
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
std::optional<acme::HttpResponse> FakeAcmeServer::check_order(const Json& payload,
                                                              std::size_t account) const {
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

std::size_t FakeAcmeServer::authorization_for(const std::string& name) {
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

std::size_t FakeAcmeServer::index_of(const std::string& resource_url) const {
  return std::stoul(resource_url.substr(resource_url.rfind('/') + 1));
}

/// Derives an order's status from its authorizations, as all authorities do.
void FakeAcmeServer::update(Json& order) {
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
FakeAcmeServer::Json FakeAcmeServer::visible(Json object) {
  for (const char* member : {"account", "polls", "csr", "pem", "name", "answered"}) {
    object.erase(member);
  }
  return object;
}

acme::HttpResponse FakeAcmeServer::order(std::size_t index, const Signed& request) {
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

void FakeAcmeServer::validate_due(const Json& order) {
  for (const Json& authorization_url : order["authorizations"]) {
    Json& authorization = authorizations_[index_of(authorization_url)];
    if (authorization["status"] != "pending" || !authorization["answered"]) continue;
    authorization["polls"] = static_cast<int>(authorization["polls"]) + 1;
    if (authorization["polls"] > polls_until_validated) validate(authorization);
  }
}

// ---- authorizations

acme::HttpResponse FakeAcmeServer::authorization(std::size_t index, const Signed& request) {
  if (!request.payload.empty()) return problem(400, "malformed", "POST-as-GET has no payload");
  return reply(200, visible(authorizations_[index]));
}

acme::HttpResponse FakeAcmeServer::challenge(std::size_t index, const Signed& request) {
  if (request.payload != "{}") return problem(400, "malformed", "a challenge wants {}");
  Json& authorization = authorizations_[index];
  if (authorization["status"] != "pending") return problem(400, "malformed", "judged already");
  if (authorization["answered"]) ++second_responses;
  authorization["answered"] = true;
  authorization["thumbprint"] = thumbprint_of(request.jwk);
  // Boulder and Pebble keep saying pending.
  return reply(200, visible(authorization)["challenges"].back());
}

std::string FakeAcmeServer::thumbprint_of(const Json& jwk) {
  const std::string canonical = jwk.dump();
  std::array<unsigned char, 32> digest{};
  EVP_Digest(canonical.data(), canonical.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return base::encode_base64url(std::as_bytes(std::span(digest)));
}

/// Looks at the published answer as the CA's three perspectives do; one try, and final.
void FakeAcmeServer::validate(Json& authorization) {
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

// ---- certificates

acme::HttpResponse FakeAcmeServer::finalize(std::size_t index, const Signed& request) {
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

acme::X509ReqPtr FakeAcmeServer::parse_csr(const std::string& csr) {
  const std::string der = decode_base64url_text(csr).value_or("");
  const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
  return acme::X509ReqPtr(d2i_X509_REQ(nullptr, &cursor, static_cast<long>(der.size())));
}

std::set<std::string> FakeAcmeServer::names_of(X509_REQ* request) {
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

bool FakeAcmeServer::is_csr_for(const std::string& csr, const Json& order) {
  const acme::X509ReqPtr request = parse_csr(csr);
  if (!request || X509_REQ_verify(request.get(), X509_REQ_get0_pubkey(request.get())) != 1) {
    return false;
  }
  std::set<std::string> ordered;
  for (const Json& identifier : order["identifiers"]) ordered.insert(identifier["value"]);
  return names_of(request.get()) == ordered;
}

void FakeAcmeServer::issue(std::size_t index) {
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

void FakeAcmeServer::note_issued(const Json& order, const LeafWish& wish) {
  const std::string pem = order["pem"];
  const auto id = acme::cert_id(acme::parse_chain(pem).value().front()).value();
  certificates_[id.value()] = {order["account"], wish.not_before, wish.not_after};
  const std::string replaces = order.value("replaces", "");
  if (!replaces.empty()) certificates_[replaces].is_replaced = true;
}

acme::HttpResponse FakeAcmeServer::certificate(std::size_t index, const Signed& request) {
  if (!request.payload.empty()) return problem(400, "malformed", "POST-as-GET has no payload");
  if (!orders_[index].contains("pem")) return not_found();
  return {200, {{"content-type", "application/pem-certificate-chain"}}, orders_[index]["pem"]};
}

}  // namespace fakes
