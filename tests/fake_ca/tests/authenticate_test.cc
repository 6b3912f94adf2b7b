// What RFC 8555 §6 asks of every request, and what becomes of one that lacks it.

#include "base/encoding.h"
#include "tests/fake_ca/tests/ca_fixture.h"

namespace fake_ca {
namespace {

/// A JWS by hand, whose header may be anything.
std::string sign(const acme::PrivateKey& key, const Json& header, const std::string& payload) {
  const std::string protected_part = base::encode_base64url(header.dump());
  const std::string payload_part = base::encode_base64url(payload);
  const std::string input = protected_part + "." + payload_part;
  return Json{{"protected", protected_part},
              {"payload", payload_part},
              {"signature", base::encode_base64url(key.sign(input))}}
      .dump();
}

class Authentication : public CaTest {
 protected:
  static constexpr const char* path = "/acme/new-order";

  Json good_header() {
    return {{"alg", "ES256"},
            {"kid", client.account()->text()},
            {"nonce", client.nonce().value()},
            {"url", SigningClient::url(path)}};
  }
  std::string payload() const { return SigningClient::order_of({"a.example"}).dump(); }
  std::string send(const Json& header) {
    return verdict_of(client.post_raw(path, sign(client.key(), header, payload())));
  }
  std::string send_changed(const char* member, const Json& value) {
    Json header = good_header();
    header[member] = value;
    return send(header);
  }
};

TEST_F(Authentication, TakesWhatIsRight) {
  EXPECT_EQ(send(good_header()), "201");
}

TEST_F(Authentication, TakesAnonceOnlyOnce) {
  const Json header = good_header();
  EXPECT_EQ(send(header), "201");
  EXPECT_EQ(send(header), "400 badNonce");
  EXPECT_EQ(send_changed("nonce", "AAAAAAAAAAAAAAAAAAAAAA"), "400 badNonce");
}

TEST_F(Authentication, SpendsTheNonceOfARequestThatItRefuses) {
  Json header = good_header();
  header["url"] = "https://ca.example/acme/elsewhere";
  EXPECT_EQ(send(header), "400 malformed");
  header["url"] = SigningClient::url(path);
  EXPECT_EQ(send(header), "400 badNonce");
}

TEST_F(Authentication, GivesANonceWithEveryReplyToAPost) {
  const Reply refused = client.post_raw(path, "no JWS");
  EXPECT_EQ(verdict_of(refused), "400 malformed");
  Json header = good_header();
  header["nonce"] = SigningClient::header(refused, "Replay-Nonce");
  EXPECT_EQ(send(header), "201");
}

TEST_F(Authentication, RefusesAnotherUrlKeyOrAlgorithm) {
  EXPECT_EQ(send_changed("url", SigningClient::url("/acme/new-acct")), "400 malformed");
  EXPECT_EQ(send_changed("kid", SigningClient::url("/acme/acct/999")), "400 accountDoesNotExist");
  EXPECT_EQ(send_changed("kid", "https://other.example/acme/acct/1"), "400 accountDoesNotExist");
  EXPECT_EQ(send_changed("alg", "RS256"), "400 badSignatureAlgorithm");
  EXPECT_EQ(send_changed("alg", "none"), "400 badSignatureAlgorithm");
  EXPECT_EQ(send_changed("jwk", Json::parse(client.key().jwk())), "400 malformed") << "both";
  EXPECT_EQ(send_changed("crit", Json::array({"x"})), "400 malformed");
}

TEST_F(Authentication, RefusesAKeyWhereAnAccountIsWanted) {
  Json header = good_header();
  header.erase("kid");
  EXPECT_EQ(send(header), "400 malformed") << "neither";
  header = good_header();
  header.erase("kid");
  header["jwk"] = Json::parse(client.key().jwk());
  EXPECT_EQ(send(header), "400 malformed");
}

TEST_F(Authentication, RefusesAWrongSignature) {
  EXPECT_EQ(verdict_of(client.post_raw(path, sign(another_key(), good_header(), payload()))),
            "400 malformed");
  Json jws = Json::parse(sign(client.key(), good_header(), payload()));
  jws["payload"] = base::encode_base64url(SigningClient::order_of({"evil.example"}).dump());
  EXPECT_EQ(verdict_of(client.post_raw(path, jws.dump())), "400 malformed");
  EXPECT_EQ(statistics().orders, 0);
}

TEST_F(Authentication, RefusesAJwsOfAnotherForm) {
  Json jws = Json::parse(sign(client.key(), good_header(), payload()));
  jws["header"] = Json::object();
  EXPECT_EQ(verdict_of(client.post_raw(path, jws.dump())), "400 malformed");
  jws = Json::parse(sign(client.key(), good_header(), payload()));
  jws["signature"] = std::string(jws["signature"]) + "==";
  EXPECT_EQ(verdict_of(client.post_raw(path, jws.dump())), "400 malformed") << "padding";
}

TEST_F(Authentication, WantsTheContentTypeAndAUserAgent) {
  Request request{.method = Method::post,
                  .origin = SigningClient::url(""),
                  .path = path,
                  .content_type = "application/json",
                  .user_agent = "test",
                  .body = sign(client.key(), good_header(), payload())};
  EXPECT_EQ(verdict_of(ca.carry_out(request)), "415 malformed");
  request.content_type = "application/jose+json; charset=utf-8";
  EXPECT_EQ(verdict_of(ca.carry_out(request)), "415 malformed");
  request.content_type = "application/jose+json";
  request.user_agent = "";
  EXPECT_EQ(verdict_of(ca.carry_out(request)), "400 malformed");
  request.user_agent = "test";
  EXPECT_EQ(verdict_of(ca.carry_out(request)), "201");
}

TEST_F(Authentication, WantsTheRightMethod) {
  EXPECT_EQ(verdict_of(client.get(path)), "405 malformed");
  EXPECT_EQ(verdict_of(client.post("/directory", std::string())), "405 malformed");
  EXPECT_EQ(verdict_of(client.get("/acme/nothing")), "404 malformed");
}

TEST_F(Authentication, TakesEveryKindOfAccountKey) {
  for (const acme::KeyType type :
       {acme::KeyType::ecdsa_p256, acme::KeyType::ecdsa_p384, acme::KeyType::rsa_2048}) {
    SigningClient other(ca, acme::PrivateKey::generate(type).value());
    EXPECT_EQ(other.register_account().status, 201);
    EXPECT_EQ(verdict_of(other.place({"a.example"})), "201");
  }
}

TEST(Jwk, IsRefusedWithoutARightKey) {
  const Json good = Json::parse(fakes::example_jwk);
  ASSERT_TRUE(parse_jwk(good));
  EXPECT_EQ(parse_jwk(good).value().thumbprint, fakes::example_thumbprint);
  Json other = good;
  other["y"] = other["x"];
  EXPECT_EQ(parse_jwk(other).error().type, "badPublicKey") << "not on the curve";
  other = good;
  other["crv"] = "secp256k1";
  EXPECT_EQ(parse_jwk(other).error().type, "badPublicKey");
  other = good;
  other["x"] = "AAAA";
  EXPECT_EQ(parse_jwk(other).error().type, "malformed");
  other = good;
  other["d"] = other["x"];
  EXPECT_EQ(parse_jwk(other).error().type, "malformed") << "a private key";
}

TEST(Nonces, DieWhenManyYoungerOnesWereGiven) {
  fakes::FakeRandom random;
  Nonces nonces(2);
  const std::string first = nonces.give(random);
  nonces.give(random);
  nonces.give(random);
  EXPECT_FALSE(nonces.spend(first));
}

}  // namespace
}  // namespace fake_ca
