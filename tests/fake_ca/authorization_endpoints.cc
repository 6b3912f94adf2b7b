#include "tests/fake_ca/endpoints.h"
#include "tests/fake_ca/time_text.h"

namespace fake_ca {
namespace {

const char* name_of(AuthorizationStatus status) {
  switch (status) {
    case AuthorizationStatus::pending: return "pending";
    case AuthorizationStatus::valid: return "valid";
    case AuthorizationStatus::invalid: return "invalid";
    case AuthorizationStatus::deactivated: return "deactivated";
    case AuthorizationStatus::expired: return "expired";
  }
  return "";
}

const char* name_of(Challenge::Status status) {
  switch (status) {
    case Challenge::Status::pending: return "pending";
    case Challenge::Status::processing: return "processing";
    case Challenge::Status::valid: return "valid";
    case Challenge::Status::invalid: return "invalid";
  }
  return "";
}

std::string authorization_url(const Request& request, AuthorizationId id) {
  return request.origin + "/acme/authz/" + std::to_string(id.value());
}

Json challenge_json(const State& state,
                    const Request& request,
                    const Authorization& authorization,
                    std::size_t index) {
  const Challenge& challenge = authorization.challenges.at(index);
  Json json = {{"type", fake_ca::name_of(challenge.type)},
               {"status", name_of(challenge.status)},
               {"url",
                request.origin + "/acme/chall/" + std::to_string(authorization.id.value()) + "/" +
                    std::to_string(index)}};
  if (challenge.type == ChallengeType::dns_persist_01) {
    json["issuer-domain-names"] = state.options.issuer_domain_names;
    json["accounturi"] = account_url(request, authorization.account);
  } else {
    json["token"] = challenge.token;
  }
  if (challenge.validated) json["validated"] = rfc3339(*challenge.validated);
  if (challenge.error) json["error"] = to_json(*challenge.error);
  return json;
}

Json authorization_json(const State& state,
                        const Request& request,
                        const Authorization& authorization) {
  Json json = {
      {"identifier", to_json({authorization.identifier.type, authorization.identifier.bare()})},
      {"status", name_of(authorization.status)},
      {"expires", rfc3339(authorization.expires)},
      {"challenges", Json::array()}};
  if (authorization.identifier.is_wildcard()) json["wildcard"] = true;
  const bool is_judged = authorization.status == AuthorizationStatus::valid ||
                         authorization.status == AuthorizationStatus::invalid;
  for (std::size_t i = 0; i < authorization.challenges.size(); ++i) {
    // Once judged, only the challenge that was tried is of interest.
    if (is_judged && authorization.responded != i) continue;
    json["challenges"].push_back(challenge_json(state, request, authorization, i));
  }
  return json;
}

base::Result<Authorization*, Problem> find_own(State& state,
                                               const SignedRequest& request,
                                               AuthorizationId id) {
  Authorization* authorization = state.find(id);
  if (authorization == nullptr) return not_found("authorization");
  if (authorization->account != *request.account) {
    return refuse(403, "unauthorized", "it is another account's");
  }
  state.settle(*authorization);
  return authorization;
}

/// Starts the one try that there is.
void begin_validation(State& state,
                      const SignedRequest& request,
                      Authorization& authorization,
                      std::size_t index) {
  const Challenge& challenge = authorization.challenges.at(index);
  authorization.responded = index;
  authorization.responded_at = state.now();
  authorization.thumbprint = request.key.thumbprint;
  const auto scripted = state.options.verdicts.find(authorization.identifier.bare());
  if (scripted != state.options.verdicts.end()) {
    return state.conclude(authorization.id, scripted->second);
  }
  if (state.options.validation == Validation::always_valid) {
    return state.conclude(authorization.id, std::nullopt);
  }
  state.tasks.push_back({authorization.id,
                         challenge.type,
                         authorization.identifier,
                         challenge.token,
                         challenge.token + "." + authorization.thumbprint,
                         account_url(request.http, authorization.account),
                         state.options.issuer_domain_names});
}

}  // namespace

Outcome authorization(State& state, const SignedRequest& request, AuthorizationId id) {
  const auto found = find_own(state, request, id);
  if (!found) return base::Unexpected(found.error());
  Authorization& authorization = *found.value();
  if (!request.is_post_as_get()) {
    const auto payload = request.object();
    if (!payload) return base::Unexpected(payload.error());
    if (text_member(payload.value(), "status") != "deactivated") {
      return refuse(400, "malformed", "status can only become deactivated");
    }
    if (authorization.status != AuthorizationStatus::pending &&
        authorization.status != AuthorizationStatus::valid) {
      return refuse(400, "malformed", "the authorization is over already");
    }
    authorization.status = AuthorizationStatus::deactivated;
  }
  Reply reply = json_reply(200, authorization_json(state, request.http, authorization));
  if (authorization.status == AuthorizationStatus::pending &&
      state.options.authorization_retry_after) {
    reply.headers.push_back(
        {"Retry-After", std::to_string(state.options.authorization_retry_after->count())});
  }
  return reply;
}

Outcome challenge(State& state,
                  const SignedRequest& request,
                  AuthorizationId id,
                  std::size_t index) {
  const auto found = find_own(state, request, id);
  if (!found) return base::Unexpected(found.error());
  Authorization& authorization = *found.value();
  if (index >= authorization.challenges.size()) return not_found("challenge");
  if (!request.is_post_as_get()) {
    if (request.payload != "{}") return refuse(400, "malformed", "a response is exactly {}");
    if (authorization.status != AuthorizationStatus::pending &&
        authorization.status != AuthorizationStatus::valid) {
      return refuse(400, "malformed", "Unable to update challenge: authorization must be pending");
    }
    if (authorization.responded && authorization.responded != index) {
      return refuse(400, "malformed", "another challenge was responded to");
    }
    ++authorization.responses;
    if (authorization.responded) {
      ++state.statistics.repeated_responses;
    } else if (authorization.status == AuthorizationStatus::pending) {
      begin_validation(state, request, authorization, index);
    }
  }
  Reply reply = json_reply(200, challenge_json(state, request.http, authorization, index));
  reply.headers.push_back({"Link", "<" + authorization_url(request.http, id) + ">;rel=\"up\""});
  return reply;
}

}  // namespace fake_ca
