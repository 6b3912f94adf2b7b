#include "agent/lookup/traffic_meter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

HostnameTraffic traffic(std::string_view name, std::uint8_t level) {
  return {*base::DomainName::parse(name), level};
}
void count(TrafficMeter& meter, std::string_view name, int samples) {
  for (int i = 0; i < samples; ++i) meter.count(name);
}

TEST(TrafficMeter, HasALevelForEachFourfold) {
  TrafficMeter meter(100);
  count(meter, "one.example", 1);
  count(meter, "three.example", 3);
  count(meter, "four.example", 4);
  count(meter, "many.example", 15);
  count(meter, "more.example", 16);
  count(meter, "most.example", 1'000'000);
  EXPECT_THAT(meter.take_changes(),
              UnorderedElementsAre(traffic("one.example", 1),
                                   traffic("three.example", 1),
                                   traffic("four.example", 2),
                                   traffic("many.example", 2),
                                   traffic("more.example", 3),
                                   traffic("most.example", HostnameTraffic::busiest)));
}

TEST(TrafficMeter, TellsOnlyWhatHasChanged) {
  TrafficMeter meter(100);
  count(meter, "a.example", 8);
  EXPECT_THAT(meter.take_changes(), ElementsAre(traffic("a.example", 2)));
  count(meter, "a.example", 4);  // 8 again
  EXPECT_THAT(meter.take_changes(), IsEmpty());
}

TEST(TrafficMeter, ForgetsWhatIsNoLongerAskedFor) {
  TrafficMeter meter(100);
  count(meter, "a.example", 4);
  EXPECT_THAT(meter.take_changes(), ElementsAre(traffic("a.example", 2)));
  EXPECT_THAT(meter.take_changes(), ElementsAre(traffic("a.example", 1)));
  EXPECT_THAT(meter.take_changes(), IsEmpty());  // 1 sample
  EXPECT_THAT(meter.take_changes(), ElementsAre(traffic("a.example", 0)));
  EXPECT_EQ(meter.size(), 0u);
}

TEST(TrafficMeter, LetsLevelsOfAnEarlierRunSink) {
  TrafficMeter meter(100);
  meter.restore(std::vector<HostnameTraffic>{traffic("a.example", 3)});
  EXPECT_THAT(meter.take_changes(), IsEmpty());
  EXPECT_THAT(meter.take_changes(), ElementsAre(traffic("a.example", 2)));
}

TEST(TrafficMeter, KnowsNoMoreHostnamesThanItMay) {
  TrafficMeter meter(2);
  meter.count("a.example");
  meter.count("b.example");
  meter.count("c.example");
  EXPECT_EQ(meter.size(), 2u);
  meter.restore(std::vector<HostnameTraffic>{traffic("d.example", 3)});
  EXPECT_EQ(meter.size(), 2u);
}

}  // namespace
}  // namespace agent
