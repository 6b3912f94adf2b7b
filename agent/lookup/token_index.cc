#include "agent/lookup/token_index.h"

#include "agent/lookup/eight_bytes.h"

namespace agent {
namespace {

bool is_base64url(std::string_view text) {
  using eight_bytes::between;
  using eight_bytes::equal;
  for (std::size_t at = 0; at < text.size(); at += eight_bytes::size) {
    // A dash behind the end is as good as a letter.
    eight_bytes::Word word = eight_bytes::load(text, at);
    const std::size_t left = text.size() - at;
    if (left < eight_bytes::size) word |= eight_bytes::repeat('-') << 8 * left;
    const eight_bytes::Word low = word & ~eight_bytes::top_bits;
    const eight_bytes::Word letters = between(low, 'a', 'z') | between(low, 'A', 'Z');
    const eight_bytes::Word good =
        letters | between(low, '0', '9') | equal(low, '-') | equal(low, '_');
    if (((~good | word) & eight_bytes::top_bits) != 0) return false;
  }
  return true;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= TokenIndex::max_token && is_base64url(text);
}

base::Result<void> TokenIndex::publish(std::string_view token, std::string_view key_authorization) {
  if (!is_token(token)) return base::Unexpected(ChallengeErrc::bad_token);
  const std::size_t size = token.size() + 1 + Thumbprints::text_size;
  if (key_authorization.size() != size || !key_authorization.starts_with(token) ||
      key_authorization[token.size()] != '.') {
    return base::Unexpected(ChallengeErrc::bad_key_authorization);
  }
  const std::string_view thumbprint = key_authorization.substr(token.size() + 1);
  if (!is_base64url(thumbprint)) return base::Unexpected(ChallengeErrc::bad_key_authorization);
  const auto number = thumbprints_.number_of(thumbprint);
  if (!number) return base::Unexpected(ChallengeErrc::too_many_accounts);
  entries_.put(HashIndex::entry(hash(token), *number));
  return {};
}

}  // namespace agent
