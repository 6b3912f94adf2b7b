#include "tests/fake_ca/authenticate.h"

namespace fake_ca {
namespace {

base::Unexpected<Problem> malformed(std::string detail) {
  return refuse(400, "malformed", std::move(detail));
}

std::optional<Problem> fault_of_transport(const Request& request) {
  if (request.content_type != "application/jose+json") {
    return Problem{.type = "malformed",
                   .status = 415,
                   .detail = "the Content-Type is to be application/jose+json, not \"" +
                             request.content_type + "\""};
  }
  if (request.user_agent.empty()) {
    return Problem{.type = "malformed", .detail = "the request has no User-Agent"};
  }
  return std::nullopt;
}

/// Nonce and url; the nonce is spent first.
std::optional<Problem> fault_of_header(State& state, const Request& request, const Json& header) {
  if (!state.nonces.spend(text_member(header, "nonce"))) {
    return Problem{.type = "badNonce", .detail = "the nonce is unknown or was used"};
  }
  if (text_member(header, "url") != request.origin + request.path) {
    return Problem{.type = "malformed",
                   .detail = "url in the JWS is \"" + text_member(header, "url") +
                             "\", the request's is " + request.origin + request.path};
  }
  if (header.contains("crit")) {
    return Problem{.type = "malformed", .detail = "crit is not understood"};
  }
  return std::nullopt;
}

base::Result<AccountId, Problem> account_of(State& state,
                                            const Request& request,
                                            const std::string& kid) {
  const std::string prefix = request.origin + "/acme/acct/";
  const std::string digits = kid.starts_with(prefix) ? kid.substr(prefix.size()) : "";
  const bool is_number = !digits.empty() && digits.size() < 19 &&
                         digits.find_first_not_of("0123456789") == std::string::npos;
  if (is_number) {
    const AccountId id(std::stoull(digits));
    if (state.find(id) != nullptr) return id;
  }
  return refuse(400, "accountDoesNotExist", "Account \"" + kid + "\" not found");
}

base::Result<SignedRequest, Problem> by_account(State& state,
                                                const Request& request,
                                                const Jws& jws) {
  const auto id = account_of(state, request, text_member(jws.header, "kid"));
  if (!id) return base::Unexpected(id.error());
  const Account& account = *state.find(id.value());
  if (auto fault = fault_of_signature(jws, account.key)) return base::Unexpected(*fault);
  if (account.is_deactivated) {
    return refuse(403, "unauthorized", "Account is not valid, has status \"deactivated\"");
  }
  return SignedRequest{request, jws.payload, account.key, id.value()};
}

base::Result<SignedRequest, Problem> by_key(const Request& request, const Jws& jws) {
  auto key = parse_jwk(jws.header["jwk"]);
  if (!key) return base::Unexpected(key.error());
  if (auto fault = fault_of_signature(jws, key.value())) return base::Unexpected(*fault);
  return SignedRequest{request, jws.payload, std::move(key).value(), std::nullopt};
}

}  // namespace

base::Result<Json, Problem> SignedRequest::object() const {
  Json json = Json::parse(payload, nullptr, false);
  if (!json.is_object()) return malformed("the payload is no JSON object");
  return json;
}

base::Result<SignedRequest, Problem> authenticate(State& state,
                                                  const Request& request,
                                                  KeyRule rule) {
  if (auto fault = fault_of_transport(request)) return base::Unexpected(*fault);
  const auto jws = parse_jws(request.body);
  if (!jws) return base::Unexpected(jws.error());
  const Json& header = jws->header;
  if (auto fault = fault_of_header(state, request, header)) return base::Unexpected(*fault);
  const bool has_jwk = header.contains("jwk");
  const bool has_kid = header.contains("kid");
  if (has_jwk == has_kid) return malformed("exactly one of jwk and kid is to be there");
  if (rule == KeyRule::whole_key && has_kid) return malformed("this request wants jwk, not kid");
  if (rule == KeyRule::account_url && has_jwk) return malformed("this request wants kid, not jwk");
  return has_kid ? by_account(state, request, jws.value()) : by_key(request, jws.value());
}

std::string account_url(const Request& request, AccountId id) {
  return request.origin + "/acme/acct/" + std::to_string(id.value());
}

}  // namespace fake_ca
