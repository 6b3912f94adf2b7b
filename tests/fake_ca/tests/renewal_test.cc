// Renewal information, `replaces` and revocation.

#include "acme/renewal_info.h"
#include "base/encoding.h"
#include "tests/fake_ca/tests/ca_fixture.h"

namespace fake_ca {
namespace {

using namespace std::chrono_literals;

class RenewalTest : public CaTest {
 protected:
  /// The certID of a new certificate, as our own code computes it.
  std::string issue(const std::vector<std::string>& names, const Json& more = Json::object()) {
    const Reply order = client.issue(names, more);
    pem = client.download(order);
    return acme::cert_id(acme::parse_chain(pem).value().front())->value();
  }
  Reply info(const std::string& id) { return client.get("/acme/renewal-info/" + id); }
  acme::RenewalInfo window(const std::string& id) {
    return acme::parse_renewal_info(info(id).body).value();
  }
  std::string replace(const std::vector<std::string>& names, const std::string& id) {
    return verdict_of(client.place(names, {{"replaces", id}}));
  }
  Reply revoke(SigningClient& who, int reason) {
    const std::size_t end = pem.find("-----END");
    std::string der = pem.substr(28, end - 28);
    for (char& c : der) c = c == '+' ? '-' : c == '/' ? '_' : c;
    std::erase_if(der, [](char c) { return c == '\n' || c == '=' || c == '\r'; });
    return who.post("/acme/revoke-cert", Json{{"certificate", der}, {"reason", reason}});
  }

  std::string pem;  ///< of the last certificate
};

TEST_F(RenewalTest, IsSuggestedAsBoulderDoes) {
  const base::WallTime issued = clock.wall() - options().backdate;
  const acme::RenewalInfo long_life = window(issue({"a.example"}));
  const auto day = 24h;
  EXPECT_EQ(long_life.start, issued + 60 * day - 21h - 36min);
  EXPECT_EQ(long_life.end, issued + 60 * day + 21h + 36min);
  options().classic.validity = 160h;
  const acme::RenewalInfo short_life = window(issue({"b.example"}));
  EXPECT_EQ(short_life.start, issued + 80h - 96min);
  EXPECT_EQ(short_life.end, issued + 80h + 96min);
}

TEST_F(RenewalTest, SaysWhenToAskAgain) {
  const Reply reply = info(issue({"a.example"}));
  EXPECT_EQ(SigningClient::header(reply, "Retry-After"), "21600");
  EXPECT_EQ(verdict_of(info("AAAA.AAAA")), "404 malformed");
}

TEST_F(RenewalTest, RefusesReplacesInEveryWayOfBoulder) {
  const std::string id = issue({"a.example", "b.example"});
  EXPECT_EQ(replace({"a.example"}, "no certID"), "400 malformed");
  EXPECT_EQ(replace({"a.example"}, "AAAA." + id.substr(id.find('.') + 1)), "404 malformed");
  EXPECT_EQ(replace({"a.example"}, id + "AA"), "404 malformed");
  EXPECT_EQ(replace({"c.example"}, id), "400 malformed") << "no name in common";
  SigningClient other(ca, another_key());
  other.register_account();
  EXPECT_EQ(verdict_of(other.place({"a.example"}, {{"replaces", id}})), "403 unauthorized");
  EXPECT_EQ(replace({"a.example"}, id), "201");
  EXPECT_EQ(replace({"a.example"}, id), "409 alreadyReplaced") << "by an order that is open";
  const Reply open = client.place({"a.example"});
  EXPECT_EQ(json_of(open)["replaces"], id) << "the same order comes back";
}

TEST_F(RenewalTest, MayBeOrderedAgainWhenTheFirstTryHasFailed) {
  const std::string id = issue({"a.example", "b.example"});
  clock.advance(31 * 24h);
  const Reply first = client.place({"a.example"}, {{"replaces", id}});
  const std::string path = SigningClient::path_of(json_of(first)["authorizations"][0]);
  client.post(path, Json{{"status", "deactivated"}});
  EXPECT_EQ(replace({"a.example"}, id), "201");
}

TEST_F(RenewalTest, MarksTheOldCertificateReplacedForGood) {
  const std::string id = issue({"a.example"});
  const std::string next = issue({"a.example"}, {{"replaces", id}});
  EXPECT_TRUE(ca.state().find_certificate(id)->replaced_by);
  ca.state().forget_orders();
  EXPECT_EQ(replace({"a.example"}, id), "409 alreadyReplaced");
  EXPECT_EQ(replace({"a.example"}, next), "201");
}

TEST_F(RenewalTest, IsToHappenAtOnceAfterARevocation) {
  const std::string id = issue({"a.example"});
  EXPECT_EQ(verdict_of(revoke(client, 1)), "200");
  const acme::RenewalInfo info = window(id);
  EXPECT_LT(info.end, clock.wall());
  EXPECT_FALSE(info.explanation_url.empty());
}

TEST_F(RenewalTest, HasTheWindowThatWasSet) {
  const std::string id = issue({"a.example"});
  ca.state().find_certificate(id)->window =
      Certificate::Window{clock.wall() - 2h, clock.wall() - 1h, "https://ca.example/incident"};
  EXPECT_EQ(window(id).explanation_url, "https://ca.example/incident");
  EXPECT_EQ(window(id).end, clock.wall() - 1h);
}

TEST_F(RenewalTest, IsNotThereIfTheAuthorityHasNone) {
  const std::string id = issue({"a.example"});
  options().offers_renewal_info = false;
  EXPECT_EQ(verdict_of(info(id)), "404 malformed");
  EXPECT_FALSE(json_of(client.get("/directory")).contains("renewalInfo"));
}

TEST_F(RenewalTest, RevokesForWhomeverMay) {
  issue({"a.example"});
  SigningClient stranger(ca, another_key());
  stranger.register_account();
  EXPECT_EQ(verdict_of(revoke(stranger, 0)), "403 unauthorized");
  EXPECT_EQ(verdict_of(revoke(client, 7)), "400 badRevocationReason");
  EXPECT_EQ(verdict_of(revoke(client, 4)), "200");
  EXPECT_EQ(verdict_of(revoke(client, 4)), "400 alreadyRevoked");
  EXPECT_EQ(ca.state().certificates.begin()->second.revoked->reason, 4);
}

TEST_F(RenewalTest, RevokesForTheCertificatesKeyAndForWhoeverHoldsItsNames) {
  issue({"a.example"});
  SigningClient by_key(ca, client.last_key());  // without an account: signs with the whole key
  EXPECT_EQ(verdict_of(revoke(by_key, 0)), "200");
  EXPECT_EQ(ca.state().certificates.begin()->second.revoked->reason, 1) << "keyCompromise";
  issue({"b.example"});
  SigningClient holder(ca, another_key());
  holder.register_account();
  holder.respond(holder.place({"b.example"}));
  holder.place({"b.example"});
  EXPECT_EQ(verdict_of(revoke(holder, 0)), "200");
  EXPECT_EQ(ca.state().certificates.rbegin()->second.revoked->reason, 5);
}

}  // namespace
}  // namespace fake_ca
