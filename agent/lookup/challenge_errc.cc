#include "agent/lookup/challenge_errc.h"

#include <string>

namespace agent {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "challenge"; }
  std::string message(int code) const override {
    switch (static_cast<ChallengeErrc>(code)) {
      case ChallengeErrc::bad_token: return "the token is empty, too long, or no base64url";
      case ChallengeErrc::bad_key_authorization:
        return "the key authorization is not the token, a dot and a thumbprint";
      case ChallengeErrc::too_many_accounts: return "more account keys than can be kept";
    }
    return "challenge error " + std::to_string(code);
  }
};

}  // namespace

const std::error_category& challenge_category() noexcept {
  static const Category category;
  return category;
}

}  // namespace agent
