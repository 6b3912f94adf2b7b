#include "acme/jws.h"

#include <gtest/gtest.h>

#include "tests/fakes/example_account.h"
#include "tests/fakes/jws_verifier.h"

namespace acme {
namespace {

const std::string request_header =
    R"({"alg":"ES256","kid":"https://ca.example/acme/acct/ExampleAccount",)"
    R"("nonce":"6neaYylnkApmqwh2okm4aw","url":"https://ca.example/acme/order/1"})";

PrivateKey account_key() {
  return PrivateKey::parse_pem(fakes::example_account_key).value();
}

std::string post_as_get() {
  return sign_request(account_key(),
                      Url::parse("https://ca.example/acme/acct/ExampleAccount"),
                      Nonce("6neaYylnkApmqwh2okm4aw"),
                      *Url::parse("https://ca.example/acme/order/1"),
                      "");
}

TEST(SignRequest, HasTheHeaderAndEmptyPayloadOfTheWorkedPostAsGet) {
  const auto json = nlohmann::json::parse(post_as_get());
  EXPECT_EQ(
      json["protected"],
      "eyJhbGciOiJFUzI1NiIsImtpZCI6Imh0dHBzOi8vY2EuZXhhbXBsZS9hY21lL2FjY3QvRXhhbXBsZUFjY291bnQi"
      "LCJub25jZSI6IjZuZWFZeWxua0FwbXF3aDJva200YXciLCJ1cmwiOiJodHRwczovL2NhLmV4YW1wbGUvYWNtZS9v"
      "cmRlci8xIn0");
  EXPECT_EQ(json["payload"], "");
  EXPECT_EQ(json.size(), 3U);
}

TEST(SignRequest, VerifiesAsTheWorkedSignatureDoes) {
  auto jws = fakes::parse_jws(post_as_get());
  ASSERT_TRUE(jws);
  const auto jwk = nlohmann::json::parse(fakes::example_jwk);
  EXPECT_TRUE(fakes::verify_jws(*jws, jwk));
  jws->signature = *fakes::decode_base64url_text(
      "cRRNVrptIasHiEenFKOgJwUUARxYcnl8eF0Wj3MTSKXhKlQ47gBUFDzUNC08hVClE0f1LTPy_l2louBfTU9D5g");
  EXPECT_TRUE(fakes::verify_jws(*jws, jwk)) << "the verifier agrees with the published vector";
  jws->signature[0] = static_cast<char>(jws->signature[0] ^ 1);
  EXPECT_FALSE(fakes::verify_jws(*jws, jwk));
}

TEST(SignRequest, NamesTheKeyByKidOrByJwkNeverBoth) {
  EXPECT_EQ(fakes::parse_jws(post_as_get())->header.dump(), request_header);
  const auto jws = fakes::parse_jws(sign_request(
      account_key(), std::nullopt, Nonce("n"), *Url::parse("https://ca.example/new"), "{}"));
  ASSERT_TRUE(jws);
  EXPECT_EQ(jws->header["jwk"].dump(), fakes::example_jwk);
  EXPECT_FALSE(jws->header.contains("kid"));
  EXPECT_EQ(jws->payload, "{}");
}

TEST(BindExternalAccount, IsTheWorkedExampleByteForByte) {
  const auto mac_key = base::decode_base64url("-e1FnpRyh6fLQNkVzbUC_r-C3nA59lbjUdWIIYZafQ4");
  ASSERT_TRUE(mac_key);
  const std::string binding = bind_external_account(
      {"kid-1", *mac_key}, account_key(), *Url::parse("https://ca.example/acme/new-account"));
  EXPECT_EQ(
      binding,
      R"({"protected":"eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC0xIiwidXJsIjoiaHR0cHM6Ly9jYS5leGFtcGxl)"
      R"(L2FjbWUvbmV3LWFjY291bnQifQ","payload":"eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6IjBHOEp)"
      R"(vYjc5bnBtUVJyWGZjLVBVVEFPRUJpb19GdGlnT3JRQkw3eHFxeVEiLCJ5IjoiY1dlNWNaR25HdlVrdnlzeTc4Z)"
      R"(GYxMFRNeGpkWnFnOXRxVW1iV2dxcF9lMCJ9","signature":"RnquUz-HZFMG4BZKlwb_0EieujaYH9dt4sUfl)"
      R"(VBF8d4"})");
}

}  // namespace
}  // namespace acme
