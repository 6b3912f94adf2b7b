#include "base/encoding.h"

#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  return text;
}

TEST(Base64Url, EncodesTheVectorsOfRfc4648WithoutPadding) {
  const std::string plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
  const std::string coded[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
  for (std::size_t i = 0; i < std::size(plain); ++i) {
    EXPECT_EQ(encode_base64url(plain[i]), coded[i]);
    EXPECT_EQ(text_of(*decode_base64url(coded[i])), plain[i]);
  }
}

TEST(Base64Url, UsesTheUrlAlphabet) {
  EXPECT_EQ(encode_base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(text_of(*decode_base64url("-_8")), "\xfb\xff");
}

TEST(Base64Url, RefusesPaddingForeignCharactersAndLooseBits) {
  for (const char* bad : {"Zg==", "Z", "Zm9v+", "Zm 9v", "Zm9/", "Zh", "Zm9"}) {
    EXPECT_FALSE(decode_base64url(bad)) << bad;
  }
}

TEST(Hex, GoesBothWays) {
  EXPECT_EQ(encode_hex(*decode_hex("00fFa9")), "00ffa9");
  EXPECT_FALSE(decode_hex("0"));
  EXPECT_FALSE(decode_hex("0g"));
}

}  // namespace
}  // namespace base
