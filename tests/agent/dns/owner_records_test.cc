#include "agent/dns/owner_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using acme::ChallengeType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OwnerRecordsTest : public testing::Test {
 protected:
  OwnerRecords records_for(const std::string& name, ChallengeType type) const {
    return owner_records(base::DomainName::parse(name).value(),
                         {.types = {type}},
                         dns_,
                         authorities_,
                         [this](const DnsProviderConfig&, const dns::Name&) { return acme_dns_; });
  }
  void add_provider(DnsProviderType type, const std::string& zone) {
    DnsProviderConfig provider{.name = "ours", .type = type};
    if (!zone.empty()) provider.zones.push_back(dns::Name::parse(zone).value());
    dns_.providers.push_back(std::move(provider));
  }

  DnsConfig dns_;
  std::string acme_dns_;
  std::vector<OwnerAuthority> authorities_ = {
      {"first", "https://ca.example/acme/acct/ExampleAccount", {"ca.example", "ca.test"}}};
};

TEST_F(OwnerRecordsTest, HaveTheStandingRecordOfEachAuthority) {
  authorities_.push_back({"second", "https://second.example/1", {"second.example"}});
  EXPECT_THAT(
      records_for("*.shop.example", ChallengeType::dns_persist_01).records,
      ElementsAre(
          OwnerRecord{ChallengeType::dns_persist_01,
                      "first",
                      "TXT",
                      "_validation-persist.shop.example",
                      "ca.example; accounturi=https://ca.example/acme/acct/ExampleAccount; "
                      "policy=wildcard"},
          OwnerRecord{ChallengeType::dns_persist_01,
                      "second",
                      "TXT",
                      "_validation-persist.shop.example",
                      "second.example; accounturi=https://second.example/1; policy=wildcard"}));
}

TEST_F(OwnerRecordsTest, SayWhatIsNotKnownYet) {
  authorities_.front().account_url.clear();
  const OwnerRecords found = records_for("shop.example", ChallengeType::dns_persist_01);
  EXPECT_THAT(found.records, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("first has no account yet")));
}

TEST_F(OwnerRecordsTest, SuggestAnAliasIntoAZoneThatAProviderServes) {
  add_provider(DnsProviderType::rfc2136, "acme.host.example");
  EXPECT_THAT(records_for("shop.example", ChallengeType::dns_01).records,
              ElementsAre(OwnerRecord{ChallengeType::dns_01,
                                      "",
                                      "CNAME",
                                      "_acme-challenge.shop.example",
                                      "shop.example.acme.host.example"}));
  EXPECT_THAT(records_for("shop.example", ChallengeType::dns_account_01).records,
              ElementsAre(OwnerRecord{ChallengeType::dns_account_01,
                                      "first",
                                      "CNAME",
                                      "_sslbvpeympiwms7t._acme-challenge.shop.example",
                                      "_sslbvpeympiwms7t.shop.example.acme.host.example"}));
}

TEST_F(OwnerRecordsTest, AreNotNeededWhereAProviderServesTheNameItself) {
  add_provider(DnsProviderType::rfc2136, "host.example");
  const OwnerRecords found = records_for("www.host.example", ChallengeType::dns_01);
  EXPECT_THAT(found.records, IsEmpty());
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("provider ours serves its zone")));
}

TEST_F(OwnerRecordsTest, HaveTheAliasThatAnAcmeDnsServerGave) {
  add_provider(DnsProviderType::acme_dns, "");
  EXPECT_THAT(records_for("shop.example", ChallengeType::dns_01).notes,
              ElementsAre(HasSubstr("at the first order")));
  acme_dns_ = "8e57.auth.example";
  EXPECT_THAT(records_for("shop.example", ChallengeType::dns_01).records,
              ElementsAre(OwnerRecord{ChallengeType::dns_01,
                                      "",
                                      "CNAME",
                                      "_acme-challenge.shop.example",
                                      "8e57.auth.example"}));
}

TEST_F(OwnerRecordsTest, AreNoneWithoutAWay) {
  EXPECT_THAT(records_for("shop.example", ChallengeType::http_01).notes,
              ElementsAre(HasSubstr("http-01 needs no record")));
  EXPECT_THAT(records_for("shop.example", ChallengeType::dns_01).notes,
              ElementsAre(HasSubstr("no DNS provider")));
  add_provider(DnsProviderType::rfc2136, "acme.host.example");
  dns_.delegation = DnsDelegation::ignore;
  EXPECT_THAT(records_for("shop.example", ChallengeType::dns_01).records, IsEmpty());
}

}  // namespace
}  // namespace agent
