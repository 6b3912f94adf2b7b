#include <algorithm>

#include "base/encoding.h"
#include "tests/fake_ca/csr.h"
#include "tests/fake_ca/endpoints.h"

namespace fake_ca {
namespace {

/// The certificate of ours with that DER.
Certificate* find_by_der(State& state, const std::string& der) {
  const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
  const acme::X509Ptr parsed(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (!parsed) return nullptr;
  for (auto& [number, certificate] : state.certificates) {
    if (certificate.leaf.der == der) return &certificate;
  }
  return nullptr;
}

bool holds_all_authorizations(State& state, AccountId account, const Certificate& certificate) {
  const auto is_held = [&](const Identifier& identifier) {
    return std::any_of(state.authorizations.begin(), state.authorizations.end(), [&](auto& entry) {
      Authorization& authorization = entry.second;
      state.settle(authorization);
      return authorization.account == account && authorization.identifier == identifier &&
             authorization.status == AuthorizationStatus::valid;
    });
  };
  return std::all_of(certificate.identifiers.begin(), certificate.identifiers.end(), is_held);
}

/// The reason to record (RFC 5280 §5.3.1), by who asks, as Boulder has it: badRevocationReason,
/// unauthorized.
base::Result<int, Problem> reason_for(State& state,
                                      const SignedRequest& request,
                                      const Certificate& certificate,
                                      int reason) {
  if (reason != 0 && reason != 1 && reason != 4 && reason != 5) {
    return refuse(400, "badRevocationReason", "reasons 0, 1, 4 and 5 are taken");
  }
  if (!request.account) {
    const bool is_own_key =
        fingerprint_of_key(request.key.pkey.get()) == certificate.key_fingerprint;
    if (!is_own_key) return refuse(403, "unauthorized", "it is not the certificate's key");
    return 1;
  }
  if (certificate.account == *request.account) return reason;
  if (holds_all_authorizations(state, *request.account, certificate)) return 5;
  return refuse(403, "unauthorized", "the account has not all of the certificate's names");
}

}  // namespace

Outcome certificate(State& state,
                    const SignedRequest& request,
                    CertificateNumber number,
                    std::size_t chain) {
  if (!request.is_post_as_get()) return refuse(400, "malformed", "POST-as-GET has no payload");
  const Certificate* found = state.find(number);
  if (found == nullptr || chain >= state.signer.chains()) return not_found("certificate");
  if (found->account != *request.account) {
    return refuse(403, "unauthorized", "it is another account's");
  }
  Reply reply{200,
              {{"Content-Type", "application/pem-certificate-chain"}},
              found->leaf.pem + state.signer.intermediate_pem(chain)};
  for (std::size_t other = 0; other < state.signer.chains(); ++other) {
    if (other == chain) continue;
    reply.headers.push_back({"Link",
                             "<" + request.http.origin + "/acme/cert/" +
                                 std::to_string(number.value()) + "/" + std::to_string(other) +
                                 ">;rel=\"alternate\""});
  }
  return reply;
}

Outcome revoke_certificate(State& state, const SignedRequest& request) {
  const auto payload = request.object();
  if (!payload) return base::Unexpected(payload.error());
  const auto der = decode_base64url_text(text_member(payload.value(), "certificate"));
  Certificate* found = der ? find_by_der(state, *der) : nullptr;
  if (found == nullptr) return not_found("certificate");
  const auto wanted = payload->find("reason");
  if (wanted != payload->end() && !wanted->is_number_integer()) {
    return refuse(400, "malformed", "reason is no number");
  }
  const int asked = wanted == payload->end() ? 0 : wanted->get<int>();
  const auto reason = reason_for(state, request, *found, asked);
  if (!reason) return base::Unexpected(reason.error());
  if (found->revoked) return refuse(400, "alreadyRevoked", "Certificate already revoked");
  found->revoked = Certificate::Revocation{reason.value(), state.now()};
  return Reply{200, {}, ""};
}

}  // namespace fake_ca
