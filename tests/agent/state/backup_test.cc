#include "agent/state/backup.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <msgpack.hpp>

#include "agent/state/backup_format.h"
#include "agent/state/state_directory.h"
#include "agent/store/migrations.h"
#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/fake_random.h"

namespace agent {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};

base::DomainName name(std::string_view text) {
  return base::DomainName::parse(text).value();
}

class BackupTest : public testing::Test {
 protected:
  BackupTest() {
    fill();
    bytes_ = exported(from_);
  }

  /// A tenant, a zone, three hostnames, one with a certificate, one with an open order.
  void fill() {
    const auto state = StateDirectory::open(from_).value();
    const OpenedStore opened = state->open_store(random_).value();
    Store& store = *opened.store;
    ASSERT_TRUE(store.put_tenant({.id = "alice"}, now));
    ASSERT_TRUE(store.put_zone({name("example.org"), "alice"}, now));
    std::vector<HostnameSettings> settings;
    for (const char* text : {"a.example.org", "b.example.org", "c.example.org"}) {
      settings.push_back({.name = name(text)});
      settings.back().zone = name("example.org");
    }
    ASSERT_TRUE(store.add_hostnames(settings, now));
    const std::vector<NewOrder> orders = {{.authority = "ca", .names = {name("a.example.org")}},
                                          {.authority = "ca", .names = {name("b.example.org")}}};
    const auto created = store.create_orders(orders, now).value();
    const CertificateBundle bundle{.certificate = {.authority = "ca",
                                                   .names = {name("a.example.org")},
                                                   .serial = "01",
                                                   .fingerprint = "AB",
                                                   .not_before = now,
                                                   .not_after = now + std::chrono::hours(24),
                                                   .renew_at = now,
                                                   .bundle_path = "a.pem"},
                                   .chain_pem = "the chain",
                                   .private_key_pem = "the private key"};
    ASSERT_TRUE(store.finish_order(created.at(0).id, bundle, now));
  }

  std::string exported(const std::string& directory) {
    std::string bytes;
    const auto counts = export_database(StateDirectory::database_in(directory),
                                        "1.2.3",
                                        [&bytes](std::string_view piece) { bytes += piece; });
    EXPECT_TRUE(counts);
    counts_ = counts.value();
    return bytes;
  }
  std::string write(const std::string& bytes) const {
    const std::string path = folder_ / "export";
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    return path;
  }
  /// With the key of the first state directory.
  StoreResult<BackupCounts> restore(const std::string& bytes) {
    std::filesystem::remove_all(to_);
    const auto state = StateDirectory::open(to_).value();
    std::filesystem::copy(StateDirectory::key_in(from_), StateDirectory::key_in(to_));
    return state->restore(write(bytes), random_);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(to_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  /// The end that an export with such a beginning has.
  static std::string sealed(std::string bytes) {
    backup::Digest digest;
    digest.add(bytes);
    msgpack::sbuffer end;
    msgpack::packer<msgpack::sbuffer> packer(end);
    packer.pack_array(3).pack("end").pack_fix_uint64(0);
    const std::string hash = digest.finish();
    constexpr std::uint32_t size = backup::digest_size;
    packer.pack_bin(size).pack_bin_body(hash.data(), size);
    bytes.append(end.data(), end.size());
    return bytes;
  }
  template <class... Members>
  static std::string packed(const Members&... members) {
    msgpack::sbuffer buffer;
    msgpack::packer<msgpack::sbuffer> packer(buffer);
    packer.pack_array(sizeof...(members));
    (packer.pack(members), ...);
    return {buffer.data(), buffer.size()};
  }
  static std::string head(int schema = newest_schema(), int version = 1) {
    return packed(std::string("acme-spoa export"), version, schema, std::string("1.2.3"));
  }

  fakes::FakeRandom random_;
  TemporaryFolder folder_;
  const std::string from_ = folder_ / "from";
  const std::string to_ = folder_ / "to";
  std::string bytes_;
  BackupCounts counts_;
};

TEST_F(BackupTest, BringsEverythingBack) {
  EXPECT_EQ(counts_.hostnames, 3u);
  EXPECT_EQ(counts_.certificates, 1u);
  EXPECT_THAT(bytes_, Not(HasSubstr("the private key")));
  ASSERT_EQ(restore(bytes_).value(), counts_);
  EXPECT_EQ(files(), (std::vector<std::string>{"acme-spoa.sqlite", "key-encryption.key", "lock"}));
  EXPECT_EQ(exported(to_), bytes_);
  const OpenedStore opened = StateDirectory::open(to_).value()->open_store(random_).value();
  const auto detail = opened.store->hostname(name("a.example.org")).value();
  ASSERT_TRUE(detail && detail->certificate);
  const auto bundle = opened.store->certificate_bundle(detail->certificate->id).value();
  EXPECT_EQ(bundle.private_key_pem, "the private key");
  const auto open_orders = opened.store->open_orders().value();
  ASSERT_EQ(open_orders.size(), 1u);
  EXPECT_EQ(open_orders[0].names.at(0).text(), "b.example.org");
  const NewOrder order{.authority = "ca", .names = {name("c.example.org")}};
  const auto next = opened.store->create_orders(std::span(&order, 1), now).value();
  EXPECT_GT(next.at(0).id.value(), open_orders[0].id.value()) << "numbers are not used again";
}

TEST_F(BackupTest, IsMadeWhileADaemonWrites) {
  const auto state = StateDirectory::open(from_).value();
  const OpenedStore opened = state->open_store(random_).value();
  const HostnameSettings settings{.name = name("new.example.net")};
  ASSERT_TRUE(opened.store->add_hostnames(std::span(&settings, 1), now));
  exported(from_);
  EXPECT_EQ(counts_.hostnames, 4u);
}

TEST_F(BackupTest, NoticesEveryDamagedByteAndEveryCut) {
  for (std::size_t i = 0; i < bytes_.size(); i += 97) {
    std::string damaged = bytes_;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(restore(damaged)) << i;
    EXPECT_FALSE(restore(bytes_.substr(0, i))) << i;
    EXPECT_EQ(files(), (std::vector<std::string>{"key-encryption.key", "lock"}));
  }
  EXPECT_THAT(restore(bytes_.substr(0, bytes_.size() - 1)).error().detail,
              HasSubstr("export: this export is damaged or cut off"));
}

TEST_F(BackupTest, RefusesForeignFilesAndNewerReleases) {
  EXPECT_THAT(restore("").error().detail, HasSubstr("this is no export of acme-spoa"));
  EXPECT_THAT(restore("#!/bin/sh\n").error().detail, HasSubstr("this is no export of acme-spoa"));
  for (const std::string& newer : {head(newest_schema() + 1), head(1, 2), head(0)}) {
    EXPECT_EQ(restore(sealed(newer)).error().code, StoreErrc::newer_schema);
  }
  EXPECT_EQ(restore(sealed(head())).value(), BackupCounts());
}

TEST_F(BackupTest, RefusesContentsThatNoReleaseWroteEvenIfSealed) {
  using Columns = std::vector<std::string>;
  using Row = std::vector<std::string>;
  const std::string word = "table";
  const std::vector<std::string> bodies = {
      packed(word),
      packed(1, std::string("tenants"), Columns{"id"}, 0),
      packed(word, std::string("nobody"), Columns{"id"}, 0),
      packed(word, std::string("tenants"), Columns{"id", "nothing"}, 0),
      packed(word, std::string("tenants"), Columns{"id"}, 1),
      packed(word, std::string("tenants"), Columns{"id"}, -1),
      packed(word, std::string("tenants\" (id) VALUES ('x'); --"), Columns{"id"}, 0),
      packed(word, std::string("meta"), Columns{"key", "value"}, 1) + packed(1),
      packed(word, std::string("meta"), Columns{"key", "value"}, 1) + packed(Row{"a"}, Row{"b"}),
      packed(word, std::string("sqlite_schema"), Columns{"type"}, 0)};
  for (const std::string& body : bodies) {
    EXPECT_FALSE(restore(sealed(head() + body))) << body;
    EXPECT_EQ(files(), (std::vector<std::string>{"key-encryption.key", "lock"}));
  }
}

TEST_F(BackupTest, RefusesAnotherKey) {
  ASSERT_TRUE(restore(bytes_));
  std::filesystem::remove_all(to_);
  const auto state = StateDirectory::open(to_).value();
  EXPECT_THAT(state->restore(write(bytes_), random_).error().detail,
              HasSubstr("key-encryption.key: is missing"));
  ASSERT_TRUE(Sealer::load_or_create(StateDirectory::key_in(to_), random_));
  const auto refused = state->restore(write(bytes_), random_);
  EXPECT_EQ(refused.error().code, StoreErrc::wrong_key);
  EXPECT_EQ(files(), (std::vector<std::string>{"key-encryption.key", "lock"}));
}

TEST_F(BackupTest, NeverTouchesADatabaseThatIsThere) {
  const auto state = StateDirectory::open(from_).value();
  EXPECT_EQ(state->restore(write(bytes_), random_).error().code, StoreErrc::conflict);
  EXPECT_EQ(exported(from_), bytes_);
  EXPECT_EQ(export_database(folder_ / "none.sqlite", "1", [](std::string_view) {}).error().code,
            StoreErrc::not_found);
}

TEST_F(BackupTest, BringsAnOlderSchemaUpToDate) {
  const std::string old = folder_ / "old.sqlite";
  {
    const auto connection = sqlite::Connection::open(old).value();
    ASSERT_TRUE(migrate(*connection, 11));
    connection->execute(
        "INSERT INTO hostnames (name, mode, https_redirect, created, urgency, failures, "
        "last_error, parked, renewal_requested) "
        "VALUES ('old.example.org', 0, 1, 0, 0, 0, '', 0, 0)");
    ASSERT_FALSE(connection->has_failed());
  }
  std::string bytes;
  ASSERT_TRUE(export_database(old, "0.1", [&bytes](std::string_view piece) { bytes += piece; }));
  ASSERT_EQ(restore(bytes).value().hostnames, 1u);
  const OpenedStore opened = StateDirectory::open(to_).value()->open_store(random_).value();
  const auto detail = opened.store->hostname(name("old.example.org")).value();
  ASSERT_TRUE(detail);
  EXPECT_EQ(detail->hostname.https_redirect, HttpsRedirect::on);
}

}  // namespace
}  // namespace agent
