#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "tests/fake_ca/jws.h"
#include "tests/fake_ca/state.h"

namespace fake_ca {

/// Which key a request must name (RFC 8555 §6.2).
enum class KeyRule { account_url, whole_key, either };

/// A POST whose signature, nonce, URL and key are right.
struct SignedRequest {
  const Request& http;
  std::string payload;
  PublicKey key;
  std::optional<AccountId> account;  ///< none if signed with a whole key

  std::string url() const { return http.origin + http.path; }
  bool is_post_as_get() const { return payload.empty(); }
  /// The payload as an object: malformed.
  base::Result<Json, Problem> object() const;
};

/// Checks all that RFC 8555 §6 asks: content type, exactly one of jwk and kid, the nonce (spent by
/// this, whatever the outcome), url, alg, signature, an account that is valid.
base::Result<SignedRequest, Problem> authenticate(State& state,
                                                  const Request& request,
                                                  KeyRule rule);

std::string account_url(const Request& request, AccountId id);

}  // namespace fake_ca
