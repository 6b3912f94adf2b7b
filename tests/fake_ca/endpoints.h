#pragma once

#include <string>

#include "tests/fake_ca/authenticate.h"
#include "tests/fake_ca/state.h"

namespace fake_ca {

// One function for each resource; each refuses with the problem that Boulder has for it.

Outcome new_account(State& state, const SignedRequest& request);
Outcome account(State& state, const SignedRequest& request, AccountId id);
Outcome change_key(State& state, const SignedRequest& request);

Outcome new_order(State& state, const SignedRequest& request);
Outcome order(State& state, const SignedRequest& request, OrderId id);
/// `scripted_names` go into the certificate in place of the right ones; empty in honest life.
Outcome finalize(State& state,
                 const SignedRequest& request,
                 OrderId id,
                 const std::vector<Identifier>& scripted_names);

Outcome authorization(State& state, const SignedRequest& request, AuthorizationId id);
Outcome challenge(State& state,
                  const SignedRequest& request,
                  AuthorizationId id,
                  std::size_t index);

Outcome certificate(State& state,
                    const SignedRequest& request,
                    CertificateNumber number,
                    std::size_t chain);
Outcome revoke_certificate(State& state, const SignedRequest& request);
Outcome renewal_info(State& state, const std::string& cert_id);

/// Why the new order may not replace that certificate (RFC 9773 §5); nullopt if it may.
std::optional<Problem> fault_of_replaces(State& state, const Order& draft);
/// When the certificate is to be renewed: Boulder's window, or the one that was set.
Certificate::Window window_of(const Certificate& certificate, base::WallTime now);

// What several of them say.
Json order_json(const State& state, const Request& request, const Order& order);
inline base::Unexpected<Problem> not_found(const std::string& what) {
  return refuse(404, "malformed", "No such " + what);
}

}  // namespace fake_ca
