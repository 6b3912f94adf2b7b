#include "acme/types.h"

#include <algorithm>

namespace acme {
namespace {

constexpr std::size_t min_token = 22;  // 128 bits
constexpr std::size_t max_token = 255;
constexpr std::size_t max_nonce = 1024;

bool is_base64url_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool is_base64url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_base64url_character);
}

}  // namespace

std::optional<Token> Token::parse(std::string_view text) {
  if (text.size() < min_token || text.size() > max_token) return std::nullopt;
  if (!is_base64url(text)) return std::nullopt;
  return Token(std::string(text));
}

std::optional<Nonce> parse_nonce(std::string_view text) {
  if (text.empty() || text.size() > max_nonce || !is_base64url(text)) return std::nullopt;
  return Nonce(std::string(text));
}

KeyAuthorization key_authorization(const Token& token, const Thumbprint& thumbprint) {
  return KeyAuthorization(token.text() + "." + thumbprint.value());
}

}  // namespace acme
