#include "tests/acme/order_machine_fixture.h"

namespace acme {
namespace {

/// Challenges of several types, on identifiers of several kinds.
class OrderChallenges : public OrderMachine {
 protected:
  void want(const std::vector<std::string>& names, std::vector<ChallengeType> types) {
    state_.record = new_record({});
    for (const std::string& name : names) {
      state_.record.identifiers.emplace_back(base::DomainName::parse_name_or_address(name).value());
    }
    state_.record.challenge_types = std::move(types);
    state_.record.account_url = "https://ca.example/acme/acct/ExampleAccount";
  }

  static std::string offer(const std::string& type, const std::string& which) {
    return R"({"type":")" + type + R"(","url":"/chal/)" + which + "-" + type +
           R"(","status":"pending","token":")" + (which == "a" ? token_a : token_b) +
           R"(","issuer-domain-names":["ca.example"]})";
  }
  /// Pending, with challenges of all types.
  static std::string pending(const std::string& identifier,
                             const std::string& which,
                             const std::string& more = "") {
    std::string challenges;
    for (const char* type :
         {"tls-alpn-01", "dns-01", "http-01", "dns-account-01", "dns-persist-01"}) {
      challenges += (challenges.empty() ? "" : ",") + offer(type, which);
    }
    return R"({"identifier":)" + identifier + R"(,"status":"pending")" + more +
           R"(,"challenges":[)" + challenges + "]}";
  }
  static std::string dns(const std::string& value) {
    return R"({"type":"dns","value":")" + value + R"("})";
  }
  static std::string ip(const std::string& value) {
    return R"({"type":"ip","value":")" + value + R"("})";
  }
  static std::vector<Answer> presented(const Action& action) {
    return std::get<Present>(action).answers;
  }
};

TEST_F(OrderChallenges, TakesTheFirstTypeOfTheListThatIsOffered) {
  want({"a.example"}, {ChallengeType::dns_account_01, ChallengeType::http_01});
  place(order("pending"));
  const auto answers = presented(reply(pending(dns("a.example"), "a")));
  EXPECT_EQ(std::get<TxtAnswer>(answers.at(0)).name, "_sslbvpeympiwms7t._acme-challenge.a.example");
  EXPECT_EQ(posted(step(Presented{})), origin + "/chal/a-dns-account-01 {}");
}

TEST_F(OrderChallenges, ProvesAWildcardByDnsThoughHttpIsPreferred) {
  want({"*.a.example"},
       {ChallengeType::http_01, ChallengeType::tls_alpn_01, ChallengeType::dns_01});
  place(order("pending"));
  const auto answers = presented(reply(pending(dns("a.example"), "a", R"(,"wildcard":true)")));
  EXPECT_EQ(std::get<TxtAnswer>(answers.at(0)).name, "_acme-challenge.a.example");
  EXPECT_EQ(identifier_of(answers.at(0)).value(), "*.a.example");
}

TEST_F(OrderChallenges, ProvesAnAddressByHttpOrTlsThoughDnsIsPreferred) {
  want({"192.0.2.7"}, {ChallengeType::dns_01, ChallengeType::tls_alpn_01});
  const Post placed = std::get<Post>([this] {
    start();
    return make_key();
  }());
  EXPECT_EQ(placed.payload, R"({"identifiers":[{"type":"ip","value":"192.0.2.7"}]})");
  reply(order("pending"), {{"location", origin + "/order/1"}}, 201);
  const auto answers = presented(reply(pending(ip("192.0.2.7"), "a")));
  EXPECT_TRUE(std::holds_alternative<TlsAlpnAnswer>(answers.at(0)));
}

TEST_F(OrderChallenges, FailsAWildcardThatNoTypeCanProveAndSaysWhatThereWas) {
  want({"*.a.example"}, {ChallengeType::http_01});
  place(order("pending"));
  const Error error = failure(reply(pending(dns("a.example"), "a", R"(,"wildcard":true)")));
  EXPECT_EQ(error.code, Errc::no_usable_challenge);
  EXPECT_EQ(error.subproblems.at(0).identifier, identifier("*.a.example"));
  EXPECT_EQ(error.subproblems.at(0).detail,
            "offered are: tls-alpn-01 dns-01 http-01 dns-account-01 dns-persist-01; "
            "configured are:");
}

TEST_F(OrderChallenges, GivesApexAndWildcardTwoValuesAtOneName) {
  want({"a.example", "*.a.example"}, {ChallengeType::dns_01});
  place(order_of_two("pending"));
  reply(pending(dns("a.example"), "b", R"(,"wildcard":true)"));
  const auto answers = presented(reply(pending(dns("a.example"), "a")));
  ASSERT_EQ(answers.size(), 2U);
  const auto& one = std::get<TxtAnswer>(answers[0]);
  const auto& two = std::get<TxtAnswer>(answers[1]);
  EXPECT_EQ(one.name, two.name);
  EXPECT_NE(one.value, two.value);
  EXPECT_EQ(one.identifier, identifier("*.a.example"));
  EXPECT_EQ(two.identifier, identifier("a.example"));
}

TEST_F(OrderChallenges, KeepsApexAndWildcardApartWhereTheirPreferencesDiffer) {
  want({"a.example", "*.a.example"}, {ChallengeType::http_01});
  state_.record.preferences = {{identifier("*.a.example"), {ChallengeType::dns_01}}};
  place(order_of_two("pending"));
  reply(pending(dns("a.example"), "b", R"(,"wildcard":true)"));
  const auto answers = presented(reply(pending(dns("a.example"), "a")));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<TxtAnswer>(answers[0]));
  EXPECT_TRUE(std::holds_alternative<HttpAnswer>(answers[1]));
}

TEST_F(OrderChallenges, LooksForAStandingRecordWithoutAToken) {
  want({"a.example"}, {ChallengeType::dns_persist_01});
  place(order("pending"));
  const auto answers = presented(
      reply(R"({"identifier":{"type":"dns","value":"a.example"},"status":"pending","challenges":[)"
            R"({"type":"dns-persist-01","url":"/chal/p","status":"pending",)"
            R"("issuer-domain-names":["CA.example","not a name"]}]})"));
  const auto& standing = std::get<StandingTxtAnswer>(answers.at(0));
  EXPECT_EQ(standing.issuer_domains, std::vector<std::string>{"ca.example"});
  EXPECT_EQ(standing.account_url, "https://ca.example/acme/acct/ExampleAccount");
  EXPECT_EQ(posted(step(Presented{})), origin + "/chal/p {}");
}

TEST_F(OrderChallenges, ArePresentedAgainAndCleanedUpWhateverTheirTypeAfterARestart) {
  for (const ChallengeType type : {ChallengeType::http_01,
                                   ChallengeType::dns_01,
                                   ChallengeType::tls_alpn_01,
                                   ChallengeType::dns_account_01,
                                   ChallengeType::dns_persist_01}) {
    want({"a.example"}, {type});
    place(order("pending"));
    const auto before = presented(reply(pending(dns("a.example"), "a")));
    state_ = OrderState{state_.record};
    EXPECT_EQ(presented(start()), before) << name_of(type);
    step(Presented{});
    reply(order("invalid"));
    const Action action = reply(refused("a", "dns"));
    EXPECT_EQ(std::get<CleanUp>(action).answers, before) << name_of(type);
  }
}

}  // namespace
}  // namespace acme
