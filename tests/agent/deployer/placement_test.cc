#include "agent/deployer/placement.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

const std::vector<std::set<std::string>> instances = {{"eu", "big"}, {"eu"}, {"us"}};

std::string where(Placement& placement, std::vector<std::string> texts) {
  std::vector<base::DomainName> names;
  for (const std::string& text : texts) names.push_back(base::DomainName::parse(text).value());
  const DestinationId destination = placement.place(names);
  std::string members;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (placement.includes(destination, i)) members += std::to_string(i);
  }
  return members;
}

TEST(Placement, IsEverywhereWithoutARule) {
  Placement placement({}, instances);
  EXPECT_EQ(where(placement, {"a.example"}), "012");
}

TEST(Placement, FollowsTheLongestSuffixThatIsWholeLabels) {
  const std::vector<PlacementRule> rules = {{"example", {"us"}}, {"b.example", {"eu"}}};
  Placement placement(rules, instances);
  EXPECT_EQ(where(placement, {"a.example"}), "2");
  EXPECT_EQ(where(placement, {"b.example"}), "01");
  EXPECT_EQ(where(placement, {"x.y.b.example"}), "01");
  EXPECT_EQ(where(placement, {"*.b.example"}), "01");
  EXPECT_EQ(where(placement, {"ab.example"}), "2");
  EXPECT_EQ(where(placement, {"a.test"}), "012");
}

TEST(Placement, NeedsAllLabelsOfTheRule) {
  const std::vector<PlacementRule> rules = {{"example", {"eu", "big"}}};
  Placement placement(rules, instances);
  EXPECT_EQ(where(placement, {"a.example"}), "0");
}

TEST(Placement, TakesACertificateWhereverOneOfItsNamesGoes) {
  const std::vector<PlacementRule> rules = {{"a.example", {"us"}}, {"b.example", {"big"}}};
  Placement placement(rules, instances);
  EXPECT_EQ(where(placement, {"www.a.example", "www.b.example"}), "02");
}

TEST(Placement, NumbersEachSetOfInstancesOnce) {
  const std::vector<PlacementRule> rules = {{"a.example", {"us"}}, {"b.example", {"us"}}};
  Placement placement(rules, instances);
  const std::vector<base::DomainName> a = {base::DomainName::parse("a.example").value()};
  const std::vector<base::DomainName> b = {base::DomainName::parse("b.example").value()};
  EXPECT_EQ(placement.place(a), placement.place(b));
}

}  // namespace
}  // namespace agent
