#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// What agent and load agree on without talking: the agent knows hostnames 0 to N - 1 and tokens 0
/// to N - 1 of these, the load asks for them and knows the answers.
std::string hostname(std::size_t i);
/// 43 characters, as an authority's 256 bits have in base64url.
std::string token(std::size_t i);
/// Of the one account.
std::string thumbprint();
/// RFC 8555 §8.1.
std::string key_authorization(std::size_t i);

}  // namespace bench
