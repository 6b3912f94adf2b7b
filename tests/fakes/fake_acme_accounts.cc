#include <string>

#include "tests/fakes/fake_acme_server.h"

namespace fakes {

acme::HttpResponse FakeAcmeServer::account_reply(int status, std::size_t index) const {
  acme::HttpResponse response = reply(
      status, {{"status", accounts_[index]["status"]}, {"contact", accounts_[index]["contact"]}});
  response.headers.push_back({"location", url("/account/" + std::to_string(index))});
  return response;
}

acme::HttpResponse FakeAcmeServer::new_account(const Signed& request) {
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

acme::HttpResponse FakeAcmeServer::update_account(const Signed& request) {
  const Json payload = Json::parse(request.payload, nullptr, false);
  Json& account = accounts_[*request.account];
  if (request.payload.empty()) return account_reply(200, *request.account);
  if (payload.value("status", "") == "deactivated") account["status"] = "deactivated";
  if (payload.contains("contact")) account["contact"] = payload["contact"];
  return account_reply(200, *request.account);
}

acme::HttpResponse FakeAcmeServer::change_key(const Signed& request) {
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

acme::HttpResponse FakeAcmeServer::revoke(const Signed& request) {
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
bool FakeAcmeServer::may_revoke(const std::string& der, const Signed& request) const {
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

bool FakeAcmeServer::is_bound(const Jws& binding, const Json& jwk) const {
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

}  // namespace fakes
