#include "agent/model/hostname.h"

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

Hostname make_hostname() {
  return Hostname{.name = base::DomainName::parse("www.example.org").value()};
}

TEST(CertStateOfAHostname, IsDisabledInModeOffWhateverWasServed) {
  EXPECT_EQ(cert_state(HostnameMode::off, now + 1h, now), CertState::disabled);
  EXPECT_EQ(cert_state(HostnameMode::off, std::nullopt, now), CertState::disabled);
}

TEST(CertStateOfAHostname, IsPendingUntilACertificateHasBeenServed) {
  EXPECT_EQ(cert_state(HostnameMode::automatic, std::nullopt, now), CertState::pending);
}

TEST(CertStateOfAHostname, IsReadyUntilTheServedCertificateExpires) {
  EXPECT_EQ(cert_state(HostnameMode::automatic, now + 1ms, now), CertState::ready);
  EXPECT_EQ(cert_state(HostnameMode::automatic, now, now), CertState::expired);
}

TEST(UrgencyOfAHostname, IsHighestForAFirstIssuanceThatHasNotFailed) {
  EXPECT_EQ(urgency(make_hostname()), Urgency::person_waits);
}

TEST(UrgencyOfAHostname, IsLowestForANameThatKeepsFailingBeforeItsFirstCertificate) {
  Hostname hostname = make_hostname();
  hostname.failures = 1;
  EXPECT_EQ(urgency(hostname), Urgency::retry);
}

TEST(UrgencyOfAHostname, OfARenewalStaysInTheMiddleWhenItFails) {
  Hostname hostname = make_hostname();
  hostname.certificate = CertificateId(1);
  EXPECT_EQ(urgency(hostname), Urgency::renewal);
  hostname.failures = 3;
  EXPECT_EQ(urgency(hostname), Urgency::renewal);
}

TEST(UrgencyOfAHostname, IsHighestForARequestedRenewalUntilItFails) {
  Hostname hostname = make_hostname();
  hostname.certificate = CertificateId(1);
  hostname.renewal_requested = true;
  EXPECT_EQ(urgency(hostname), Urgency::person_waits);
  hostname.failures = 1;
  EXPECT_EQ(urgency(hostname), Urgency::renewal);
}

TEST(HostnameTexts, AreReadBackAsTheSameValue) {
  for (const auto mode : {HostnameMode::automatic, HostnameMode::off}) {
    EXPECT_EQ(parse_hostname_mode(to_string(mode)), mode);
  }
  for (const auto value : {HttpsRedirect::on, HttpsRedirect::off}) {
    EXPECT_EQ(parse_https_redirect(to_string(value)), value);
  }
  for (const auto state : {CertState::none,
                           CertState::pending,
                           CertState::ready,
                           CertState::expired,
                           CertState::disabled}) {
    EXPECT_EQ(parse_cert_state(to_string(state)), state);
  }
}

TEST(HostnameTexts, AreNotGuessed) {
  EXPECT_EQ(parse_hostname_mode("Automatic"), std::nullopt);
  EXPECT_EQ(parse_https_redirect("yes"), std::nullopt);
  EXPECT_EQ(parse_cert_state(""), std::nullopt);
}

}  // namespace
}  // namespace agent
