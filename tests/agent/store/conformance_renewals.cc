#include "tests/agent/store/store_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

RenewalAdvice advice_at(base::WallTime instant) {
  return {instant - 1h, instant + 1h, instant, "https://ca.example/why"};
}

RenewalCheck check_of(CertificateId id, base::WallTime instant) {
  return {.certificate = id,
          .advised = RenewalCheck::Advised{advice_at(instant), instant},
          .next_check = start + 6h};
}

void save(Store& store, const RenewalCheck& check) {
  ASSERT_TRUE(store.save_renewal_checks(std::vector{check}, start));
}

std::vector<std::int64_t> due_checks(Store& store, base::WallTime now, std::size_t limit = 100) {
  std::vector<std::int64_t> ids;
  const std::vector<Certificate> due = store.due_renewal_checks("letsencrypt", now, limit).value();
  for (const Certificate& certificate : due) {
    ids.push_back(certificate.id.value());
  }
  return ids;
}

TEST_P(StoreConformance, ANewCertificateIsDueForACheckWithItsIdAndAccount) {
  issue("a.example.org");
  const auto certificates = store().due_renewal_checks("letsencrypt", start, 10).value();
  ASSERT_EQ(certificates.size(), 1U);
  EXPECT_EQ(certificates[0].cert_id, "aYhb.0A01");
  EXPECT_EQ(certificates[0].account, "thumbprint");
  EXPECT_EQ(certificates[0].advice, std::nullopt);
}

TEST_P(StoreConformance, TheLongestDueIsCheckedFirst) {
  const CertificateId first = issue("a.example.org", "01");
  const CertificateId second = issue("b.example.org", "02");
  const CertificateId third = issue("c.example.org", "03");
  save(store(), {.certificate = first, .next_check = start + 3h});
  save(store(), {.certificate = second, .next_check = start + 2h});
  save(store(), {.certificate = third, .next_check = start + 4h});
  EXPECT_EQ(store().next_renewal_check("letsencrypt").value(), start + 2h);
  EXPECT_EQ(store().next_renewal_check("another").value(), std::nullopt);
  EXPECT_THAT(store().due_renewal_checks("another", start + 3h, 10).value(), IsEmpty());
  EXPECT_THAT(due_checks(store(), start + 3h), ElementsAre(second.value(), first.value()));
  EXPECT_THAT(due_checks(store(), start + 3h, 1), ElementsAre(second.value()));
  EXPECT_THAT(due_checks(store(), start + 1h), IsEmpty());
}

TEST_P(StoreConformance, AdviceIsKeptAndMovesTheHostname) {
  const CertificateId id = issue("a.example.org");
  save(store(), check_of(id, start + 24h * 50));
  reopen();
  const HostnameDetail kept = detail("a.example.org");
  EXPECT_EQ(kept.certificate->advice, advice_at(start + 24h * 50));
  EXPECT_EQ(kept.certificate->renew_at, start + 24h * 50);
  EXPECT_EQ(kept.certificate->next_check, start + 6h);
  EXPECT_EQ(kept.hostname.next_attempt, start + 24h * 50);
}

TEST_P(StoreConformance, AdviceInThePastMakesTheHostnameDueNow) {
  const CertificateId id = issue("a.example.org");
  EXPECT_THAT(due_names(start), IsEmpty());
  save(store(), check_of(id, start - 30min));
  EXPECT_THAT(due_names(start), ElementsAre("a.example.org"));
}

TEST_P(StoreConformance, AFailedCheckKeepsWhatIsKnown) {
  const CertificateId id = issue("a.example.org");
  save(store(), check_of(id, start + 24h * 50));
  save(store(), {.certificate = id, .next_check = start + 7h, .failed_checks = 3});
  const HostnameDetail kept = detail("a.example.org");
  EXPECT_EQ(kept.certificate->advice, advice_at(start + 24h * 50));
  EXPECT_EQ(kept.certificate->renew_at, start + 24h * 50);
  EXPECT_EQ(kept.certificate->failed_checks, 3U);
  EXPECT_EQ(kept.certificate->next_check, start + 7h);
}

TEST_P(StoreConformance, AdviceDoesNotTouchAnOpenOrderOrAHostnameThatFailed) {
  const CertificateId ordered = issue("a.example.org", "01");
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  order_for({"a.example.org"});
  const CertificateId failed = issue("b.example.org", "02");
  ASSERT_TRUE(store().request_renewal(names({"b.example.org"}), start));
  const OrderRecord order = order_for({"b.example.org"});
  ASSERT_TRUE(store().fail_order(order.id, {"no", start + 10min}, start));
  save(store(), check_of(ordered, start - 1h));
  save(store(), check_of(failed, start - 1h));
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, std::nullopt);
  EXPECT_EQ(detail("b.example.org").hostname.next_attempt, start + 10min);
  EXPECT_THAT(due_names(start), IsEmpty());
}

TEST_P(StoreConformance, OnlyAnotherWindowIsAnEvent) {
  const CertificateId id = issue("a.example.org");
  save(store(), check_of(id, start + 24h * 50));
  save(store(), check_of(id, start + 24h * 50));
  EXPECT_THAT(event_kinds("a.example.org"), Not(Contains(EventKind::renewal_moved)));
  save(store(), check_of(id, start - 30min));
  const Event event = store().events({.subject = "a.example.org"}).value().back();
  EXPECT_EQ(event.kind, EventKind::renewal_moved);
  EXPECT_EQ(event.detail,
            "window=2029-12-31T22:30:00Z/2030-01-01T00:30:00Z instant=2029-12-31T23:30:00Z "
            "explanation=https://ca.example/why");
}

TEST_P(StoreConformance, ARetiredOrUnknownCertificateIsNotChecked) {
  const CertificateId id = issue("a.example.org");
  remove({"a.example.org"});
  EXPECT_THAT(due_checks(store(), start), IsEmpty());
  EXPECT_EQ(store().next_renewal_check("letsencrypt").value(), std::nullopt);
  save(store(), check_of(id, start - 1h));
  save(store(), check_of(CertificateId(4711), start - 1h));
  const auto retired = store().certificates(CertificateSelection::retired, CertificateId(0), 1);
  EXPECT_EQ(retired.value().at(0).advice, std::nullopt);
}

TEST_P(StoreConformance, ACertificateThatIsNeverCheckedAgainIsNotDue) {
  const CertificateId id = issue("a.example.org");
  save(store(), {.certificate = id});
  EXPECT_THAT(due_checks(store(), start + 24h * 365), IsEmpty());
}

TEST_P(StoreConformance, ChecksWrittenUnderAFastClockAreRescued) {
  const CertificateId far = issue("a.example.org", "01");
  const CertificateId near = issue("b.example.org", "02");
  save(store(), {.certificate = far, .next_check = start + 24h * 365});
  save(store(), {.certificate = near, .next_check = start + 6h});
  EXPECT_EQ(store().rescue_attempts(start, 24h * 8, 1h).value(), 0U);
  EXPECT_THAT(due_checks(store(), start + 1h), ElementsAre(far.value()));
  EXPECT_EQ(detail("b.example.org").certificate->next_check, start + 6h);
}

TEST_P(StoreConformance, AnOrderKeepsWhatItReplaces) {
  add({"a.example.org"});
  const std::vector<NewOrder> orders = {{"letsencrypt", names({"a.example.org"}), "aYhb.0A01"}};
  EXPECT_EQ(store().create_orders(orders, start).value().at(0).replaces, "aYhb.0A01");
  reopen();
  EXPECT_EQ(store().open_orders().value().at(0).replaces, "aYhb.0A01");
}

}  // namespace
}  // namespace agent
