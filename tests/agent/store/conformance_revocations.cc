#include "tests/agent/store/revocation_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(RevocationConformance, AreKeptWithWhatTheirRequestNeeds) {
  const CertificateId id = issue("a.example.org");
  EXPECT_EQ(request(id, acme::RevocationReason::key_compromise), RevocationOutcome::requested);
  reopen();
  const auto tasks = store().due_revocations("letsencrypt", start, 100).value();
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].chain_pem, "chain 0A01");
  EXPECT_EQ(tasks[0].private_key_pem, "key 0A01");
  EXPECT_EQ(tasks[0].revocation.reason, acme::RevocationReason::key_compromise);
  EXPECT_EQ(tasks[0].revocation.account, "thumbprint");
  EXPECT_EQ(store().next_revocation("letsencrypt").value(), start);
  EXPECT_THAT(store().due_revocations("other", start, 100).value(), IsEmpty());
}

TEST_P(RevocationConformance, OfACompromisedKeyWaitForNothing) {
  const CertificateId id = issue("a.example.org");
  request(id, acme::RevocationReason::key_compromise);
  EXPECT_THAT(due(), ElementsAre(id.value()));
  EXPECT_TRUE(detail("a.example.org").hostname.renewal_requested);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, start);
}

TEST_P(RevocationConformance, ForAnotherReasonComeAfterTheReplacement) {
  const CertificateId id = issue("a.example.org");
  request(id);
  EXPECT_TRUE(known(id).awaits_replacement);
  EXPECT_THAT(due(start + 23h), IsEmpty());
  replace("a.example.org", "0A02");
  EXPECT_THAT(due(start + 1h), ElementsAre(id.value())) << "though the certificate is forgotten";
  EXPECT_EQ(store().certificate_bundle(id).error().code, StoreErrc::not_found);
}

TEST_P(RevocationConformance, DoNotWaitForAReplacementThatDoesNotCome) {
  const CertificateId id = issue("a.example.org");
  request(id);
  EXPECT_THAT(due(start + 24h), ElementsAre(id.value()));
}

TEST_P(RevocationConformance, WithoutReplacementLeaveTheHostnameAlone) {
  const CertificateId id = issue("a.example.org");
  const HostnameDetail before = detail("a.example.org");
  request(id, acme::RevocationReason::cessation_of_operation, Replacement::none);
  EXPECT_THAT(due(), ElementsAre(id.value()));
  EXPECT_EQ(detail("a.example.org").hostname, before.hostname);
  EXPECT_EQ(detail("a.example.org").certificate->next_check, std::nullopt)
      << "its authority would advise to renew it";
}

TEST_P(RevocationConformance, ReplaceNothingOfAHostnameThatIsOff) {
  const CertificateId id = issue("a.example.org");
  set_mode("a.example.org", HostnameMode::off);
  EXPECT_EQ(request(id), RevocationOutcome::requested) << "it is retired, and not forgotten yet";
  EXPECT_FALSE(known(id).awaits_replacement);
  EXPECT_EQ(detail("a.example.org").hostname.next_attempt, std::nullopt);
}

TEST_P(RevocationConformance, OfManyAreReplacedAsRenewals) {
  const CertificateId id = issue("a.example.org");
  request(id, acme::RevocationReason::superseded, Replacement::as_renewal);
  EXPECT_FALSE(detail("a.example.org").hostname.renewal_requested);
  EXPECT_THAT(due_names(start), ElementsAre("a.example.org"));
  EXPECT_LE(detail("a.example.org").certificate->renew_at, start) << "the planner looks at it";
}

TEST_P(RevocationConformance, AreAskedForOnce) {
  const CertificateId id = issue("a.example.org");
  request(id, acme::RevocationReason::key_compromise);
  EXPECT_EQ(request(id), RevocationOutcome::under_way);
  ASSERT_TRUE(store().save_revocation({.certificate = id}, start + 1min));
  EXPECT_EQ(request(id), RevocationOutcome::already_revoked);
  EXPECT_EQ(request(CertificateId(4711)), RevocationOutcome::not_found);
  EXPECT_EQ(known(id).reason, acme::RevocationReason::key_compromise);
}

TEST_P(RevocationConformance, AreTriedAgainAsLongAsTheyArePending) {
  const CertificateId id = issue("a.example.org");
  request(id, acme::RevocationReason::key_compromise);
  const RevocationAttempt failed{id, RevocationState::pending, "the authority is away", start + 5s};
  ASSERT_TRUE(store().save_revocation(failed, start));
  EXPECT_THAT(due(), IsEmpty());
  EXPECT_THAT(due(start + 5s), ElementsAre(id.value()));
  EXPECT_EQ(known(id).failures, 1U);
  EXPECT_EQ(known(id).last_error, "the authority is away");
}

TEST_P(RevocationConformance, EndWithAnEventAndWithoutTheirCopyOfTheKey) {
  const CertificateId id = issue("a.example.org");
  request(id, acme::RevocationReason::key_compromise);
  ASSERT_TRUE(store().save_revocation({.certificate = id}, start + 1min));
  EXPECT_THAT(due(start + 24h), IsEmpty());
  EXPECT_EQ(known(id).state, RevocationState::revoked);
  EXPECT_EQ(known(id).revoked_at, start + 1min);
  EXPECT_EQ(event_kinds("a.example.org").back(), EventKind::certificate_revoked);
  EXPECT_EQ(store().next_revocation("letsencrypt").value(), std::nullopt);
}

TEST_P(RevocationConformance, ThatAreRefusedMayBeAskedForAgain) {
  const CertificateId id = issue("a.example.org");
  request(id, acme::RevocationReason::key_compromise);
  ASSERT_TRUE(store().save_revocation({id, RevocationState::refused, "no", {}}, start));
  EXPECT_EQ(known(id).state, RevocationState::refused);
  EXPECT_EQ(known(id).last_error, "no");
  EXPECT_EQ(event_kinds("a.example.org").back(), EventKind::revocation_refused);
  EXPECT_EQ(request(id, acme::RevocationReason::key_compromise), RevocationOutcome::requested);
  EXPECT_THAT(due(), ElementsAre(id.value()));
}

TEST_P(RevocationConformance, GoWithTheAccountThatChangesItsKey) {
  const CertificateId id = issue("a.example.org");
  request(id, acme::RevocationReason::key_compromise);
  Account account{.authority = "letsencrypt",
                  .directory_url = "https://ca.example/dir",
                  .key_pem = "key",
                  .thumbprint = "thumbprint"};
  ASSERT_TRUE(store().put_account(account, start));
  account.next_key = {"next key", "next"};
  ASSERT_TRUE(store().begin_key_change(account, start));
  ASSERT_TRUE(store().finish_key_change(account, start));
  EXPECT_EQ(known(id).account, "next");
}

TEST_P(RevocationConformance, AreListedByStateAndForgottenOnceTheCertificateHasExpired) {
  const CertificateId first = issue("a.example.org", "01");
  const CertificateId second = issue("b.example.org", "02");
  request(first, acme::RevocationReason::key_compromise);
  request(second, acme::RevocationReason::key_compromise);
  ASSERT_TRUE(store().save_revocation({.certificate = first}, start));
  const auto listed = [this](std::optional<RevocationState> state) {
    std::vector<std::int64_t> ids;
    const auto all = store().revocations(state, CertificateId(0), 100).value();
    for (const Revocation& revocation : all) ids.push_back(revocation.certificate.value());
    return ids;
  };
  EXPECT_THAT(listed(std::nullopt), ElementsAre(first.value(), second.value()));
  EXPECT_THAT(listed(RevocationState::pending), ElementsAre(second.value()));
  request(CertificateId(4711), {}, Replacement::none, start + 24h * 91);
  EXPECT_THAT(listed(std::nullopt), ElementsAre(second.value())) << "that one is still pending";
}

TEST_P(RevocationConformance, ACompromisedKeyIsNeverCertifiedAgain) {
  const CertificateId id = issue("a.example.org");
  ASSERT_TRUE(store().request_renewal(names({"a.example.org"}), start));
  const OrderRecord open = order_for({"a.example.org"});
  EXPECT_NE(store().reusable_key(open.id).value(), std::nullopt);
  request(id, acme::RevocationReason::key_compromise);
  EXPECT_EQ(store().reusable_key(open.id).error().code, StoreErrc::gone);
  EXPECT_EQ(store().reusable_key(order_for({"a.example.org"}).id).value(), std::nullopt);
}

}  // namespace
}  // namespace agent
