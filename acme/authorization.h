#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "acme/error.h"
#include "acme/types.h"
#include "base/result.h"

namespace acme {

enum class ChallengeStatus { pending, processing, valid, invalid };

/// A challenge object (RFC 8555 §7.1.5) of a type we know. A value.
struct Challenge {
  ChallengeType type;
  ChallengeStatus status;
  Url url;
  std::optional<Token> token;  ///< none with dns-persist-01
  std::optional<Error> error;  ///< with Origin::challenge
  std::vector<std::string> issuer_domains =
      {};  ///< dns-persist-01's `issuer-domain-names`, 1 to 10
  friend bool operator==(const Challenge&, const Challenge&) = default;
};

enum class AuthorizationStatus { pending, valid, invalid, deactivated, expired, revoked };

/// An authorization object (RFC 8555 §7.1.4). A value.
struct Authorization {
  Identifier identifier;  ///< with its star if the authorization is a wildcard's
  AuthorizationStatus status;
  std::vector<Challenge> challenges;  ///< those we could use, at most 32
  friend bool operator==(const Authorization&, const Authorization&) = default;
};

/// Challenges of unknown type, or without a good token or issuer domain where their type has one,
/// are left out. Fails with bad_response.
base::Result<Authorization, Error> parse_authorization(std::string_view json,
                                                       const Url& request_url);

/// The status in the reply to a challenge's response. Fails with bad_response.
base::Result<ChallengeStatus, Error> parse_challenge_status(std::string_view json);

/// The policy: the first of `types` (best first) that can prove such an identifier, and that the
/// authorization offers and has not judged.
std::optional<Challenge> choose_challenge(const Authorization& authorization,
                                          const std::vector<ChallengeType>& types);

/// Why an authorization is no longer usable, for its identifier. REQUIRES: it is neither pending
/// nor valid.
Subproblem failure_of(const Authorization& authorization);

}  // namespace acme
