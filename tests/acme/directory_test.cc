#include "acme/directory.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

const Url directory_url = *Url::parse("https://ca.example/dir");

TEST(Directory, HasUrlsAndMeta) {
  const auto directory = parse_directory(R"({
    "Zq8L1dS0dqI":"https://community.example/t/adding-random-entries",
    "newNonce":"https://ca.example/nonce-plz","newAccount":"/sign-me-up",
    "newOrder":"https://ca.example/order-plz","revokeCert":"https://ca.example/revoke",
    "keyChange":"https://ca.example/rollover","renewalInfo":"https://ca.example/ari",
    "meta":{"termsOfService":"https://ca.example/tos","website":"https://ca.example",
      "caaIdentities":["ca.example",7],"externalAccountRequired":true,
      "profiles":{"classic":"the same as ever","odd":1},"unknown":[]}})",
                                         directory_url);
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->new_nonce.text(), "https://ca.example/nonce-plz");
  EXPECT_EQ(directory->new_account.text(), "https://ca.example/sign-me-up");
  EXPECT_EQ(directory->new_order.text(), "https://ca.example/order-plz");
  EXPECT_EQ(directory->revoke_certificate->text(), "https://ca.example/revoke");
  EXPECT_EQ(directory->key_change->text(), "https://ca.example/rollover");
  EXPECT_EQ(directory->renewal_info->text(), "https://ca.example/ari");
  EXPECT_EQ(directory->terms_of_service, "https://ca.example/tos");
  EXPECT_EQ(directory->website, "https://ca.example");
  EXPECT_EQ(directory->caa_identities, std::vector<std::string>{"ca.example"});
  EXPECT_TRUE(directory->external_account_required);
  EXPECT_EQ(directory->profiles.at("classic"), "the same as ever");
}

TEST(Directory, NeedsThreeUrlsOnly) {
  const auto directory =
      parse_directory(R"({"newNonce":"/n","newAccount":"/a","newOrder":"/o"})", directory_url);
  ASSERT_TRUE(directory);
  EXPECT_FALSE(directory->revoke_certificate);
  EXPECT_FALSE(directory->external_account_required);
}

TEST(Directory, WithoutThemIsABadResponse) {
  for (const char* json :
       {"",
        "<html>",
        "[]",
        "{}",
        R"({"newNonce":"/n","newAccount":"/a"})",
        R"({"newNonce":"/n","newAccount":"/a","newOrder":7})",
        R"({"newNonce":"/n","newAccount":"/a","newOrder":"http://ca.example/o"})",
        R"({"newNonce":"/n","newAccount":"/a","newOrder":"/o o"})"}) {
    const auto directory = parse_directory(json, directory_url);
    ASSERT_FALSE(directory) << json;
    EXPECT_EQ(directory.error().code, Errc::bad_response);
  }
}

}  // namespace
}  // namespace acme
