#include "acme/private_key.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "acme/digest.h"
#include "acme/openssl.h"
#include "base/encoding.h"

namespace acme {
namespace {

constexpr std::size_t max_pem = 65536;

PkeyPtr generate_pkey(KeyType type) {
  switch (type) {
    case KeyType::ecdsa_p256: return PkeyPtr(EVP_EC_gen("P-256"));
    case KeyType::ecdsa_p384: return PkeyPtr(EVP_EC_gen("P-384"));
    case KeyType::rsa_2048: return PkeyPtr(EVP_RSA_gen(2048U));
    case KeyType::rsa_3072: return PkeyPtr(EVP_RSA_gen(3072U));
    case KeyType::rsa_4096: return PkeyPtr(EVP_RSA_gen(4096U));
  }
  return nullptr;
}

std::optional<KeyType> rsa_type(int bits) {
  if (bits == 2048) return KeyType::rsa_2048;
  if (bits == 3072) return KeyType::rsa_3072;
  if (bits == 4096) return KeyType::rsa_4096;
  return std::nullopt;
}

std::optional<KeyType> ec_type(const EVP_PKEY* pkey) {
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(pkey, group.data(), group.size(), nullptr) != 1) return std::nullopt;
  const std::string_view name = group.data();
  if (name == "prime256v1") return KeyType::ecdsa_p256;
  if (name == "secp384r1") return KeyType::ecdsa_p384;
  return std::nullopt;
}

std::optional<KeyType> type_of(const EVP_PKEY* pkey) {
  if (EVP_PKEY_is_a(pkey, "RSA") == 1) return rsa_type(EVP_PKEY_get_bits(pkey));
  if (EVP_PKEY_is_a(pkey, "EC") == 1) return ec_type(pkey);
  return std::nullopt;
}

/// Width of a coordinate and of each half of a signature; 0 for RSA.
int field_bytes(KeyType type) {
  switch (type) {
    case KeyType::ecdsa_p256: return 32;
    case KeyType::ecdsa_p384: return 48;
    case KeyType::rsa_2048:
    case KeyType::rsa_3072:
    case KeyType::rsa_4096: return 0;
  }
  return 0;
}

std::vector<std::byte> padded_bytes(const BIGNUM* number, int width) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(width));
  require(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), width) == width,
          "BN_bn2binpad");
  return bytes;
}

/// A number of the public key in base64url; `width` 0 means without leading zero bytes.
std::string public_number(const EVP_PKEY* pkey, const char* name, int width) {
  BIGNUM* number = nullptr;
  require(EVP_PKEY_get_bn_param(pkey, name, &number) == 1, "EVP_PKEY_get_bn_param");
  const BignumPtr owner(number);
  return base::encode_base64url(padded_bytes(number, width == 0 ? BN_num_bytes(number) : width));
}

/// OpenSSL's DER to JWS's raw r || s.
std::vector<std::byte> raw_signature(const std::vector<std::byte>& der, int width) {
  const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
  const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
  require(signature != nullptr, "d2i_ECDSA_SIG");
  std::vector<std::byte> raw = padded_bytes(ECDSA_SIG_get0_r(signature.get()), width);
  const std::vector<std::byte> s = padded_bytes(ECDSA_SIG_get0_s(signature.get()), width);
  raw.insert(raw.end(), s.begin(), s.end());
  return raw;
}

/// OpenSSL would ask the terminal for the passphrase of an encrypted key.
int refuse_passphrase(char*, int, int, void*) noexcept {
  return -1;
}

}  // namespace

base::Result<PrivateKey, Error> PrivateKey::generate(KeyType type) {
  PkeyPtr pkey = generate_pkey(type);
  if (!pkey) {
    return base::Unexpected(Error{.code = Errc::key_generation_failed,
                                  .origin = Origin::local,
                                  .context = {},
                                  .detail = openssl_reason()});
  }
  return PrivateKey(type, std::make_shared<const Handle>(Handle{std::move(pkey)}));
}

std::optional<PrivateKey> PrivateKey::parse_pem(std::string_view pem) {
  if (pem.size() > max_pem) return std::nullopt;
  const BioPtr bio = read_bio(pem);
  PkeyPtr pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_passphrase, nullptr));
  if (!pkey) {
    openssl_reason();
    return std::nullopt;
  }
  const std::optional<KeyType> type = type_of(pkey.get());
  if (!type) return std::nullopt;
  return PrivateKey(*type, std::make_shared<const Handle>(Handle{std::move(pkey)}));
}

std::string PrivateKey::pem() const {
  const BioPtr bio = write_bio();
  require(PEM_write_bio_PKCS8PrivateKey(
              bio.get(), handle_->pkey.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "PEM_write_bio_PKCS8PrivateKey");
  return written(bio.get());
}

std::string PrivateKey::jwk() const {
  const EVP_PKEY* pkey = handle_->pkey.get();
  const int width = field_bytes(type_);
  if (width == 0) {
    return R"({"e":")" + public_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0) + R"(","kty":"RSA","n":")" +
           public_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0) + R"("})";
  }
  const std::string curve = type_ == KeyType::ecdsa_p256 ? "P-256" : "P-384";
  return R"({"crv":")" + curve + R"(","kty":"EC","x":")" +
         public_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, width) + R"(","y":")" +
         public_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, width) + R"("})";
}

Thumbprint PrivateKey::thumbprint() const {
  return Thumbprint(base::encode_base64url(sha256(jwk())));
}

std::string_view PrivateKey::algorithm() const {
  switch (type_) {
    case KeyType::ecdsa_p256: return "ES256";
    case KeyType::ecdsa_p384: return "ES384";
    case KeyType::rsa_2048:
    case KeyType::rsa_3072:
    case KeyType::rsa_4096: return "RS256";
  }
  return {};
}

std::vector<std::byte> PrivateKey::sign(std::string_view message) const {
  const EVP_MD* digest = type_ == KeyType::ecdsa_p384 ? EVP_sha384() : EVP_sha256();
  const MdCtxPtr context(EVP_MD_CTX_new());
  require(context != nullptr, "EVP_MD_CTX_new");
  require(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, handle_->pkey.get()) == 1,
          "EVP_DigestSignInit");
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t size = 0;
  require(EVP_DigestSign(context.get(), nullptr, &size, data, message.size()) == 1,
          "EVP_DigestSign");
  std::vector<std::byte> signature(size);
  require(EVP_DigestSign(context.get(),
                         reinterpret_cast<unsigned char*>(signature.data()),
                         &size,
                         data,
                         message.size()) == 1,
          "EVP_DigestSign");
  signature.resize(size);
  const int width = field_bytes(type_);
  return width == 0 ? signature : raw_signature(signature, width);
}

}  // namespace acme
