#include "tests/fake_ca/tests/ca_fixture.h"

namespace fake_ca {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class OrderTest : public CaTest {
 protected:
  Json authorization_of(const Reply& order, std::size_t index = 0) {
    return json_of(client.read(json_of(order)["authorizations"][index]));
  }
  std::vector<std::string> offered(const Json& authorization) {
    std::vector<std::string> types;
    for (const Json& challenge : authorization["challenges"]) types.push_back(challenge["type"]);
    return types;
  }
};

TEST_F(OrderTest, EndsInACertificateForItsNames) {
  const Reply order = client.issue({"b.example", "a.example"});
  EXPECT_EQ(json_of(order)["status"], "valid");
  const std::vector<acme::Identifier> names = {
      acme::Identifier(*base::DomainName::parse("a.example")),
      acme::Identifier(*base::DomainName::parse("b.example"))};
  EXPECT_TRUE(acme::verify_chain(client.download(order), client.last_key(), names, clock.wall()));
}

TEST_F(OrderTest, RefusesNamesThatAreNone) {
  for (const char* name : {"under_score.example",
                           "example",
                           "a..example",
                           "a.example.",
                           "*.*.a.example",
                           "a.*.example",
                           "-a.example",
                           "a.b.123"}) {
    Json payload = {{"identifiers", {{{"type", "dns"}, {"value", name}}}}};
    EXPECT_EQ(verdict_of(client.post("/acme/new-order", payload)), "400 malformed") << name;
  }
  EXPECT_EQ(verdict_of(client.place({"2001:DB8::1"})), "201") << "folded, as Boulder does";
  EXPECT_EQ(verdict_of(client.place({"2001:db8:0::1"})), "400 malformed") << "not RFC 5952";
  EXPECT_EQ(verdict_of(client.place({})), "400 malformed");
  const Json notBefore = {{"notBefore", "2030-01-01T00:00:00Z"}};
  EXPECT_EQ(verdict_of(client.place({"a.example"}, notBefore)), "400 malformed");
}

TEST_F(OrderTest, OffersTheChallengesThatFitTheIdentifier) {
  options().challenge_types.assign(std::begin(all_challenge_types), std::end(all_challenge_types));
  EXPECT_EQ(offered(authorization_of(client.place({"a.example"}))),
            (std::vector<std::string>{
                "http-01", "dns-01", "tls-alpn-01", "dns-account-01", "dns-persist-01"}));
  const Json wildcard = authorization_of(client.place({"*.a.example"}));
  EXPECT_EQ(offered(wildcard),
            (std::vector<std::string>{"dns-01", "dns-account-01", "dns-persist-01"}));
  EXPECT_EQ(wildcard["wildcard"], true);
  EXPECT_EQ(wildcard["identifier"]["value"], "a.example");
  EXPECT_EQ(offered(authorization_of(client.place({"192.0.2.7"}))),
            (std::vector<std::string>{"http-01", "tls-alpn-01"}));
  const Json persist = wildcard["challenges"][2];
  EXPECT_EQ(persist["accounturi"], client.account()->text());
  EXPECT_EQ(persist["issuer-domain-names"], Json::array({"fake-ca.example"}));
  EXPECT_FALSE(persist.contains("token"));
}

TEST_F(OrderTest, ReusesAuthorizationsAndOpenOrders) {
  const Reply first = client.place({"a.example"});
  const Reply same = client.place({"a.example"});
  EXPECT_EQ(SigningClient::header(first, "Location"), SigningClient::header(same, "Location"));
  const Reply other = client.place({"a.example", "b.example"});
  EXPECT_NE(SigningClient::header(first, "Location"), SigningClient::header(other, "Location"));
  EXPECT_THAT(json_of(other)["authorizations"],
              testing::Contains(json_of(first)["authorizations"][0]))
      << "pending ones too";
  client.respond(first);
  clock.advance(1s);
  EXPECT_EQ(json_of(client.read(SigningClient::header(first, "Location")))["status"], "ready");
  EXPECT_EQ(json_of(client.place({"a.example"}))["status"], "ready");
  clock.advance(31 * 24h);
  EXPECT_EQ(json_of(client.place({"a.example"}))["status"], "pending") << "after 30 days no more";
}

TEST_F(OrderTest, ReusesNothingIfToldNotTo) {
  options().reuses_orders = false;
  options().reuses_authorizations = false;
  const Reply first = client.place({"a.example"});
  const Reply second = client.place({"a.example"});
  EXPECT_NE(SigningClient::header(first, "Location"), SigningClient::header(second, "Location"));
  EXPECT_NE(json_of(first)["authorizations"], json_of(second)["authorizations"]);
}

TEST_F(OrderTest, IsNotFinalizedBeforeItIsReadyNorTwice) {
  const Reply order = client.place({"a.example"});
  EXPECT_EQ(verdict_of(client.finalize(order, {"a.example"})), "403 orderNotReady");
  client.respond(order);
  EXPECT_EQ(verdict_of(client.finalize(order, {"a.example"})), "200");
  EXPECT_EQ(verdict_of(client.finalize(order, {"a.example"})), "403 orderNotReady");
  EXPECT_EQ(statistics().finalized, 1);
}

TEST_F(OrderTest, WantsACsrForExactlyItsNames) {
  const Reply order = client.place({"a.example", "b.example"});
  client.respond(order);
  EXPECT_EQ(verdict_of(client.finalize(order, {"a.example"})), "403 unauthorized");
  EXPECT_EQ(verdict_of(client.finalize(order, {"a.example", "b.example", "c.example"})),
            "403 unauthorized");
  const std::string path = SigningClient::path_of(json_of(order)["finalize"]);
  EXPECT_EQ(verdict_of(client.post(path, Json{{"csr", "AAAA"}})), "400 badCSR");
  const std::string own =
      acme::encode_csr(client.key(),
                       {acme::Identifier(*base::DomainName::parse("a.example")),
                        acme::Identifier(*base::DomainName::parse("b.example"))});
  EXPECT_EQ(verdict_of(client.post(path, Json{{"csr", base::encode_base64url(own)}})), "400 badCSR")
      << "the account's key";
  EXPECT_EQ(verdict_of(client.finalize(order, {"b.example", "a.example"})), "200");
}

TEST_F(OrderTest, DiesWithItsWorstName) {
  options().verdicts["b.example"] = {
      .type = "caa", .status = 403, .detail = "CAA record for b.example prevents issuance"};
  const Reply order = client.place({"a.example", "b.example"});
  client.respond(order);
  EXPECT_EQ(json_of(client.read(SigningClient::header(order, "Location")))["status"], "invalid");
  const Json first = authorization_of(order, 0);  // they come in reverse
  EXPECT_EQ(first["identifier"]["value"], "b.example");
  EXPECT_THAT(std::string(first["challenges"][0]["error"]["type"]), HasSubstr(":caa"));
  EXPECT_EQ(authorization_of(order, 1)["status"], "valid");
}

TEST_F(OrderTest, TakesItsTime) {
  options().validation_time = 5s;
  options().processing_time = 60s;
  options().order_retry_after = 3s;
  const Reply order = client.place({"a.example"});
  const std::string url = SigningClient::header(order, "Location");
  client.respond(order);
  clock.advance(4999ms);
  EXPECT_EQ(json_of(client.read(url))["status"], "pending");
  clock.advance(1ms);
  EXPECT_EQ(json_of(client.read(url))["status"], "ready");
  EXPECT_EQ(SigningClient::header(client.finalize(order, {"a.example"}), "Retry-After"), "3");
  clock.advance(59s);
  EXPECT_EQ(json_of(client.read(url))["status"], "processing");
  clock.advance(1s);
  EXPECT_EQ(json_of(client.read(url))["status"], "valid");
}

TEST_F(OrderTest, IsGoneAfterItsTimeAndForOthers) {
  const Reply order = client.place({"a.example"});
  const std::string url = SigningClient::header(order, "Location");
  SigningClient other(ca, another_key());
  other.register_account();
  EXPECT_EQ(verdict_of(other.read(url)), "404 malformed");
  EXPECT_EQ(verdict_of(other.read(json_of(order)["authorizations"][0])), "403 unauthorized");
  clock.advance(8 * 24h);
  EXPECT_EQ(verdict_of(client.read(url)), "404 malformed");
}

TEST_F(OrderTest, IsLostWithADeactivatedAuthorization) {
  const Reply order = client.place({"a.example"});
  const std::string path = SigningClient::path_of(json_of(order)["authorizations"][0]);
  EXPECT_EQ(json_of(client.post(path, Json{{"status", "deactivated"}}))["status"], "deactivated");
  EXPECT_EQ(json_of(client.read(SigningClient::header(order, "Location")))["status"], "invalid");
  EXPECT_EQ(json_of(client.place({"a.example"}))["status"], "pending") << "with a new one";
}

TEST_F(OrderTest, HasTheProfileThatItAsksFor) {
  options().profiles = {{"short", {.description = "6 days", .validity = 160h, .max_names = 2}}};
  const Json wish = {{"profile", "short"}};
  EXPECT_EQ(verdict_of(client.place({"a.example"}, {{"profile", "long"}})), "400 invalidProfile");
  EXPECT_EQ(verdict_of(client.place({"a.example", "b.example", "c.example"}, wish)),
            "400 malformed");
  const Reply order = client.issue({"a.example"}, wish);
  EXPECT_EQ(json_of(order)["profile"], "short");
  const auto chain = acme::parse_chain(client.download(order)).value();
  EXPECT_EQ(chain.front().not_after - chain.front().not_before, 160h);
  EXPECT_TRUE(json_of(client.get("/directory"))["meta"]["profiles"].contains("short"));
}

TEST_F(OrderTest, RefusesBlockedNamesWithSubproblemsAsBoulder) {
  options().blocked_domains = {"bad.example"};
  const Reply one = client.place({"a.example", "www.bad.example"});
  EXPECT_EQ(verdict_of(one), "400 rejectedIdentifier");
  EXPECT_FALSE(json_of(one).contains("subproblems"));
  const Reply two = client.place({"a.example", "www.bad.example", "bad.example"});
  EXPECT_EQ(json_of(two)["subproblems"].size(), 2U);
  EXPECT_EQ(json_of(two)["subproblems"][0]["identifier"]["value"], "bad.example");
  options().subproblems = Subproblems::always;
  EXPECT_EQ(json_of(client.place({"a.example", "bad.example"}))["subproblems"].size(), 1U);
}

TEST_F(OrderTest, HasIpAddressesOnlyWhereTheProfileHasThem) {
  EXPECT_EQ(verdict_of(client.place({"192.0.2.7", "2001:db8::1"})), "201");
  options().classic.allows_ip = false;
  EXPECT_EQ(verdict_of(client.place({"192.0.2.7"})), "400 unsupportedIdentifier");
}

TEST_F(OrderTest, JudgesAChallengeOnceWhateverIsSent) {
  options().validation_time = 5s;
  const Reply order = client.place({"a.example"});
  client.respond(order);
  client.respond(order);
  EXPECT_EQ(statistics().repeated_responses, 1);
  clock.advance(5s);
  EXPECT_EQ(json_of(client.read(SigningClient::header(order, "Location")))["status"], "ready");
  EXPECT_EQ(statistics().validations, 1);
  const std::string challenge =
      SigningClient::path_of(authorization_of(order)["challenges"][0]["url"]);
  EXPECT_EQ(verdict_of(client.post(challenge, Json{{"keyAuthorization", "x"}})), "400 malformed");
}

TEST_F(OrderTest, WaitsForTheAnswerToBeFetched) {
  options().validation = Validation::fetch;
  const Reply order = client.place({"a.example"});
  const std::string url = SigningClient::header(order, "Location");
  client.respond(order);
  clock.advance(1h);
  EXPECT_EQ(json_of(client.read(url))["status"], "pending");
  const std::vector<ValidationTask> tasks = ca.take_tasks();
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_TRUE(ca.take_tasks().empty()) << "each once";
  ca.conclude(tasks[0], HttpAnswer{200, tasks[0].key_authorization});
  EXPECT_EQ(json_of(client.read(url))["status"], "ready");
}

TEST_F(OrderTest, HasAnotherChainForEachRoot) {
  fakes::FakeRandom seed;
  Ca two(clock, seed, {.validation = Validation::always_valid, .alternate_chains = 1});
  SigningClient other(two);
  other.register_account();
  const Reply order = other.issue({"a.example"});
  const Reply chain = other.read(json_of(order)["certificate"]);
  std::string alternate;
  for (const Header& header : chain.headers) {
    if (header.value.ends_with("rel=\"alternate\"")) alternate = header.value;
  }
  ASSERT_FALSE(alternate.empty());
  const Reply second = other.read(alternate.substr(1, alternate.find('>') - 1));
  EXPECT_EQ(acme::parse_chain(chain.body).value().back().issuer_cn, "Fake CA Root 0");
  EXPECT_EQ(acme::parse_chain(second.body).value().back().issuer_cn, "Fake CA Root 1");
  EXPECT_EQ(acme::parse_chain(chain.body).value().front(),
            acme::parse_chain(second.body).value().front());
}

}  // namespace
}  // namespace fake_ca
