#include "haproxy/x509_names.h"

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace haproxy {
namespace {

// SEQUENCE { SEQUENCE { [0] version, serial, signature, issuer "I", validity, subject "S" } }
constexpr std::string_view certificate =
    "3016"
    "3014"
    "a003020102"
    "020101"
    "3000"
    "30020c00"
    "3000"
    "30020500";

std::optional<X509Names> parse(std::string_view hex) {
  return parse_x509_names(*base::decode_hex(hex));
}

TEST(X509Names, AreTheTwoSequencesAroundTheValidity) {
  const auto names = parse(certificate);
  ASSERT_TRUE(names);
  EXPECT_EQ(base::encode_hex(names->issuer), "30020c00");
  EXPECT_EQ(base::encode_hex(names->subject), "30020500");
}

TEST(X509Names, AreFoundWithoutAVersionToo) {
  const auto names = parse(
      "3011"
      "300f"
      "020101"
      "3000"
      "30020c00"
      "3000"
      "30020500");
  ASSERT_TRUE(names);
  EXPECT_EQ(base::encode_hex(names->subject), "30020500");
}

TEST(X509Names, AreNotFoundInACertificateCutAnywhere) {
  const std::vector<std::byte> whole = *base::decode_hex(certificate);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto exact = std::make_unique<std::byte[]>(size);
    std::copy_n(whole.begin(), size, exact.get());
    EXPECT_FALSE(parse_x509_names({exact.get(), size})) << size;
  }
}

TEST(X509Names, AreNotFoundInForeignBytes) {
  for (const char* hex : {"308400000000",      // empty, long form
                          "30840fffffff",      // longer than the rest
                          "3085000000000100",  // a length of five bytes
                          "3080",              // indefinite length is not DER
                          "3100",              // a SET
                          "30023000",          // nothing inside
                          "30163014a003020102020101300030020c0030003002050000"})  // trailing byte
    EXPECT_FALSE(parse(hex)) << hex;
}

}  // namespace
}  // namespace haproxy
