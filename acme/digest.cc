#include "acme/digest.h"

#include <openssl/hmac.h>

#include "acme/openssl.h"

namespace acme {
namespace {

unsigned char* raw(Sha256& digest) {
  return reinterpret_cast<unsigned char*>(digest.data());
}

}  // namespace

Sha256 sha256(std::string_view message) {
  Sha256 digest;
  require(
      EVP_Digest(message.data(), message.size(), raw(digest), nullptr, EVP_sha256(), nullptr) == 1,
      "EVP_Digest");
  return digest;
}

Sha256 hmac_sha256(std::span<const std::byte> key, std::string_view message) {
  Sha256 digest;
  require(HMAC(EVP_sha256(),
               key.data(),
               static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(message.data()),
               message.size(),
               raw(digest),
               nullptr) != nullptr,
          "HMAC");
  return digest;
}

}  // namespace acme
