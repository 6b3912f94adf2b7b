#include "agent/store/migrations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/store/temporary_folder.h"

namespace agent {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Migrations : public testing::Test {
 protected:
  std::int64_t number(const char* sql) {
    sqlite::Query row(*database_, sql);
    return row.next() ? row.integer(0) : -1;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "store.db";
  std::unique_ptr<sqlite::Connection> database_ = sqlite::Connection::open(path_).value();
};

TEST_F(Migrations, BringANewFileToTheNewestSchema) {
  ASSERT_TRUE(migrate(*database_));
  EXPECT_EQ(number("PRAGMA user_version"), newest_schema());
  EXPECT_EQ(number("SELECT count(*) FROM hostnames"), 0);
}

TEST_F(Migrations, LeaveAFileOfTheNewestSchemaAsItIs) {
  ASSERT_TRUE(migrate(*database_));
  database_->execute("INSERT INTO meta (key, value) VALUES ('a', 'b')");
  ASSERT_TRUE(migrate(*database_));
  EXPECT_EQ(number("SELECT count(*) FROM meta"), 1);
}

TEST_F(Migrations, LeaveCertificatesFromBeforeRenewalInfoWithoutIt) {
  ASSERT_TRUE(migrate(*database_, 1));
  database_->execute(
      "INSERT INTO certificates (authority, names, serial, fingerprint, not_before, not_after, "
      "renew_at, state, bundle_path) VALUES ('ca', 'a.example', '01', 'AB', 1, 2, 3, 0, 'a.pem')");
  ASSERT_TRUE(migrate(*database_));
  EXPECT_EQ(number("SELECT renew_at FROM certificates WHERE next_check IS NULL AND cert_id = ''"),
            3);
}

TEST_F(Migrations, LeaveAccountsFromBeforeKeyChangesWithTheirKey) {
  ASSERT_TRUE(migrate(*database_, 5));
  database_->execute(
      "INSERT INTO accounts (authority, directory_url, sealed_key, thumbprint, created) "
      "VALUES ('ca', 'https://ca.example/dir', x'00', 'print', 1)");
  ASSERT_TRUE(migrate(*database_));
  EXPECT_EQ(number("SELECT count(*) FROM accounts WHERE thumbprint = 'print' AND status = 0 "
                   "AND next_sealed_key IS NULL"),
            1);
}

TEST_F(Migrations, KeepRefusalsAndOrdersAsThoseOfTheFirstCertificate) {
  ASSERT_TRUE(migrate(*database_, 5));
  database_->execute(
      "INSERT INTO refusals (name, authority, until) VALUES ('a.example', 'ca', 7);"
      "INSERT INTO orders (authority, names, created, failures, stage) "
      "VALUES ('ca', 'a.example', 1, 0, '')");
  ASSERT_TRUE(migrate(*database_));
  EXPECT_EQ(number("SELECT until FROM refusals WHERE name = 'a.example' AND role = 0"), 7);
  EXPECT_EQ(number("SELECT count(*) FROM orders WHERE role = 0 AND key_algorithm = 0"), 1);
}

TEST_F(Migrations, WorkOutWhenCertificatesFromBeforeAreNearExpiry) {
  ASSERT_TRUE(migrate(*database_, 5));
  database_->execute(
      "INSERT INTO certificates (authority, names, serial, fingerprint, not_before, not_after, "
      "renew_at, state, bundle_path) VALUES ('ca', 'a.example', '01', 'AB', 1000, 13000, 9000, 0, "
      "'a.pem'); "
      "INSERT INTO hostnames (name, mode, https_redirect, created, certificate_id, urgency, "
      "failures, last_error, parked, renewal_requested) "
      "VALUES ('a.example', 0, 0, 0, 1, 1, 0, '', 0, 0)");
  ASSERT_TRUE(migrate(*database_));
  EXPECT_EQ(number("SELECT near_expiry_at FROM hostnames"), 12'000);
}

TEST_F(Migrations, RefuseANewerSchema) {
  ASSERT_TRUE(migrate(*database_));
  database_->execute("PRAGMA user_version = 4711");
  const StoreResult<void> refused = migrate(*database_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, StoreErrc::newer_schema);
  EXPECT_THAT(refused.error().detail, AllOf(HasSubstr(path_), HasSubstr("4711")));
}

TEST_F(Migrations, RefuseAFileOfAnotherProgram) {
  database_->execute("CREATE TABLE somebody (elses TEXT)");
  const StoreResult<void> refused = migrate(*database_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, StoreErrc::corrupt);
  EXPECT_THAT(refused.error().detail, HasSubstr("belongs to another program"));
}

}  // namespace
}  // namespace agent
