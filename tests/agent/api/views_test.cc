#include "agent/api/views.h"

#include <chrono>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace agent {
namespace {

using namespace std::chrono_literals;

const base::WallTime now = std::chrono::sys_days{2030y / 1 / 2} + 3h + 4min + 5s;

HostnameDetail detail_of(const char* name) {
  return {.hostname = {.name = base::DomainName::parse(name).value(), .created = now}};
}

Certificate certificate(CertificateState state) {
  return {.id = CertificateId(7),
          .authority = "ca",
          .names = {base::DomainName::parse("a.example").value()},
          .serial = "0AFF",
          .fingerprint = "ABCD",
          .not_before = now,
          .not_after = now + 24h,
          .renew_at = now + 16h,
          .state = state,
          .bundle_path = "a.pem"};
}

TEST(Views, WriteTimesAsRfc3339) {
  EXPECT_EQ(to_text(now), "2030-01-02T03:04:05Z");
  EXPECT_EQ(to_text(now + 999ms), "2030-01-02T03:04:05Z");
  EXPECT_EQ(to_text(base::WallTime{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_text(base::WallTime{} - 1ms), "1969-12-31T23:59:59Z");
}

TEST(Views, ShowANewHostname) {
  EXPECT_EQ(
      to_json(detail_of("a.example"), now).dump(),
      R"({"name":"a.example","mode":"automatic","https_redirect":false,)"
      R"("challenge_path":"answered","state":"pending",)"
      R"("stage":"queued","certificate":null,"failures":0,"last_error":null,)"
      R"("next_attempt":null,"zone":null,"covered_by":null,"created":"2030-01-02T03:04:05Z"})");
}

TEST(Views, ShowThatAHostnameLeadsElsewhere) {
  HostnameDetail detail = detail_of("a.example");
  detail.certificate = certificate(CertificateState::served);
  detail.hostname.absent_since = now - 24h;
  detail.hostname.absence = "a.example has no address";
  EXPECT_EQ(to_json(detail, now)["stage"], "served");
  EXPECT_EQ(to_json(detail, now)["absence"].dump(),
            R"({"since":"2030-01-01T03:04:05Z","reason":"a.example has no address",)"
            R"("unused_since":null})");
  detail.hostname.unused_since = now;
  EXPECT_EQ(to_json(detail, now)["stage"], "served; not renewed, unused: a.example has no address");
  EXPECT_EQ(to_json(detail, now)["absence"]["unused_since"], "2030-01-02T03:04:05Z");
}

TEST(Views, ShowAHostnameWithEverything) {
  HostnameDetail detail = detail_of("xn--bcher-kva.example");
  detail.hostname.https_redirect = HttpsRedirect::on;
  detail.hostname.served_until = now + 1h;
  detail.hostname.failures = 2;
  detail.hostname.last_error = "refused";
  detail.hostname.next_attempt = now + 1h;
  detail.certificate = certificate(CertificateState::served);
  detail.certificate->advice = {now + 15h, now + 17h, now + 16h, "https://ca.example/why"};
  EXPECT_EQ(to_json(detail, now).dump(),
            R"({"name":"xn--bcher-kva.example","unicode_name":"bücher.example","mode":"automatic",)"
            R"("https_redirect":true,"challenge_path":"answered","state":"ready",)"
            R"("stage":"served; renewal waiting: refused, next attempt at 2030-01-02T04:04:05Z",)"
            R"("certificate":{"id":7,"authority":"ca","names":["a.example"],"key":null,)"
            R"("serial":"0AFF",)"
            R"("fingerprint":"ABCD","not_before":"2030-01-02T03:04:05Z",)"
            R"("not_after":"2030-01-03T03:04:05Z","renew_at":"2030-01-02T19:04:05Z",)"
            R"("renewal_info":{"window_start":"2030-01-02T18:04:05Z",)"
            R"("window_end":"2030-01-02T20:04:05Z","explanation_url":"https://ca.example/why"},)"
            R"("state":"served"},)"
            R"("failures":2,"last_error":"refused","next_attempt":"2030-01-02T04:04:05Z",)"
            R"("zone":null,"covered_by":null,"created":"2030-01-02T03:04:05Z"})");
}

TEST(Views, ShowASecondCertificateAndItsTrouble) {
  HostnameDetail detail = detail_of("a.example");
  detail.second = SecondCertificate{};
  EXPECT_EQ(to_json(detail, now)["second_certificate"].dump(),
            R"({"stage":"queued","certificate":null,"failures":0,"last_error":null,)"
            R"("next_attempt":null})");
  detail.second->failures = 1;
  detail.second->last_error = "no RSA";
  detail.second->next_attempt = now;
  EXPECT_EQ(to_json(detail, now)["second_certificate"]["stage"],
            "waiting: no RSA, next attempt at 2030-01-02T03:04:05Z");
  detail.second->certificate = certificate(CertificateState::served);
  detail.second->certificate->key = KeyAlgorithm::rsa;
  EXPECT_EQ(to_json(detail, now)["second_certificate"]["certificate"]["key"], "rsa");
  EXPECT_EQ(to_json(detail, now)["stage"], "queued") << "that is of the first";
}

TEST(Views, TellTheStageOfAFirstIssuance) {
  HostnameDetail detail = detail_of("a.example");
  EXPECT_EQ(stage_of(detail), "queued");
  detail.order = OpenOrder{.id = OrderId(1)};
  EXPECT_EQ(stage_of(detail), "ordering");
  detail.order->stage = "validating";
  EXPECT_EQ(stage_of(detail), "validating");
  detail.order.reset();
  detail.certificate = certificate(CertificateState::issued);
  EXPECT_EQ(stage_of(detail), "deploying");
  detail.certificate->state = CertificateState::served;
  EXPECT_EQ(stage_of(detail), "served");
}

TEST(Views, TellTheStageOfATroubledHostname) {
  HostnameDetail detail = detail_of("a.example");
  detail.hostname.failures = 1;
  detail.hostname.last_error = "no route to host";
  EXPECT_EQ(stage_of(detail), "waiting: no route to host");
  detail.hostname.next_attempt = now;
  EXPECT_EQ(stage_of(detail), "waiting: no route to host, next attempt at 2030-01-02T03:04:05Z");
  detail.order = OpenOrder{.id = OrderId(1), .stage = "validating"};
  EXPECT_EQ(stage_of(detail), "validating");
}

TEST(Views, TellTheStageOfARenewal) {
  HostnameDetail detail = detail_of("a.example");
  detail.certificate = certificate(CertificateState::served);
  detail.hostname.renewal_requested = true;
  EXPECT_EQ(stage_of(detail), "served; renewal queued");
  detail.order = OpenOrder{.id = OrderId(1), .stage = "finalizing"};
  EXPECT_EQ(stage_of(detail), "finalizing");
}

TEST(Views, TellThatAHostnameIsOff) {
  HostnameDetail detail = detail_of("a.example");
  detail.hostname.mode = HostnameMode::off;
  EXPECT_EQ(stage_of(detail), "off");
  EXPECT_EQ(to_json(detail, now)["state"], "disabled");
}

TEST(Views, ShowAnEvent) {
  const Event event{.sequence = 3,
                    .at = now,
                    .kind = EventKind::order_failed,
                    .subject = "a.example",
                    .detail = "a peer's \xff byte"};
  EXPECT_EQ(to_json(event)["kind"], "order failed");
  EXPECT_EQ(to_json(event)["sequence"], 3);
}

}  // namespace
}  // namespace agent
