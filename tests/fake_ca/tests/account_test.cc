#include "acme/digest.h"
#include "base/encoding.h"
#include "tests/fake_ca/tests/ca_fixture.h"

namespace fake_ca {
namespace {

class AccountTest : public CaTest {};

TEST_F(AccountTest, IsMadeOnceForAKey) {
  SigningClient other(ca, another_key());
  const Reply made = other.register_account();
  EXPECT_EQ(made.status, 201);
  other.set_account(std::nullopt);
  const Reply again = other.register_account();
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(SigningClient::header(made, "Location"), SigningClient::header(again, "Location"));
}

TEST_F(AccountTest, IsFoundWithoutBeingMade) {
  SigningClient other(ca, another_key());
  const Json search = {{"onlyReturnExisting", true}};
  EXPECT_EQ(verdict_of(other.register_account(search)), "400 accountDoesNotExist");
  other.register_account();
  other.set_account(std::nullopt);
  EXPECT_EQ(other.register_account(search).status, 200);
}

TEST_F(AccountTest, WantsTheTermsAgreed) {
  SigningClient other(ca, another_key());
  EXPECT_EQ(verdict_of(other.register_account(Json::object())), "400 malformed");
  options().terms_refusal = "agreementRequired";
  const Reply refused = other.register_account(Json::object());
  EXPECT_EQ(verdict_of(refused), "403 agreementRequired");
  EXPECT_THAT(SigningClient::header(refused, "Link"), testing::HasSubstr("terms-of-service"));
}

TEST_F(AccountTest, ChecksAndChangesContacts) {
  SigningClient other(ca, another_key());
  Json payload = {{"termsOfServiceAgreed", true}, {"contact", {"tel:+1"}}};
  EXPECT_EQ(verdict_of(other.register_account(payload)), "400 unsupportedContact");
  payload["contact"] = {"mailto:nobody"};
  EXPECT_EQ(verdict_of(other.register_account(payload)), "400 invalidContact");
  const std::string path = SigningClient::path_of(client.account()->text());
  const Json contact = {"mailto:ops@a.example"};
  EXPECT_EQ(json_of(client.post(path, Json{{"contact", contact}}))["contact"], contact);
  EXPECT_EQ(json_of(client.post(path, std::string()))["contact"], contact);
}

TEST_F(AccountTest, CanOnlyBeDeactivatedByItsOwner) {
  SigningClient other(ca, another_key());
  other.register_account();
  const std::string path = SigningClient::path_of(client.account()->text());
  EXPECT_EQ(verdict_of(other.post(path, Json{{"status", "deactivated"}})), "403 unauthorized");
  const Reply order = client.place({"a.example"});
  EXPECT_EQ(json_of(client.post(path, Json{{"status", "deactivated"}}))["status"], "deactivated");
  EXPECT_EQ(verdict_of(client.place({"b.example"})), "403 unauthorized");
  client.set_account(std::nullopt);
  EXPECT_EQ(verdict_of(client.register_account()), "403 unauthorized");
}

TEST_F(AccountTest, IsBoundToAnExternalAccount) {
  options().external_account_required = true;
  const acme::Sha256 mac = acme::sha256("secret");
  options().external_accounts["kid-1"] = {reinterpret_cast<const char*>(mac.data()), mac.size()};
  const auto bind = [](const SigningClient& who, const std::string& kid, acme::Sha256 key) {
    const acme::ExternalAccount account{kid, {key.begin(), key.end()}};
    const acme::Url url = *acme::Url::parse(SigningClient::url("/acme/new-acct"));
    return Json{{"termsOfServiceAgreed", true},
                {"externalAccountBinding",
                 Json::parse(acme::bind_external_account(account, who.key(), url))}};
  };
  SigningClient other(ca, another_key());
  EXPECT_EQ(verdict_of(other.register_account()), "403 externalAccountRequired");
  EXPECT_EQ(verdict_of(other.register_account(bind(other, "kid-2", mac))), "403 unauthorized");
  EXPECT_EQ(verdict_of(other.register_account(bind(other, "kid-1", acme::sha256("wrong")))),
            "403 unauthorized");
  EXPECT_EQ(verdict_of(other.register_account(bind(client, "kid-1", mac))), "403 unauthorized")
      << "another key's binding";
  EXPECT_EQ(other.register_account(bind(other, "kid-1", mac)).status, 201);
}

class KeyChange : public CaTest {
 protected:
  static constexpr const char* path = "/acme/key-change";

  Json inner(const acme::PrivateKey& key, const Json& payload) const {
    const Json header = {{"alg", key.algorithm()},
                         {"jwk", Json::parse(key.jwk())},
                         {"url", SigningClient::url(path)}};
    const std::string first = base::encode_base64url(header.dump());
    const std::string second = base::encode_base64url(payload.dump());
    return {{"protected", first},
            {"payload", second},
            {"signature", base::encode_base64url(key.sign(first + "." + second))}};
  }
  Json wish() const {
    return {{"account", client.account()->text()}, {"oldKey", Json::parse(client.key().jwk())}};
  }
};

TEST_F(KeyChange, GivesTheAccountAnotherKey) {
  const acme::PrivateKey fresh = another_key();
  EXPECT_EQ(verdict_of(client.post(path, inner(fresh, wish()))), "200");
  EXPECT_EQ(verdict_of(client.place({"a.example"})), "400 malformed") << "signed by the old key";
  client.set_key(fresh);
  EXPECT_EQ(verdict_of(client.place({"a.example"})), "201");
}

TEST_F(KeyChange, RefusesAKeyThatIsTakenAndAWishThatIsNotTheAccounts) {
  const acme::PrivateKey fresh = another_key();
  Json wrong = wish();
  wrong["account"] = SigningClient::url("/acme/acct/999");
  EXPECT_EQ(verdict_of(client.post(path, inner(fresh, wrong))), "400 malformed");
  wrong = wish();
  wrong["oldKey"] = Json::parse(fresh.jwk());
  EXPECT_EQ(verdict_of(client.post(path, inner(fresh, wrong))), "400 malformed");
  EXPECT_EQ(verdict_of(client.post(path, inner(client.key(), wish()))), "400 malformed");
  SigningClient other(ca, fresh);
  other.register_account();
  const Reply taken = client.post(path, inner(fresh, wish()));
  EXPECT_EQ(verdict_of(taken), "409 conflict");
  EXPECT_EQ(SigningClient::header(taken, "Location"), other.account()->text());
}

}  // namespace
}  // namespace fake_ca
