#include "tests/fake_ca/endpoints.h"

namespace fake_ca {
namespace {

constexpr const char* terms_url = "/terms/v7";

Reply account_reply(int status, const Request& request, const Account& account) {
  Reply reply = json_reply(status,
                           {{"status", account.is_deactivated ? "deactivated" : "valid"},
                            {"contact", account.contacts}});
  reply.headers.push_back({"Location", account_url(request, account.id)});
  return reply;
}

/// The payload's contacts; invalidContact, unsupportedContact.
base::Result<std::vector<std::string>, Problem> contacts_of(const Json& payload) {
  std::vector<std::string> contacts;
  if (!payload.contains("contact")) return contacts;
  if (!payload["contact"].is_array()) return refuse(400, "malformed", "contact is no array");
  for (const Json& contact : payload["contact"]) {
    const std::string text = contact.is_string() ? contact.get<std::string>() : "";
    if (!text.starts_with("mailto:")) {
      return refuse(400, "unsupportedContact", "only mailto: is taken, not \"" + text + "\"");
    }
    const std::size_t at = text.find('@');
    const bool is_address = at != std::string::npos && at > 7 && at + 1 < text.size() &&
                            text.find_first_of(" ,?") == std::string::npos;
    if (!is_address) return refuse(400, "invalidContact", "\"" + text + "\" is no address");
    contacts.push_back(text);
  }
  return contacts;
}

base::Unexpected<Problem> bad_binding(std::string detail) {
  return refuse(403, "unauthorized", "external account binding: " + std::move(detail));
}

/// RFC 8555 §7.3.4.
std::optional<Problem> fault_of_binding(const State& state,
                                        const SignedRequest& request,
                                        const Json& payload) {
  if (!payload.contains("externalAccountBinding")) {
    if (!state.options.external_account_required) return std::nullopt;
    return Problem{.type = "externalAccountRequired",
                   .status = 403,
                   .detail = "an external account binding is required"};
  }
  const auto binding = parse_jws(payload["externalAccountBinding"].dump());
  if (!binding) return binding.error();
  if (binding->header.contains("nonce") || text_member(binding->header, "url") != request.url()) {
    return Problem{.type = "malformed",
                   .detail = "external account binding: it has a nonce or another url"};
  }
  const auto mac_key = state.options.external_accounts.find(text_member(binding->header, "kid"));
  if (mac_key == state.options.external_accounts.end()) {
    return bad_binding("the kid is unknown").error();
  }
  if (!is_mac_right(binding.value(), mac_key->second))
    return bad_binding("the MAC is wrong").error();
  const auto bound = parse_jwk(Json::parse(binding->payload, nullptr, false));
  if (!bound || bound->thumbprint != request.key.thumbprint) {
    return bad_binding("it is for another key").error();
  }
  return std::nullopt;
}

std::optional<Problem> fault_of_terms(const State& state,
                                      const Request& request,
                                      const Json& payload) {
  const auto agreed = payload.find("termsOfServiceAgreed");
  const bool is_agreed = agreed != payload.end() && agreed->is_boolean() && agreed->get<bool>();
  if (is_agreed || !state.options.terms_must_be_agreed) return std::nullopt;
  const bool is_pebble = state.options.terms_refusal == "agreementRequired";
  return Problem{
      .type = state.options.terms_refusal,
      .status = is_pebble ? 403 : 400,
      .detail = "must agree to terms of service",
      .headers = {{"Link", "<" + request.origin + terms_url + ">;rel=\"terms-of-service\""}}};
}

void deactivate(State& state, Account& account) {
  account.is_deactivated = true;
  for (auto& [id, authorization] : state.authorizations) {
    if (authorization.account == account.id &&
        authorization.status == AuthorizationStatus::pending) {
      authorization.status = AuthorizationStatus::deactivated;
    }
  }
}

/// What is wrong with the inner JWS of a key change (RFC 8555 §7.3.5), whose key is `key`.
std::optional<Problem> fault_of_key_change(const SignedRequest& request,
                                           const Jws& inner,
                                           const PublicKey& key) {
  const auto malformed = [](std::string detail) {
    return Problem{.type = "malformed", .detail = "key change: " + std::move(detail)};
  };
  if (auto fault = fault_of_signature(inner, key)) return fault;
  if (inner.header.contains("nonce")) return malformed("the inner JWS has a nonce");
  if (text_member(inner.header, "url") != request.url()) return malformed("the inner url differs");
  const Json payload = Json::parse(inner.payload, nullptr, false);
  if (text_member(payload, "account") != account_url(request.http, *request.account)) {
    return malformed("account is not the signer's");
  }
  const auto old_key = parse_jwk(payload.value("oldKey", Json()));
  if (!old_key || old_key->thumbprint != request.key.thumbprint) {
    return malformed("oldKey is not the account's key");
  }
  if (key.thumbprint == request.key.thumbprint) return malformed("both keys are the same");
  return std::nullopt;
}

}  // namespace

Outcome new_account(State& state, const SignedRequest& request) {
  const auto payload = request.object();
  if (!payload) return base::Unexpected(payload.error());
  if (const Account* known = state.find_account(request.key.thumbprint)) {
    if (known->is_deactivated) {
      return refuse(403, "unauthorized", "An account with the provided public key is deactivated");
    }
    return account_reply(200, request.http, *known);
  }
  const auto only_existing = payload->find("onlyReturnExisting");
  if (only_existing != payload->end() && *only_existing == true) {
    return refuse(400, "accountDoesNotExist", "No account exists with the provided key");
  }
  if (auto fault = fault_of_terms(state, request.http, payload.value())) {
    return base::Unexpected(*fault);
  }
  auto contacts = contacts_of(payload.value());
  if (!contacts) return base::Unexpected(contacts.error());
  if (auto fault = fault_of_binding(state, request, payload.value())) {
    return base::Unexpected(*fault);
  }
  if (auto fault = state.limits.refuse_account(
          state.options, request.http.remote, state.now(), state.random)) {
    return base::Unexpected(*fault);
  }
  const AccountId id(++state.last_id);
  state.accounts_by_thumbprint.emplace(request.key.thumbprint, id);
  const auto made =
      state.accounts.emplace(id, Account{id, request.key, false, std::move(contacts).value()});
  return account_reply(201, request.http, made.first->second);
}

Outcome account(State& state, const SignedRequest& request, AccountId id) {
  if (request.account != id) return refuse(403, "unauthorized", "it is another account");
  Account& account = *state.find(id);
  if (request.is_post_as_get()) return account_reply(200, request.http, account);
  const auto payload = request.object();
  if (!payload) return base::Unexpected(payload.error());
  if (payload->contains("status")) {
    if (text_member(payload.value(), "status") != "deactivated") {
      return refuse(400, "malformed", "status can only become deactivated");
    }
    deactivate(state, account);
    return account_reply(200, request.http, account);
  }
  auto contacts = contacts_of(payload.value());
  if (!contacts) return base::Unexpected(contacts.error());
  if (payload->contains("contact")) account.contacts = std::move(contacts).value();
  return account_reply(200, request.http, account);
}

Outcome change_key(State& state, const SignedRequest& request) {
  const auto inner = parse_jws(request.payload);
  if (!inner) return base::Unexpected(inner.error());
  if (!inner->header.contains("jwk")) return refuse(400, "malformed", "the inner JWS has no jwk");
  auto key = parse_jwk(inner->header["jwk"]);
  if (!key) return base::Unexpected(key.error());
  if (auto fault = fault_of_key_change(request, inner.value(), key.value())) {
    return base::Unexpected(*fault);
  }
  if (const Account* owner = state.find_account(key->thumbprint)) {
    Problem taken{.type = "conflict",
                  .status = 409,
                  .detail = "New key is already in use for a different account"};
    taken.headers.push_back({"Location", account_url(request.http, owner->id)});
    return base::Unexpected(std::move(taken));
  }
  Account& account = *state.find(*request.account);
  state.accounts_by_thumbprint.erase(account.key.thumbprint);
  state.accounts_by_thumbprint.emplace(key->thumbprint, account.id);
  account.key = std::move(key).value();
  return account_reply(200, request.http, account);
}

}  // namespace fake_ca
