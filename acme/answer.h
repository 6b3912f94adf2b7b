#pragma once

#include <vector>

#include "acme/order_record.h"
#include "acme/types.h"

namespace acme {

/// The answer to a challenge as its solver needs it (RFC 8555 §8.3): http-01 serves
/// key_authorization at `/.well-known/acme-challenge/` + token on identifier.name().bare().
struct Answer {
  ChallengeType type;
  Identifier identifier;
  Token token;
  KeyAuthorization key_authorization;
  friend bool operator==(const Answer&, const Answer&) = default;
};

std::vector<Answer> answers_to(const std::vector<OrderChallenge>& challenges,
                               const Thumbprint& thumbprint);

}  // namespace acme
