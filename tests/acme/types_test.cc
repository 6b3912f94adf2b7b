#include "acme/types.h"

#include <string>

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(Token, TakesTheBase64urlAlphabetOnly) {
  EXPECT_TRUE(Token::parse("utOtPS-GAc9GN8OpNuuUhJ9iOryqZvNl2btYE8A-pi_"));
  for (const char c : {'/', '.', '+', '=', '%', ' ', '\0', '\n', '\xc3'}) {
    EXPECT_FALSE(Token::parse("utOtPS-GAc9GN8OpNuuUhJ9iOryqZv" + std::string(1, c))) << c;
  }
}

TEST(Token, HasAtLeast128BitsAndAtMost255Characters) {
  EXPECT_FALSE(Token::parse(std::string(21, 'a')));
  EXPECT_TRUE(Token::parse(std::string(22, 'a')));
  EXPECT_TRUE(Token::parse(std::string(255, 'a')));
  EXPECT_FALSE(Token::parse(std::string(256, 'a')));
  EXPECT_FALSE(Token::parse(""));
}

TEST(KeyAuthorization, JoinsTokenAndThumbprint) {
  const auto token = Token::parse("utOtPS-GAc9GN8OpNuuUhJ9iOryqZvNl2btYE8A-pio");
  ASSERT_TRUE(token);
  EXPECT_EQ(
      key_authorization(*token, Thumbprint("znfVoBqCUCWJtfaRSqL9yMKv9X2ofPAaKZCdB1xwv_M")).value(),
      "utOtPS-GAc9GN8OpNuuUhJ9iOryqZvNl2btYE8A-pio.znfVoBqCUCWJtfaRSqL9yMKv9X2ofPAaKZCdB1xwv_M");
}

TEST(Nonce, IsIgnoredUnlessBase64url) {
  EXPECT_TRUE(parse_nonce("6neaYylnkApmqwh2okm4aw"));
  EXPECT_FALSE(parse_nonce(""));
  EXPECT_FALSE(parse_nonce("abc="));
  EXPECT_FALSE(parse_nonce("a\",\"x\":\"b"));
  EXPECT_FALSE(parse_nonce(std::string(1025, 'a')));
}

TEST(Identifier, ShowsTypeAndValueOfAnIdentifierObject) {
  const Identifier identifier(base::DomainName::parse("*.Example.com").value());
  EXPECT_EQ(identifier.type(), "dns");
  EXPECT_EQ(identifier.value(), "*.example.com");
}

}  // namespace
}  // namespace acme
