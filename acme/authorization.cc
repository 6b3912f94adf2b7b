#include "acme/authorization.h"

#include "acme/json.h"
#include "acme/problem.h"

namespace acme {
namespace {

constexpr std::size_t max_challenges = 32;
constexpr std::size_t max_issuer_domains = 10;

std::optional<ChallengeStatus> challenge_status(std::string_view text) {
  if (text == "pending") return ChallengeStatus::pending;
  if (text == "processing") return ChallengeStatus::processing;
  if (text == "valid") return ChallengeStatus::valid;
  if (text == "invalid") return ChallengeStatus::invalid;
  return std::nullopt;
}

std::optional<AuthorizationStatus> authorization_status(std::string_view text) {
  if (text == "pending") return AuthorizationStatus::pending;
  if (text == "valid") return AuthorizationStatus::valid;
  if (text == "invalid") return AuthorizationStatus::invalid;
  if (text == "deactivated") return AuthorizationStatus::deactivated;
  if (text == "expired") return AuthorizationStatus::expired;
  if (text == "revoked") return AuthorizationStatus::revoked;
  return std::nullopt;
}

/// What the answer is made of; false if it cannot be used.
bool read_substance(const Json& json, Challenge& challenge) {
  if (challenge.type != ChallengeType::dns_persist_01) {
    challenge.token = Token::parse(json.string("token").value_or(""));
    return challenge.token.has_value();
  }
  for (const std::string& domain : json.strings("issuer-domain-names")) {
    const auto name = base::DomainName::parse(domain);
    if (name && !name->is_wildcard()) challenge.issuer_domains.push_back(name->text());
    if (challenge.issuer_domains.size() == max_issuer_domains) break;
  }
  return !challenge.issuer_domains.empty();
}

std::optional<Challenge> parse_challenge(const Json& json, const Url& request_url) {
  const auto type = parse_challenge_type(json.string("type").value_or(""));
  const auto status = challenge_status(json.string("status").value_or(""));
  const auto url = resolve_url(request_url, json.string("url").value_or(""));
  if (!type || !status || !json.string("url") || !url) return std::nullopt;
  Challenge challenge{*type, *status, *url, std::nullopt, std::nullopt};
  if (!read_substance(json, challenge)) return std::nullopt;
  if (const std::optional<Json> error = json.object("error")) {
    challenge.error = to_error(parse_problem(*error), Origin::challenge);
  }
  return challenge;
}

std::optional<Identifier> parse_authorized(const Json& authorization) {
  const std::optional<Json> object = authorization.object("identifier");
  std::optional<Identifier> plain = object ? parse_identifier(*object) : std::nullopt;
  if (!plain || !authorization.boolean("wildcard").value_or(false)) return plain;
  if (plain->name().is_address()) return std::nullopt;
  const auto wildcard = base::DomainName::parse("*." + plain->value());
  if (!wildcard) return std::nullopt;
  return Identifier(*wildcard);
}

bool is_open(ChallengeStatus status) {
  return status == ChallengeStatus::pending || status == ChallengeStatus::processing;
}

std::string_view name_of(AuthorizationStatus status) {
  switch (status) {
    case AuthorizationStatus::pending: return "pending";
    case AuthorizationStatus::valid: return "valid";
    case AuthorizationStatus::invalid: return "invalid";
    case AuthorizationStatus::deactivated: return "deactivated";
    case AuthorizationStatus::expired: return "expired";
    case AuthorizationStatus::revoked: return "revoked";
  }
  return {};
}

}  // namespace

base::Result<Authorization, Error> parse_authorization(std::string_view json,
                                                       const Url& request_url) {
  const std::optional<Json> object = Json::parse_object(json);
  if (!object) return base::Unexpected(bad_response("the authorization is no JSON object"));
  const auto status = authorization_status(object->string("status").value_or(""));
  if (!status) return base::Unexpected(bad_response("the authorization has no status we know"));
  const auto identifier = parse_authorized(*object);
  if (!identifier) {
    return base::Unexpected(bad_response("the authorization has no identifier we know"));
  }
  Authorization authorization{*identifier, *status, {}};
  for (const Json& challenge : object->objects("challenges")) {
    if (authorization.challenges.size() == max_challenges) break;
    if (auto parsed = parse_challenge(challenge, request_url)) {
      authorization.challenges.push_back(*std::move(parsed));
    }
  }
  return authorization;
}

base::Result<ChallengeStatus, Error> parse_challenge_status(std::string_view json) {
  const std::optional<Json> object = Json::parse_object(json);
  if (!object) return base::Unexpected(bad_response("the challenge is no JSON object"));
  const auto status = challenge_status(object->string("status").value_or(""));
  if (!status) return base::Unexpected(bad_response("the challenge has no status we know"));
  return *status;
}

std::optional<Challenge> choose_challenge(const Authorization& authorization,
                                          const std::vector<ChallengeType>& types) {
  for (const ChallengeType type : types) {
    if (!can_prove(type, authorization.identifier)) continue;
    for (const Challenge& challenge : authorization.challenges) {
      if (challenge.type == type && is_open(challenge.status)) return challenge;
    }
  }
  return std::nullopt;
}

Subproblem failure_of(const Authorization& authorization) {
  for (const Challenge& challenge : authorization.challenges) {
    if (challenge.error) {
      return {authorization.identifier, challenge.error->code, challenge.error->detail};
    }
  }
  return {authorization.identifier,
          Errc::authorization_lost,
          "the authorization is " + std::string(name_of(authorization.status))};
}

}  // namespace acme
