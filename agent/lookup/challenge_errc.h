#pragma once

#include <system_error>

namespace agent {

/// Why a challenge cannot be published.
enum class ChallengeErrc {
  bad_token = 1,          ///< empty, too long, or not of the base64url alphabet (RFC 8555 §8.3)
  bad_key_authorization,  ///< not the token, a dot and a thumbprint (RFC 8555 §8.1)
  too_many_accounts,      ///< more thumbprints than the index keeps
};

const std::error_category& challenge_category() noexcept;
inline std::error_code make_error_code(ChallengeErrc e) noexcept {
  return {static_cast<int>(e), challenge_category()};
}

}  // namespace agent

template <>
struct std::is_error_code_enum<agent::ChallengeErrc> : std::true_type {};
