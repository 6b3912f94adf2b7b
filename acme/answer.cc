#include "acme/answer.h"

namespace acme {

std::vector<Answer> answers_to(const std::vector<OrderChallenge>& challenges,
                               const Thumbprint& thumbprint) {
  std::vector<Answer> answers;
  answers.reserve(challenges.size());
  for (const OrderChallenge& challenge : challenges) {
    answers.push_back({challenge.type,
                       challenge.identifier,
                       challenge.token,
                       key_authorization(challenge.token, thumbprint)});
  }
  return answers;
}

}  // namespace acme
