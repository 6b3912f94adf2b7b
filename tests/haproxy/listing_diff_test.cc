#include "haproxy/listing_diff.h"

#include <chrono>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace haproxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Fingerprint one("11");
const Fingerprint two("22");

TEST(ListingDiff, IsEmptyWhenAllIsAsItShallBe) {
  EXPECT_THAT(plan_steps({{"/o/a", one}}, {{"/o/a", {one, true}}}, "/o/"), IsEmpty());
  EXPECT_THAT(plan_steps({}, {}, "/o/"), IsEmpty());
}

TEST(ListingDiff, HasOneStepForEachDifference) {
  const DesiredCertificates desired = {{"/o/missing", one},
                                       {"/o/old", two},
                                       {"/o/right", one},
                                       {"/o/unknown", one},
                                       {"/o/unlisted", one}};
  const ActualCertificates actual = {{"/o/old", {one, true}},
                                     {"/o/right", {one, true}},
                                     {"/o/unknown", {std::nullopt, true}},
                                     {"/o/unlisted", {one, false}}};
  EXPECT_THAT(plan_steps(desired, actual, "/o/"),
              ElementsAre(DiffStep{Action::add, "/o/missing"},
                          DiffStep{Action::renew, "/o/old"},
                          DiffStep{Action::inspect, "/o/unknown"},
                          DiffStep{Action::add, "/o/unlisted"}));
}

TEST(ListingDiff, RemovesAfterEverythingElseIsInPlace) {
  const ActualCertificates actual = {
      {"/o/0", {one, true}}, {"/o/5", {std::nullopt, false}}, {"/o/9", {one, true}}};
  EXPECT_THAT(plan_steps({{"/o/3", one}, {"/o/7", one}}, actual, "/o/"),
              ElementsAre(DiffStep{Action::add, "/o/3"},
                          DiffStep{Action::add, "/o/7"},
                          DiffStep{Action::remove, "/o/0"},
                          DiffStep{Action::remove, "/o/5"},
                          DiffStep{Action::remove, "/o/9"}));
}

TEST(ListingDiff, LeavesTheOperatorsCertificatesAlone) {
  const ActualCertificates actual = {
      {"/etc/default.pem", {one, true}}, {"/o", {one, true}}, {"/o2/x", {one, true}}};
  EXPECT_THAT(plan_steps({}, actual, "/o/"), IsEmpty());
}

TEST(ListingDiff, Compares100000CertificatesInWellUnderASecond) {
  DesiredCertificates desired;
  ActualCertificates actual;
  for (int i = 0; i < 100000; ++i) {
    const std::string path = "/var/lib/acme-spoa/haproxy/shop" + std::to_string(i) + ".pem";
    if (i % 1000 != 0) desired.emplace(path, i % 100 == 1 ? two : one);
    if (i % 500 != 1) actual.emplace(path, ActualCertificate{one, true});
  }
  const auto start = std::chrono::steady_clock::now();
  const auto steps = plan_steps(desired, actual, "/var/lib/acme-spoa/");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(steps.size(), 1000u + 100u);  // 200 additions, 800 renewals, 100 removals
}

}  // namespace
}  // namespace haproxy
