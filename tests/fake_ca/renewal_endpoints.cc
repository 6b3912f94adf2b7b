#include <algorithm>

#include "tests/fake_ca/endpoints.h"
#include "tests/fake_ca/time_text.h"

namespace fake_ca {

Certificate::Window window_of(const Certificate& certificate, base::WallTime now) {
  using std::chrono::hours;
  using std::chrono::minutes;
  if (certificate.window) return *certificate.window;
  if (certificate.revoked) {
    return {now - hours(1), now - minutes(30), "https://fake-ca.example/revoked"};
  }
  // Boulder: two thirds of the life, or half of a short one, ± a hundredth.
  const auto life = certificate.not_after - certificate.not_before;
  const auto left = life < hours(24 * 10) ? life / 2 : life / 3;
  const base::WallTime centre = certificate.not_after - left;
  return {centre - life / 100, centre + life / 100, ""};
}

std::optional<Problem> fault_of_replaces(State& state, const Order& draft) {
  const auto problem = [](int status, std::string type, std::string detail) {
    return Problem{.type = std::move(type), .status = status, .detail = std::move(detail)};
  };
  if (draft.replaces.empty() || !state.options.offers_renewal_info) return std::nullopt;
  const std::size_t dot = draft.replaces.find('.');
  const std::string issuer = draft.replaces.substr(0, dot);
  if (dot == std::string::npos || !decode_base64url_text(issuer) ||
      !decode_base64url_text(draft.replaces.substr(dot + 1))) {
    return problem(400, "malformed", "replaces is no certID");
  }
  if (issuer != state.signer.key_identifier()) {
    return problem(404, "malformed", "path contained an Authority Key Identifier that is not ours");
  }
  const Certificate* old = state.find_certificate(draft.replaces);
  if (old == nullptr) return problem(404, "malformed", "no such certificate");
  if (old->account != draft.account) {
    return problem(403, "unauthorized", "requester account did not request the certificate");
  }
  const bool shares_one = std::any_of(
      old->identifiers.begin(), old->identifiers.end(), [&draft](const Identifier& identifier) {
        return std::binary_search(draft.identifiers.begin(), draft.identifiers.end(), identifier);
      });
  if (!shares_one) {
    return problem(400, "malformed", "the certificate to be replaced has no identifier in common");
  }
  const Problem taken = problem(409,
                                "alreadyReplaced",
                                "cannot indicate an order replaces certificate \"" +
                                    draft.replaces + "\", which already has a replacement order");
  if (old->replaced_by) return taken;
  const auto replacement = state.replacements.find(draft.replaces);
  if (replacement == state.replacements.end()) return std::nullopt;
  Order* other = state.find(replacement->second);
  if (other == nullptr) return std::nullopt;
  state.settle(*other);
  const bool is_dead = other->status == OrderStatus::invalid ||
                       (other->status != OrderStatus::valid && other->expires <= state.now());
  if (is_dead) return std::nullopt;
  return taken;
}

Outcome renewal_info(State& state, const std::string& cert_id) {
  const Certificate* certificate = state.find_certificate(cert_id);
  if (certificate == nullptr) return not_found("certificate");
  const Certificate::Window window = window_of(*certificate, state.now());
  Json json = {
      {"suggestedWindow", {{"start", rfc3339(window.start)}, {"end", rfc3339(window.end)}}}};
  if (!window.explanation_url.empty()) json["explanationURL"] = window.explanation_url;
  Reply reply = json_reply(200, json);
  reply.headers.push_back(
      {"Retry-After", std::to_string(state.options.renewal_info_retry_after.count())});
  return reply;
}

}  // namespace fake_ca
