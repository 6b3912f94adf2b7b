#include "tests/agent/store/store_conformance.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Account account_with(const std::string& thumbprint) {
  return {.authority = "letsencrypt",
          .directory_url = "https://ca.example/dir",
          .url = "https://ca.example/acct/1",
          .key_pem = "key of " + thumbprint,
          .thumbprint = thumbprint};
}

/// The account of bundle_for()'s certificates, with the key that it is to get.
Account changing_account() {
  Account account = account_with("thumbprint");
  account.next_key = {"key of next", "next"};
  return account;
}

TEST_P(StoreConformance, TheNextKeyOfAnAccountIsKeptBesideItsKey) {
  const Account account = changing_account();
  ASSERT_TRUE(store().put_account(account_with("thumbprint"), start));
  ASSERT_TRUE(store().begin_key_change(account, start));
  reopen();
  EXPECT_EQ(store().account("letsencrypt", account.directory_url).value(), account);
  EXPECT_EQ(store().begin_key_change(account, start).error().code, StoreErrc::conflict);
}

TEST_P(StoreConformance, AFinishedKeyChangeMakesTheNextKeyTheAccounts) {
  const CertificateId id = issue("a.example.org");
  ASSERT_TRUE(store().put_account(account_with("thumbprint"), start));
  ASSERT_TRUE(store().begin_key_change(changing_account(), start));
  ASSERT_TRUE(store().finish_key_change(changing_account(), start));
  reopen();
  const Account after = store().account("letsencrypt", "https://ca.example/dir").value().value();
  EXPECT_EQ(after.key_pem, "key of next");
  EXPECT_EQ(after.thumbprint, "next");
  EXPECT_EQ(after.url, "https://ca.example/acct/1");
  EXPECT_EQ(after.next_key, std::nullopt);
  EXPECT_EQ(store().certificate_bundle(id)->certificate.account, "next")
      << "or no renewal would say what it replaces";
  EXPECT_THAT(event_kinds("letsencrypt"),
              ElementsAre(EventKind::account_saved,
                          EventKind::account_key_changing,
                          EventKind::account_key_changed));
  EXPECT_EQ(store().finish_key_change(changing_account(), start).error().code, StoreErrc::gone)
      << "it has another key by now";
}

TEST_P(StoreConformance, AKeyChangeThatIsGivenUpLeavesTheKey) {
  ASSERT_TRUE(store().put_account(account_with("thumbprint"), start));
  ASSERT_TRUE(store().begin_key_change(changing_account(), start));
  ASSERT_TRUE(store().give_up_key_change(changing_account(), "refused", start));
  EXPECT_EQ(store().account("letsencrypt", "https://ca.example/dir").value(),
            account_with("thumbprint"));
}

TEST_P(StoreConformance, WhatIsLearntOfAnAccountIsNotKeptForAnotherKey) {
  ASSERT_TRUE(store().put_account(account_with("new"), start));
  Account old = account_with("old");
  old.url = "https://ca.example/acct/0";
  old.status = AccountStatus::deactivated;
  EXPECT_EQ(store().save_account_url(old, start).error().code, StoreErrc::gone);
  EXPECT_EQ(store().save_account_status(old, start).error().code, StoreErrc::gone);
  EXPECT_EQ(store().begin_key_change(old, start).error().code, StoreErrc::gone);
  EXPECT_EQ(store().account("letsencrypt", old.directory_url).value(), account_with("new"));
}

TEST_P(StoreConformance, AnAccountsUrlIsKeptWithoutTouchingItsKeys) {
  Account account = changing_account();
  account.url = std::nullopt;
  ASSERT_TRUE(store().put_account(account, start));
  Account known = account_with("thumbprint");  // knows nothing of the next key
  ASSERT_TRUE(store().save_account_url(known, start));
  EXPECT_EQ(store().account("letsencrypt", account.directory_url).value(), changing_account());
}

TEST_P(StoreConformance, AClosedAccountIsRememberedWithAnEvent) {
  Account account = account_with("thumbprint");
  ASSERT_TRUE(store().put_account(account, start));
  account.status = AccountStatus::deactivated;
  ASSERT_TRUE(store().save_account_status(account, start));
  ASSERT_TRUE(store().save_account_status(account, start));
  reopen();
  EXPECT_EQ(store().account("letsencrypt", account.directory_url).value(), account);
  EXPECT_THAT(event_kinds("letsencrypt"),
              ElementsAre(EventKind::account_saved, EventKind::account_closed));
}

}  // namespace
}  // namespace agent
