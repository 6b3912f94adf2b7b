#include "acme/order.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

const Url order_url = *Url::parse("https://ca.example/order/1");

TEST(Order, HasWhatTheFlowNeeds) {
  const auto order = parse_order(R"({"status":"valid","expires":"2030-01-01T00:00:00Z",
    "identifiers":[{"type":"dns","value":"a.example"}],
    "authorizations":["https://ca.example/authz/1","/authz/2"],
    "finalize":"https://ca.example/order/1/finalize","certificate":"../cert/1","profile":"classic"})",
                                 order_url);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->status, OrderStatus::valid);
  ASSERT_EQ(order->authorizations.size(), 2U);
  EXPECT_EQ(order->authorizations[1].text(), "https://ca.example/authz/2");
  EXPECT_EQ(order->finalize->text(), "https://ca.example/order/1/finalize");
  EXPECT_EQ(order->certificate->text(), "https://ca.example/cert/1");
  EXPECT_FALSE(order->error);
}

TEST(Order, HasEveryStatusOfTheRfcAndPebblesOwn) {
  const auto status = [](const std::string& text) {
    return parse_order(R"({"status":")" + text + "\"}", order_url)->status;
  };
  EXPECT_EQ(status("pending"), OrderStatus::pending);
  EXPECT_EQ(status("ready"), OrderStatus::ready);
  EXPECT_EQ(status("processing"), OrderStatus::processing);
  EXPECT_EQ(status("valid"), OrderStatus::valid);
  EXPECT_EQ(status("invalid"), OrderStatus::invalid);
  EXPECT_EQ(status("deactivated"), OrderStatus::invalid);
}

TEST(Order, CarriesItsProblem) {
  const auto order = parse_order(
      R"({"status":"invalid","error":{"type":"urn:ietf:params:acme:error:caa","detail":"no"}})",
      order_url);
  EXPECT_EQ(order->error->code, Errc::caa);
  EXPECT_EQ(order->error->origin, Origin::order);
}

TEST(Order, ThatMakesNoSenseIsABadResponse) {
  std::string many = R"({"status":"pending","authorizations":["/1")";
  for (int i = 0; i < 200; ++i) many += ",\"/1\"";
  for (const std::string& json :
       {std::string(),
        std::string("null"),
        std::string("{}"),
        std::string(R"({"status":7})"),
        std::string(R"({"status":"valid "})"),
        std::string(R"({"status":"pending","authorizations":["ftp://x/"]})"),
        many + "]}"}) {
    const auto order = parse_order(json, order_url);
    ASSERT_FALSE(order) << json;
    EXPECT_EQ(order.error().code, Errc::bad_response);
  }
}

TEST(Order, IsAskedForWithItsIdentifiers) {
  EXPECT_EQ(encode_new_order({{Identifier(base::DomainName::parse("example.com").value()),
                               Identifier(base::DomainName::parse("*.example.com").value())}}),
            R"({"identifiers":[{"type":"dns","value":"example.com"},)"
            R"({"type":"dns","value":"*.example.com"}]})");
  EXPECT_EQ(encode_finalize("MIIB"), R"({"csr":"MIIB"})");
}

TEST(Order, IsAskedForWithItsProfileAndTheCertificateItReplaces) {
  EXPECT_EQ(encode_new_order({{Identifier(base::DomainName::parse("example.com").value())},
                              "shortlived",
                              CertId("aYhb.f2U")}),
            R"({"identifiers":[{"type":"dns","value":"example.com"}],)"
            R"("profile":"shortlived","replaces":"aYhb.f2U"})");
}

}  // namespace
}  // namespace acme
