#include "agent/api/order_routes.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "tests/agent/api/api_fixture.h"

namespace agent {
namespace {

using nlohmann::json;

class OrderRoutesTest : public ApiFixture {
 protected:
  json orders(const std::string& query = "") {
    return json::parse(get("/v1/orders" + query).body).at("orders");
  }
};

TEST_F(OrderRoutesTest, ListsTheOpenOnesOfAnAuthority) {
  EXPECT_TRUE(orders().empty());
  ASSERT_EQ(put("/v1/hostnames/a.example", "{}").status, 201U);
  in_store([&](Store& store) {
    const base::DomainName name = base::DomainName::parse("a.example").value();
    const NewOrder order{.authority = "ca", .names = {name}, .replaces = "abc.def"};
    ASSERT_EQ(store.create_orders(std::span(&order, 1), now())->size(), 1U);
  });
  ASSERT_EQ(orders().size(), 1U);
  const json order = orders("?authority=ca")[0];
  EXPECT_EQ(order["authority"], "ca");
  EXPECT_EQ(order["names"], json({"a.example"}));
  EXPECT_EQ(order["stage"], "ordering");
  EXPECT_EQ(order["failures"], 0);
  EXPECT_EQ(order["failing_since"], nullptr);
  EXPECT_EQ(order["replaces"], "abc.def");
  EXPECT_EQ(order["second"], false);
  EXPECT_TRUE(orders("?authority=other").empty());
  EXPECT_EQ(get("/v1/orders?author=ca").status, 400U);
}

}  // namespace
}  // namespace agent
