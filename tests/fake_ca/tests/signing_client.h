#pragma once

#include <string>
#include <utility>

#include "acme/certificate_key.h"
#include "acme/jws.h"
#include "acme/private_key.h"
#include "tests/fake_ca/ca.h"
#include "tests/fakes/example_account.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"

namespace fake_ca {

/// An authority on a virtual clock and the simplest client for it: signs, posts, remembers its
/// account. It solves nothing by itself.
class SigningClient {
 public:
  explicit SigningClient(
      Ca& ca,
      acme::PrivateKey key = acme::PrivateKey::parse_pem(fakes::example_account_key).value())
      : ca_(ca), key_(std::move(key)) {}

  static std::string url(const std::string& path) { return "https://ca.example" + path; }

  Reply get(const std::string& path, Method method = Method::get) {
    return ca_.carry_out({.method = method, .origin = url(""), .path = path, .user_agent = "test"});
  }

  acme::Nonce nonce() { return acme::Nonce(header(get("/acme/new-nonce"), "Replay-Nonce")); }

  /// Signed with the account's URL, or with the whole key before there is one.
  Reply post(const std::string& path, const std::string& payload) {
    return post_raw(
        path, acme::sign_request(key_, account_, nonce(), *acme::Url::parse(url(path)), payload));
  }
  Reply post(const std::string& path, const Json& payload) { return post(path, payload.dump()); }
  Reply post_raw(const std::string& path, const std::string& body) {
    return ca_.carry_out({.method = Method::post,
                          .origin = url(""),
                          .path = path,
                          .content_type = "application/jose+json",
                          .user_agent = "test",
                          .body = body,
                          .remote = remote});
  }

  Reply register_account(Json payload = {{"termsOfServiceAgreed", true}}) {
    Reply reply = post("/acme/new-acct", payload);
    if (reply.status < 300) account_ = acme::Url::parse(header(reply, "Location"));
    return reply;
  }

  static Json order_of(const std::vector<std::string>& names) {
    Json payload = {{"identifiers", Json::array()}};
    for (const std::string& name : names) {
      const bool is_ip = name.find_first_not_of("0123456789.") == std::string::npos ||
                         name.find(':') != std::string::npos;
      payload["identifiers"].push_back({{"type", is_ip ? "ip" : "dns"}, {"value", name}});
    }
    return payload;
  }
  Reply place(const std::vector<std::string>& names, const Json& more = Json::object()) {
    Json payload = order_of(names);
    payload.update(more);
    return post("/acme/new-order", payload);
  }

  /// Responds to the first challenge of each authorization.
  void respond(const Reply& order) {
    const Json placed = Json::parse(order.body);
    for (const Json& authorization_url : placed["authorizations"]) {
      const Json authorization = Json::parse(read(authorization_url).body);
      post(path_of(authorization["challenges"][0]["url"]), std::string("{}"));
    }
  }
  Reply read(const std::string& resource_url) { return post(path_of(resource_url), std::string()); }
  Reply finalize(const Reply& order, const std::vector<std::string>& names) {
    std::vector<acme::Identifier> identifiers;
    for (const std::string& name : names) {
      identifiers.emplace_back(base::DomainName::parse(name).value());
    }
    const auto made = acme::make_certificate_key(acme::KeyType::ecdsa_p256, identifiers).value();
    last_key_ = made.private_key_pem;
    return post(path_of(Json::parse(order.body)["finalize"]), Json{{"csr", made.csr}});
  }
  /// The whole way, with an authority that finds everything valid; the last reply.
  Reply issue(const std::vector<std::string>& names, const Json& more = Json::object()) {
    const Reply order = place(names, more);
    if (order.status != 201) return order;
    respond(order);
    const Reply finalized = finalize(order, names);
    if (finalized.status != 200) return finalized;
    return read(header(order, "Location"));
  }
  std::string download(const Reply& order) {
    return read(Json::parse(order.body)["certificate"]).body;
  }

  static std::string header(const Reply& reply, const std::string& name) {
    for (const Header& header : reply.headers) {
      if (header.name == name) return header.value;
    }
    return {};
  }
  static std::string path_of(const std::string& resource_url) {
    return resource_url.substr(url("").size());
  }

  const acme::PrivateKey& key() const { return key_; }
  void set_key(acme::PrivateKey key) { key_ = std::move(key); }
  const std::optional<acme::Url>& account() const { return account_; }
  void set_account(std::optional<acme::Url> account) { account_ = std::move(account); }
  acme::PrivateKey last_key() const { return acme::PrivateKey::parse_pem(last_key_).value(); }

  std::string remote = "127.0.0.1";

 private:
  Ca& ca_;
  acme::PrivateKey key_;
  std::optional<acme::Url> account_;
  std::string last_key_;
};

inline Json json_of(const Reply& reply) {
  return Json::parse(reply.body, nullptr, false);
}
/// `urn:ietf:params:acme:error:badNonce` → `400 badNonce`; `200` without a problem.
inline std::string verdict_of(const Reply& reply) {
  const std::string type = text_member(json_of(reply), "type");
  const std::string status = std::to_string(reply.status);
  return type.empty() ? status : status + " " + type.substr(type.rfind(':') + 1);
}

}  // namespace fake_ca
