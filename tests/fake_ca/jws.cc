#include "tests/fake_ca/jws.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>

#include "base/encoding.h"

namespace fake_ca {
namespace {

struct Curve {
  const char* name;
  const char* algorithm;
  std::size_t width;  ///< of a coordinate, in bytes
  const EVP_MD* (*digest)();
};
constexpr std::array<Curve, 3> curves = {{{"P-256", "ES256", 32, EVP_sha256},
                                          {"P-384", "ES384", 48, EVP_sha384},
                                          {"P-521", "ES512", 66, EVP_sha512}}};

const Curve* find_curve(std::string_view algorithm_or_name) {
  for (const Curve& curve : curves) {
    if (algorithm_or_name == curve.name || algorithm_or_name == curve.algorithm) return &curve;
  }
  return nullptr;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

using ParametersPtr = std::unique_ptr<OSSL_PARAM, acme::Freer<OSSL_PARAM_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, acme::Freer<OSSL_PARAM_BLD_free>>;
using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, acme::Freer<EVP_PKEY_CTX_free>>;

/// Null if OpenSSL finds that the numbers are no key.
std::shared_ptr<EVP_PKEY> make_public_key(const char* type, OSSL_PARAM_BLD* builder) {
  const ParametersPtr parameters(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* pkey = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &pkey, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  std::shared_ptr<EVP_PKEY> key(pkey, EVP_PKEY_free);
  const PkeyContextPtr check(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  return EVP_PKEY_public_check(check.get()) == 1 ? key : nullptr;
}

base::Unexpected<Problem> bad_key(std::string detail) {
  return refuse(400, "badPublicKey", std::move(detail));
}

PublicKey finish(Json jwk, std::string algorithm, std::shared_ptr<EVP_PKEY> pkey) {
  const std::string canonical = jwk.dump();  // sorted by name and without white space
  std::array<unsigned char, 32> digest{};
  EVP_Digest(canonical.data(), canonical.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return {std::move(jwk),
          base::encode_base64url(std::as_bytes(std::span(digest))),
          std::move(algorithm),
          std::move(pkey)};
}

base::Result<PublicKey, Problem> parse_ec(const Json& jwk) {
  const std::string crv = text_member(jwk, "crv");
  const Curve* curve = find_curve(crv);
  if (curve == nullptr || crv != curve->name) return bad_key("the curve is not taken: " + crv);
  const auto x = decode_base64url_text(text_member(jwk, "x"));
  const auto y = decode_base64url_text(text_member(jwk, "y"));
  if (!x || !y || x->size() != curve->width || y->size() != curve->width) {
    return refuse(400, "malformed", "a coordinate of the JWK is not of full width");
  }
  const std::string point = "\x04" + *x + *y;
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->name, 0);
  OSSL_PARAM_BLD_push_octet_string(
      builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  auto pkey = make_public_key("EC", builder.get());
  if (!pkey) return bad_key("the point is not on the curve");
  return finish(
      {{"crv", crv}, {"kty", "EC"}, {"x", jwk["x"]}, {"y", jwk["y"]}}, curve->algorithm, pkey);
}

base::Result<PublicKey, Problem> parse_rsa(const Json& jwk) {
  const auto n = decode_base64url_text(text_member(jwk, "n"));
  const auto e = decode_base64url_text(text_member(jwk, "e"));
  if (!n || !e || n->empty() || e->empty() || n->front() == 0 || e->front() == 0) {
    return refuse(400, "malformed", "n or e of the JWK is missing or has a leading zero");
  }
  const acme::BignumPtr modulus(BN_bin2bn(bytes_of(*n), static_cast<int>(n->size()), nullptr));
  const acme::BignumPtr exponent(BN_bin2bn(bytes_of(*e), static_cast<int>(e->size()), nullptr));
  const int bits = BN_num_bits(modulus.get());
  if (bits < 2048 || bits > 4096 || bits % 8 != 0) {
    return bad_key("RSA of " + std::to_string(bits) + " bits is not taken");
  }
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  auto pkey = make_public_key("RSA", builder.get());
  if (!pkey) return bad_key("n and e are no RSA key");
  return finish({{"e", jwk["e"]}, {"kty", "RSA"}, {"n", jwk["n"]}}, "RS256", pkey);
}

/// The DER that OpenSSL wants of a raw r || s; empty if they are not at full width.
std::string encode_der(std::string_view raw, std::size_t width) {
  if (raw.size() != 2 * width) return {};
  const acme::EcdsaSigPtr signature(ECDSA_SIG_new());
  const int size = static_cast<int>(width);
  ECDSA_SIG_set0(signature.get(),
                 BN_bin2bn(bytes_of(raw), size, nullptr),
                 BN_bin2bn(bytes_of(raw) + width, size, nullptr));
  unsigned char* der = nullptr;
  const int der_size = i2d_ECDSA_SIG(signature.get(), &der);
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(der_size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

std::optional<std::string> decode_base64url_text(std::string_view text) {
  const auto bytes = base::decode_base64url(text);
  if (!bytes) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

std::string text_member(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

base::Result<Jws, Problem> parse_jws(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object() || json.size() != 3) {
    return refuse(400, "malformed", "the body is no JWS of exactly three members");
  }
  for (const char* member : {"protected", "payload", "signature"}) {
    if (!json.contains(member) || !json[member].is_string()) {
      return refuse(400, "malformed", std::string("the JWS has no text called ") + member);
    }
  }
  const std::string header = json["protected"];
  const std::string payload = json["payload"];
  const auto header_text = decode_base64url_text(header);
  const auto payload_text = decode_base64url_text(payload);
  const auto signature = decode_base64url_text(text_member(json, "signature"));
  if (!header_text || !payload_text || !signature) {
    return refuse(400, "malformed", "a member of the JWS is no base64url");
  }
  Json parsed = Json::parse(*header_text, nullptr, false);
  if (!parsed.is_object()) return refuse(400, "malformed", "the protected header is no object");
  return Jws{std::move(parsed), *payload_text, header + "." + payload, *signature};
}

base::Result<PublicKey, Problem> parse_jwk(const Json& jwk) {
  const std::string type = text_member(jwk, "kty");
  if (jwk.is_object() && jwk.contains("d")) {
    return refuse(400, "malformed", "the JWK has a private key in it");
  }
  if (type == "EC") return parse_ec(jwk);
  if (type == "RSA") return parse_rsa(jwk);
  if (type.empty()) return refuse(400, "malformed", "jwk is no JWK");
  return bad_key("a key of this type is not taken: " + type);
}

std::optional<Problem> fault_of_signature(const Jws& jws, const PublicKey& key) {
  const std::string algorithm = text_member(jws.header, "alg");
  if (algorithm != key.algorithm) {
    return Problem{.type = "badSignatureAlgorithm",
                   .detail = "alg is \"" + algorithm + "\", the key's is " + key.algorithm,
                   .algorithms = {"RS256", "ES256", "ES384", "ES512"}};
  }
  const Curve* curve = find_curve(algorithm);
  const std::string signature =
      curve != nullptr ? encode_der(jws.signature, curve->width) : jws.signature;
  const acme::MdCtxPtr context(EVP_MD_CTX_new());
  const EVP_MD* digest = curve != nullptr ? curve->digest() : EVP_sha256();
  EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.pkey.get());
  const bool is_right = !signature.empty() && EVP_DigestVerify(context.get(),
                                                               bytes_of(signature),
                                                               signature.size(),
                                                               bytes_of(jws.signing_input),
                                                               jws.signing_input.size()) == 1;
  if (is_right) return std::nullopt;
  return Problem{.type = "malformed", .detail = "JWS verification error"};
}

bool is_mac_right(const Jws& jws, std::string_view mac_key) {
  const std::string algorithm = text_member(jws.header, "alg");
  const char* digest = algorithm == "HS256"   ? "SHA256"
                       : algorithm == "HS384" ? "SHA384"
                       : algorithm == "HS512" ? "SHA512"
                                              : nullptr;
  if (digest == nullptr) return false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  std::size_t size = 0;
  EVP_Q_mac(nullptr,
            "HMAC",
            nullptr,
            digest,
            nullptr,
            mac_key.data(),
            mac_key.size(),
            bytes_of(jws.signing_input),
            jws.signing_input.size(),
            mac.data(),
            mac.size(),
            &size);
  return jws.signature.size() == size && CRYPTO_memcmp(jws.signature.data(), mac.data(), size) == 0;
}

}  // namespace fake_ca
