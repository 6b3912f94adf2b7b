#include "agent/config/limit_rules.h"

#include <gtest/gtest.h>

#include "agent/config/load_config.h"

namespace agent {
namespace {

using namespace std::chrono_literals;

base::Result<Config, ConfigProblems> parse(const std::string& directory, const std::string& more) {
  return parse_config("authorities:\n  - name: ca\n    directory: " + directory +
                      "\n    terms_of_service_agreed: true\n" + more);
}

const std::string letsencrypt = "https://acme-v02.api.letsencrypt.org/directory";
const std::string other = "https://ca.example/directory";

AuthorityLimits limits(const std::string& directory, const std::string& more = "") {
  return parse(directory, more).value().authorities.at(0).limits;
}

TEST(Limits, AreThoseOfTheDirectoryByDefault) {
  EXPECT_EQ(limits(letsencrypt), limits_of(LimitPreset::letsencrypt, ""));
  EXPECT_EQ(limits("https://acme-staging-v02.api.letsencrypt.org/directory"),
            limits_of(LimitPreset::letsencrypt_staging, ""));
  EXPECT_EQ(limits(other), AuthorityLimits{});
  EXPECT_EQ(limits(letsencrypt, "    profile: shortlived\n").names_per_certificate, 25u);
}

TEST(Limits, CanBeOverriddenOneByOne) {
  AuthorityLimits expected = limits_of(LimitPreset::letsencrypt, "");
  expected.new_orders = RateLimit{3000, 3h};
  expected.certificates_per_set = std::nullopt;
  expected.use = 0.9;
  expected.renewal_reserve = 0;
  expected.exempt_renewals = ExemptRenewals::advised;
  EXPECT_EQ(limits(other,
                   "    limits: {preset: letsencrypt, new_orders: 3000 / 3h, certificates_per_set: "
                   "none, use: 90%, renewal_reserve: 0%, exempt_renewals: advised}\n"),
            expected);
}

TEST(Limits, OfRequestsASecondCanBeOverriddenToo) {
  AuthorityLimits expected = limits_of(LimitPreset::letsencrypt, "");
  expected.requests.new_order = RequestLimit{5, 5};
  expected.requests.other = RequestLimit{10, 40};
  EXPECT_EQ(limits(letsencrypt,
                   "    limits: {requests: {new_order: {per_second: 5}, "
                   "other: {per_second: 10, burst: 40}}}\n"),
            expected);
  EXPECT_EQ(limits(other, "    limits: {requests: {revoke: {per_second: 2}}}\n").requests,
            (RequestLimits{.revoke = RequestLimit{2, 2}}));
}

TEST(Limits, SayWhatWouldBeRight) {
  const std::string files[][2] = {
      {"new_orders: 300", "a number and a time as \"300 / 3h\", or none"},
      {"new_orders: 0 / 3h", "a number and a time as \"300 / 3h\", or none"},
      {"new_orders: 300 / 3", "a number and a time as \"300 / 3h\", or none"},
      {"use: 97", "a part as 97%, from 10% to 100%"},
      {"use: 5%", "a part as 97%, from 10% to 100%"},
      {"preset: letsencrpyt", "letsencrypt, letsencrypt-staging or none"},
      {"requests: {other: {burst: 3}}", "a whole number from 1 to 1000000"},
      {"requests: {other: {per_second: 0}}", "a whole number from 1 to 1000000"},
      {"exempt_renewals: all", "none, advised or advised-or-same-set"}};
  for (const auto& [key, expected] : files) {
    const auto config = parse(other, "    limits: {" + key + "}\n");
    ASSERT_FALSE(config) << key;
    EXPECT_NE(to_string(config.error().at(0), "f").find("expected " + expected), std::string::npos)
        << to_string(config.error().at(0), "f");
  }
}

TEST(Packing, IsReadFromTheFile) {
  const Config config =
      parse(other, "certificates: {names_per_certificate: auto, longest_backlog: 6h}\n").value();
  EXPECT_EQ(config.certificates.names_per_certificate, std::nullopt);
  EXPECT_EQ(config.certificates.longest_backlog, 6h);
  EXPECT_EQ(parse(other, "").value().certificates.names_per_certificate, 1u);
  EXPECT_FALSE(parse(other, "certificates: {names_per_certificate: 101}\n"));
}

}  // namespace
}  // namespace agent
