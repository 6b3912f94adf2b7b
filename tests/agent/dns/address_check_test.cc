#include "agent/dns/address_check.h"

#include <gtest/gtest.h>

#include "tests/agent/dns/run_awaitable.h"
#include "tests/agent/dns/scripted_resolver.h"

namespace agent {
namespace {

using Finding = AddressCheck::Finding;

class AddressCheckTest : public testing::Test {
 protected:
  AddressCheck check(const std::vector<std::string>& own) {
    return test::run(loop_, check_addresses(resolver_, test::name("a.example"), own));
  }
  void lead_to(const std::vector<std::string>& addresses) {
    std::vector<dns::RecordData> data;
    for (const std::string& address : addresses) data.emplace_back(dns::Address{address});
    resolver_.set("a.example", dns::RecordType::a, data);
  }

  base::asio::io_context loop_{1};
  test::ScriptedResolver resolver_;
};

TEST_F(AddressCheckTest, FindsWhereANameLeads) {
  lead_to({"192.0.2.1", "192.0.2.2"});
  EXPECT_EQ(check({"192.0.2.1", "192.0.2.2", "192.0.2.3"}).finding, Finding::ours);
  EXPECT_EQ(check({}).finding, Finding::ours);
  EXPECT_EQ(check({"192.0.2.1"}).finding, Finding::partly);
  EXPECT_EQ(check({"192.0.2.3"}).finding, Finding::foreign);
  EXPECT_EQ(check({"192.0.2.3"}).detail,
            "a.example points to 192.0.2.1, 192.0.2.2; it has to point to 192.0.2.3");
}

TEST_F(AddressCheckTest, TellsANameWithoutAddressFromOneThatNobodyKnows) {
  EXPECT_EQ(check({"192.0.2.1"}).finding, Finding::none);
  EXPECT_EQ(check({"192.0.2.1"}).detail,
            "a.example has no address; create an A or AAAA record for 192.0.2.1");
  resolver_.fail("a.example", dns::RecordType::a);
  EXPECT_EQ(check({"192.0.2.1"}).finding, Finding::unknown);
}

}  // namespace
}  // namespace agent
