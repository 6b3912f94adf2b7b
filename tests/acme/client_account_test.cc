#include <string>
#include <vector>

#include "acme/account_request.h"
#include "acme/revocation.h"
#include "tests/acme/client_fixture.h"

namespace acme {
namespace {

using fakes::FakeAcmeServer;
using Fate = FakeAcmeServer::Fate;
using Arrival = FakeAcmeServer::Arrival;
using Result = base::Result<Response, Error>;
using namespace std::chrono_literals;

// --- accounts

TEST_F(ClientTest, RegistersWithContactsAndTerms) {
  options_.contacts = {"mailto:ops@example.com", "mailto:\"x\"@example.com"};
  const Result result = register_account();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->http.status, 201);
  EXPECT_EQ(server_.last_payload(), nlohmann::json::parse(R"({"termsOfServiceAgreed":true,
              "contact":["mailto:ops@example.com","mailto:\"x\"@example.com"]})"));
}

TEST_F(ClientTest, FindsTheAccountOfItsKeyByRegisteringAgain) {
  ASSERT_TRUE(register_account());
  make_client();
  EXPECT_EQ(register_account()->http.status, 200);
  EXPECT_EQ(server_.account_count(), 1U);
}

TEST_F(ClientTest, FindsAnAccountWithoutCreatingOne) {
  client().find_account([this](Result result) { results_.push_back(std::move(result)); });
  server_.run();
  EXPECT_EQ(results_.back().error().code, Errc::account_does_not_exist);
  EXPECT_EQ(server_.account_count(), 0U);
  ASSERT_TRUE(register_account());
  make_client();
  client().find_account([this](Result result) { results_.push_back(std::move(result)); });
  server_.run();
  ASSERT_TRUE(results_.back());
  EXPECT_EQ(client().record().account_url->text(), "https://ca.example/v1/account/0");
}

TEST_F(ClientTest, BindsAnExternalAccount) {
  server_.mac_key = "secret";
  EXPECT_EQ(register_account().error().code, Errc::external_account_required);
  const auto bytes = std::as_bytes(std::span(server_.mac_key.data(), server_.mac_key.size()));
  options_.external_account = ExternalAccount{"kid-1", {bytes.begin(), bytes.end()}};
  make_client();
  EXPECT_TRUE(register_account());
  options_.external_account->mac_key.pop_back();
  server_.forget_everything();
  make_client();
  EXPECT_EQ(register_account().error().code, Errc::unauthorized);
}

TEST_F(ClientTest, FailsAllWaitingWhenRegistrationFails) {
  options_.terms = AuthorityOptions::Terms::not_agreed;
  post_order();
  post_order();
  server_.run();
  ASSERT_EQ(results_.size(), 2U);
  EXPECT_EQ(results_[0].error().code, Errc::agreement_required);
  EXPECT_EQ(results_[1].error().context, "account");
}

TEST_F(ClientTest, RegistersWithoutAContactThatIsRefused) {
  options_.contacts = {"tel:+123"};
  EXPECT_TRUE(register_account());
  EXPECT_FALSE(server_.last_payload().contains("contact"));
}

TEST_F(ClientTest, RegistersTheSameKeyWhenTheServerForgotTheAccount) {
  ASSERT_TRUE(order());
  server_.forget_everything();
  for (int i = 0; i < 5; ++i) post_order();
  server_.run();
  for (const Result& result : results_) EXPECT_TRUE(result) << describe(result.error());
  EXPECT_EQ(server_.requests["newAccount"], 3) << "one of the five asked and registered for all";
  server_.forget_everything();
  EXPECT_EQ(order().error().code, Errc::account_does_not_exist) << "not twice in half an hour";
  clock_.advance(30min);
  EXPECT_TRUE(order());
}

TEST_F(ClientTest, AsksForTheAccountOfItsKeyBeforeItRegistersItAgain) {
  using News = Client::AccountNews;
  std::vector<std::pair<News, std::string>> news;
  client().listen_to_account(
      [&news](News what, const Url& url) { news.emplace_back(what, url.text()); });
  ASSERT_TRUE(order());
  server_.instead = [was = false](const Arrival& arrival) mutable -> std::optional<HttpResponse> {
    if (arrival.resource != "newOrder" || std::exchange(was, true)) return std::nullopt;
    return HttpResponse{400, {}, R"({"type":"urn:ietf:params:acme:error:accountDoesNotExist"})"};
  };
  EXPECT_TRUE(order());
  EXPECT_EQ(server_.account_count(), 1U) << "it was there all the time";
  EXPECT_EQ(server_.last_payload()["identifiers"].size(), 1U);
  server_.forget_everything();
  EXPECT_TRUE(order());
  const std::string url = "https://ca.example/v1/account/0";
  const std::vector<std::pair<News, std::string>> expected = {
      {News::registered, url}, {News::found, url}, {News::lost, url}, {News::registered, url}};
  EXPECT_EQ(news, expected);
}

TEST_F(ClientTest, FindsTheAccountOfARestoredKeyWithoutAgreeingToAnything) {
  ASSERT_TRUE(order());
  options_.terms = AuthorityOptions::Terms::not_agreed;  // which registering would fail with
  make_client();
  client().look_before_registering();
  EXPECT_TRUE(order());
  EXPECT_EQ(client().record().account_url->text(), "https://ca.example/v1/account/0");
}

TEST_F(ClientTest, RegistersARestoredKeyThatHasNoAccount) {
  client().look_before_registering();
  EXPECT_TRUE(order());
  EXPECT_EQ(server_.account_count(), 1U);
}

TEST_F(ClientTest, DoesNotRegisterAgainForADeactivatedAccount) {
  ASSERT_TRUE(order());
  server_.deactivate_accounts();
  const Result result = order();
  EXPECT_EQ(result.error().code, Errc::unauthorized);
  EXPECT_EQ(server_.requests["newAccount"], 1);
}

TEST_F(ClientTest, RefusesAnAccountWithoutLocation) {
  server_.tamper = [](const Arrival& arrival, HttpResponse& reply) {
    if (arrival.resource == "newAccount") reply.headers.clear();
  };
  EXPECT_EQ(order().error().code, Errc::bad_response);
}

TEST_F(ClientTest, RefusesAnAccountThatIsDeactivated) {
  server_.tamper = [](const Arrival& arrival, HttpResponse& reply) {
    if (arrival.resource == "newAccount") reply.body = R"({"status":"deactivated"})";
  };
  EXPECT_EQ(order().error().code, Errc::unauthorized);
}

TEST_F(ClientTest, ResolvesARelativeAccountUrl) {
  server_.tamper = [](const Arrival& arrival, HttpResponse& reply) {
    if (arrival.resource != "newAccount") return;
    for (HttpHeader& header : reply.headers) {
      if (header.name == "location") header.value = "account/0";
    }
  };
  EXPECT_TRUE(order());
  EXPECT_EQ(client().record().account_url->text(), "https://ca.example/v1/account/0");
}

X509Ptr parse_der_of(const std::string& base64url) {
  const auto der = base::decode_base64url(base64url).value();
  const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
  return X509Ptr(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
}

class ClientAccount : public ClientTest {
 protected:
  Result post(Endpoint endpoint, const std::string& payload) {
    client().post({endpoint, payload},
                  [this](Result result) { results_.push_back(std::move(result)); });
    server_.run();
    return results_.back();
  }
  Result change_key(const PrivateKey& next) {
    client().change_key(next, [this](Result result) { results_.push_back(std::move(result)); });
    server_.run();
    return results_.back();
  }
  const PrivateKey next_key_ = PrivateKey::generate(KeyType::ecdsa_p384).value();
};

TEST_F(ClientAccount, ChangesItsKeyAndSignsWithTheNewOne) {
  ASSERT_TRUE(order());
  const std::optional<Url> account = client().record().account_url;
  ASSERT_TRUE(change_key(next_key_));
  EXPECT_EQ(client().thumbprint(), next_key_.thumbprint());
  EXPECT_EQ(client().record().account_url, account);
  EXPECT_TRUE(order()) << "signed with the new key";
  EXPECT_EQ(server_.account_count(), 1U);
}

TEST_F(ClientAccount, KeepsItsKeyWhenTheChangeIsRefused) {
  ASSERT_TRUE(order());
  server_.instead = [](const Arrival& arrival) -> std::optional<HttpResponse> {
    if (arrival.resource != "keyChange") return std::nullopt;
    return HttpResponse{409, {}, R"({"type":"urn:ietf:params:acme:error:conflict"})"};
  };
  const Thumbprint before = client().thumbprint();
  EXPECT_EQ(change_key(next_key_).error().code, Errc::conflict);
  EXPECT_EQ(client().thumbprint(), before);
  EXPECT_TRUE(order());
}

TEST_F(ClientAccount, OfEitherKeyIsFoundAfterALostReply) {
  ASSERT_TRUE(order());
  const std::optional<Url> account = client().record().account_url;
  server_.fate = [](const Arrival& arrival) {
    return arrival.resource == "keyChange" ? Fate::lose_reply : Fate::serve;
  };
  EXPECT_EQ(change_key(next_key_).error().code, Errc::connection_failed);
  client().find_account([this](Result result) { results_.push_back(std::move(result)); });
  server_.run();
  EXPECT_EQ(results_.back().error().code, Errc::account_does_not_exist) << "the old key is none's";
  Client other(server_, clock_, next_key_, options_, {}, {});
  other.find_account([this](Result result) { results_.push_back(std::move(result)); });
  server_.run();
  ASSERT_TRUE(results_.back());
  EXPECT_EQ(other.record().account_url, account);
}

TEST_F(ClientAccount, GetsOtherContacts) {
  ASSERT_TRUE(post(Endpoint::account, contacts_payload({"mailto:new@example.org"})));
  EXPECT_EQ(server_.last_payload()["contact"][0], "mailto:new@example.org");
  EXPECT_EQ(server_.requests["account"], 1);
}

TEST_F(ClientAccount, IsNoGoodOnceItIsDeactivated) {
  ASSERT_TRUE(post(Endpoint::account, deactivation_payload()));
  EXPECT_EQ(order().error().code, Errc::unauthorized);
}

TEST_F(ClientAccount, IsLeftForAnotherOneOfANewKey) {
  ASSERT_TRUE(post(Endpoint::account, deactivation_payload()));
  client().start_anew(next_key_);
  EXPECT_TRUE(order());
  EXPECT_EQ(client().record().account_url->text(), "https://ca.example/v1/account/1");
  EXPECT_EQ(client().thumbprint(), next_key_.thumbprint());
}

TEST_F(ClientAccount, IsNotNeededForWhatTheCertificatesKeySigns) {
  const fakes::LeafWish wish{{"a.example"}, clock_.wall(), clock_.wall() + 24h};
  const PrivateKey key = PrivateKey::generate(KeyType::ecdsa_p256).value();
  const std::string chain = server_.ca().issue(key.handle().pkey.get(), wish);
  const auto revoke_with = [&](const PrivateKey& signer) {
    Post request{Endpoint::revoke_certificate,
                 revocation_payload(chain, RevocationReason::key_compromise).value()};
    client().post_with_key(signer, std::move(request), [this](Result result) {
      results_.push_back(std::move(result));
    });
    server_.run();
    return results_.back();
  };
  EXPECT_EQ(revoke_with(next_key_).error().code, Errc::unauthorized);
  EXPECT_TRUE(revoke_with(key));
  EXPECT_EQ(server_.revoked_by_key, 1);
  EXPECT_EQ(server_.account_count(), 0U);
}

TEST_F(ClientAccount, RevokesACertificateOnceWithItsReason) {
  const fakes::LeafWish wish{{"a.example"}, clock_.wall(), clock_.wall() + 24h};
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const std::string chain = server_.ca().issue(key.get(), wish);
  const std::string payload = revocation_payload(chain, RevocationReason::key_compromise).value();
  ASSERT_TRUE(post(Endpoint::revoke_certificate, payload));
  const X509Ptr leaf = parse_der_of(server_.revoked.begin()->first);
  ASSERT_TRUE(leaf) << "the certificate as DER";
  EXPECT_EQ(fakes::TestCa::pem(leaf.get()) + server_.ca().intermediate_pem(), chain);
  EXPECT_EQ(server_.revoked.begin()->second, 1);
  EXPECT_EQ(post(Endpoint::revoke_certificate, payload).error().code, Errc::already_revoked);
}

TEST_F(ClientAccount, SaysThatTheDirectoryHasNoSuchResource) {
  server_.tamper = [](const Arrival& arrival, HttpResponse& reply) {
    if (arrival.resource != "directory") return;
    reply.body = R"({"newNonce":"/n","newAccount":"/a","newOrder":"/o"})";
  };
  EXPECT_EQ(post(Endpoint::revoke_certificate, "{}").error().code, Errc::bad_response);
  EXPECT_EQ(change_key(next_key_).error().code, Errc::bad_response);
}

TEST(Revocation, ReasonsAreKnownByTheirNames) {
  EXPECT_EQ(parse_revocation_reason("keyCompromise"), RevocationReason::key_compromise);
  EXPECT_EQ(parse_revocation_reason("superseded"), RevocationReason::superseded);
  EXPECT_EQ(parse_revocation_reason("keycompromise"), std::nullopt);
  EXPECT_EQ(parse_revocation_reason("caCompromise"), std::nullopt) << "not the subscriber's to say";
}

TEST(Revocation, OfWhatIsNoCertificateIsNone) {
  EXPECT_EQ(revocation_payload("", RevocationReason::unspecified), std::nullopt);
}

}  // namespace
}  // namespace acme
