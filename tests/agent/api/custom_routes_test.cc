#include "agent/api/custom_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <openssl/pem.h>

#include "tests/agent/api/api_fixture.h"
#include "tests/fakes/test_ca.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* certificate_path = "/v1/hostnames/www.example.org/certificate";
constexpr const char* csr_path = "/v1/hostnames/www.example.org/csr";

class CustomRoutesTest : public ApiFixture {
 protected:
  CustomRoutesTest() {
    post("/v1/hostnames", R"({"names": ["www.example.org"]})");
    changes_.calls.clear();
  }

  std::string chain(EVP_PKEY* key, std::vector<std::string> names = {"www.example.org"}) const {
    return ca_.issue(key, {std::move(names), now() - 1h, now() + 24h * 90});
  }
  std::string key_pem() const {
    const acme::BioPtr bio = acme::write_bio();
    PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return acme::written(bio.get());
  }
  HttpReply install(json body) { return post(certificate_path, body.dump()); }
  /// `field rule` of the first error.
  static std::string error_of(const HttpReply& reply) {
    const json error = reply.json()["errors"].at(0);
    return std::string(error["field"]) + " " + std::string(error["rule"]);
  }
  /// The chain for what a CSR asks for.
  std::string sign(const std::string& csr) const {
    const acme::BioPtr bio = acme::read_bio(csr);
    const acme::X509ReqPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
    return chain(X509_REQ_get0_pubkey(request.get()));
  }

  const fakes::TestCa ca_{now()};
  const acme::PkeyPtr key_{EVP_EC_gen("P-256")};
};

TEST_F(CustomRoutesTest, InstallsAChainWithItsKey) {
  const HttpReply reply = install({{"chain", chain(key_.get())}, {"key", key_pem()}});
  EXPECT_EQ(reply.status, 200u) << reply.body;
  EXPECT_EQ(reply.json()["mode"], "custom");
  EXPECT_EQ(reply.json()["stage"], "deploying");
  EXPECT_EQ(reply.json()["certificate"]["serial"], "1A2B3C4D5E6F");
  EXPECT_EQ(reply.json()["certificate"]["authority"], "custom");
  EXPECT_THAT(reply.body, Not(HasSubstr("PRIVATE KEY")));
  EXPECT_THAT(changes_.calls, ElementsAre("installed 1A2B3C4D5E6F"));
}

TEST_F(CustomRoutesTest, ACsrIsMadeAndItsCertificateNeedsNoKey) {
  const HttpReply made = post(csr_path, R"({"organization": "Example", "country": "DE"})");
  EXPECT_EQ(made.status, 201u) << made.body;
  EXPECT_THAT(made.body, Not(HasSubstr("PRIVATE KEY")));
  const std::string csr = made.json()["csr"];
  EXPECT_EQ(get(csr_path).json()["csr"], csr);
  const HttpReply reply = install({{"chain", sign(csr)}});
  EXPECT_EQ(reply.status, 200u) << reply.body;
  EXPECT_EQ(get(csr_path).status, 404u);
}

TEST_F(CustomRoutesTest, WithoutAKeyThereMustBeACsr) {
  const HttpReply reply = install({{"chain", chain(key_.get())}});
  EXPECT_EQ(reply.status, 400u);
  EXPECT_EQ(error_of(reply), "key required");
}

TEST_F(CustomRoutesTest, WhatIsWrongIsNamedByFieldAndRule) {
  EXPECT_EQ(error_of(install({{"chain", chain(key_.get(), {"example.com"})}, {"key", key_pem()}})),
            "chain names");
  EXPECT_EQ(error_of(install({{"pkcs12", "no base64!"}})), "pkcs12 base64");
  EXPECT_EQ(error_of(install({{"pkcs12", "AAAA"}})), "pkcs12 pkcs12");
  const acme::PkeyPtr other(EVP_EC_gen("P-256"));
  const HttpReply reply = install({{"chain", chain(other.get())}, {"key", key_pem()}});
  EXPECT_EQ(error_of(reply), "key key-matches");
  EXPECT_EQ(reply.status, 400u);
  EXPECT_EQ(get("/v1/hostnames/www.example.org").json()["mode"], "automatic");
  EXPECT_THAT(changes_.calls, testing::IsEmpty());
  EXPECT_EQ(error_of(post(csr_path, R"({"country": "Germany"})")), "country range");
  EXPECT_EQ(error_of(post(csr_path, R"({"key_type": "dsa"})")), "key_type choice");
}

TEST_F(CustomRoutesTest, WhatAHaproxyWouldRefuseIsNotInstalled) {
  haproxy_.refused = "edge: the command has 20000 bytes";
  const HttpReply reply = install({{"chain", chain(key_.get())}, {"key", key_pem()}});
  EXPECT_EQ(reply.status, 400u) << reply.body;
  EXPECT_EQ(error_of(reply), "chain size");
  EXPECT_THAT(reply.body, HasSubstr("edge: the command has 20000 bytes"));
  EXPECT_EQ(get("/v1/hostnames/www.example.org").json()["mode"], "automatic");
}

TEST_F(CustomRoutesTest, TheHostnameMustBeThere) {
  EXPECT_EQ(post("/v1/hostnames/x.example.org/csr", "{}").status, 404u);
  const json body = {{"chain", chain(key_.get())}, {"key", key_pem()}};
  EXPECT_EQ(post("/v1/hostnames/x.example.org/certificate", body.dump()).status, 404u);
}

TEST_F(CustomRoutesTest, TheReturnMustBeBeforeTheEndAndAfterNow) {
  json body = {{"chain", chain(key_.get())}, {"key", key_pem()}};
  body["return_to_automatic_days"] = 90;
  EXPECT_EQ(error_of(install(body)), "return_to_automatic_days range");
  body["return_to_automatic_days"] = 10;
  const HttpReply reply = install(body);
  EXPECT_EQ(reply.status, 200u) << reply.body;
  EXPECT_EQ(reply.json()["return_to_automatic"], "2030-03-22T00:00:00Z");
}

TEST_F(CustomRoutesTest, ThereIsNoReturnWhereNothingCouldBeProven) {
  put("/v1/hostnames/www.example.org", R"({"mode": "custom", "challenge_path": "left_alone"})");
  const HttpReply reply =
      install({{"chain", chain(key_.get())}, {"key", key_pem()}, {"return_to_automatic_days", 10}});
  EXPECT_EQ(reply.status, 400u) << reply.body;
  EXPECT_EQ(error_of(reply), "return_to_automatic_days provable");
}

TEST_F(CustomRoutesTest, AHostnameWaitsInModeCustom) {
  const HttpReply reply = put("/v1/hostnames/www.example.org", R"({"mode": "custom"})");
  EXPECT_EQ(reply.status, 200u) << reply.body;
  EXPECT_EQ(reply.json()["state"], "pending");
  EXPECT_EQ(reply.json()["stage"], "waiting for a certificate to be installed");
  const HttpReply renewed = post("/v1/certificates/renew", R"({"names": ["www.example.org"]})");
  EXPECT_EQ(renewed.json()["results"][0]["outcome"], "custom");
}

TEST_F(CustomRoutesTest, MetricsSayWhenCustomCertificatesEnd) {
  install({{"chain", chain(key_.get())}, {"key", key_pem()}});
  clock_.advance(24h * 80);
  const std::string metrics = get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("acme_spoa_custom_certificates 1\n"));
  EXPECT_THAT(metrics, HasSubstr("acme_spoa_custom_certificates_expiring{within_days=\"14\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("acme_spoa_custom_certificates_expiring{within_days=\"7\"} 0\n"));
  EXPECT_THAT(metrics,
              HasSubstr("acme_spoa_custom_certificate_expiry_timestamp_seconds 1901232000"));
}

}  // namespace
}  // namespace agent
