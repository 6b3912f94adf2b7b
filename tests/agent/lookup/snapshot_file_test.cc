#include "agent/lookup/snapshot_file.h"

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "agent/lookup/little_endian.h"
#include "agent/lookup/sip_hash.h"
#include "tests/agent/lookup/temporary_folder.h"

namespace agent {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr base::WallTime now = std::chrono::sys_days{std::chrono::year(2030) / 1 / 1};
constexpr HashKey saved_key{.first = 1, .second = 2};
constexpr HashKey other_key{.first = 3, .second = 4};

struct Tables {
  explicit Tables(const HashKey& key = saved_key) : hostnames(key), tokens(key) {}

  auto save(const std::string& path) const { return save_snapshot(hostnames, tokens, path); }
  auto load(const std::string& path) { return load_snapshot(path, hostnames, tokens); }
  CertState state(std::string_view name) const { return hostnames.find(name, now).cert_state; }
  std::string thumbprint(std::string_view token) const {
    return std::string(tokens.find(tokens.hash(token)).value_or(""));
  }

  HostnameIndex hostnames;
  TokenIndex tokens;
};

std::string name_of(int i) {
  return "n" + std::to_string(i) + ".example";
}

std::string thumbprint(char of) {
  return std::string(43, of);
}

void fill(Tables& tables, int hostnames) {
  for (int i = 0; i < hostnames; ++i) {
    HostnameState state;
    if (i % 3 == 0) state.mode = HostnameMode::off;
    if (i % 3 == 1) state.served_until = now + 1h;
    tables.hostnames.put(name_of(i), state);
  }
  for (int i = 0; i < hostnames / 10; ++i) {
    const std::string token = "token-" + std::to_string(i);
    const char account = i % 2 == 0 ? 'A' : 'B';
    EXPECT_TRUE(tables.tokens.publish(token, token + "." + thumbprint(account)));
  }
}

bool is_empty(const Tables& tables) {
  return tables.hostnames.entries().size() == 0 && tables.tokens.entries().size() == 0;
}

// msgpack, by hand; all of it short.
std::string array(std::size_t size) {
  return std::string(1, static_cast<char>(0x90 | size));
}
std::string text(const std::string& value) {
  const char size = static_cast<char>(value.size());
  return value.size() < 32 ? static_cast<char>(0xa0 | size) + value : "\xd9"s + size + value;
}
std::string binary(const std::string& value) {
  return "\xc4"s + static_cast<char>(value.size()) + value;
}
std::string number(int value) {
  return std::string(1, static_cast<char>(value));
}
const std::string nil = "\xc0";

const std::string mark = text("acme-spoa lookup");
const std::string header = array(3) + mark + number(1) + binary("0123456789abcdef");

/// A file with the checksum that belongs to it. REQUIRES: shorter than a piece of the checksum.
std::string sealed(const std::string& content) {
  const Hash128 hash = sip_hash({}, content);
  std::string digest(16, '\0');
  store_little_endian(hash.high, digest.data());
  store_little_endian(hash.low, digest.data() + 8);
  return content + binary(digest);
}

TEST(SnapshotFile, BringsBackHostnamesTokensAndKey) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  Tables saved;
  fill(saved, 20'000);
  const auto written = saved.save(path);
  ASSERT_TRUE(written) << written.error().detail;
  EXPECT_EQ(written->hostnames, 20'000U);
  EXPECT_EQ(written->tokens, 2'000U);
  EXPECT_EQ(written->bytes, std::filesystem::file_size(path));

  Tables loaded(other_key);
  const auto read = loaded.load(path);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, *written);
  EXPECT_EQ(loaded.hostnames.key(), saved_key);
  EXPECT_EQ(loaded.tokens.key(), saved_key);
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(loaded.state(name_of(i)), saved.state(name_of(i))) << i;
  }
  EXPECT_EQ(loaded.thumbprint("token-0"), thumbprint('A'));
  EXPECT_EQ(loaded.thumbprint("token-1999"), thumbprint('B'));
  EXPECT_EQ(loaded.thumbprint("token-2000"), "");
}

TEST(SnapshotFile, HoldsEmptyTablesToo) {
  const TemporaryFolder folder;
  const Tables saved;
  ASSERT_TRUE(saved.save(folder.file("lookup")));
  Tables loaded;
  const auto read = loaded.load(folder.file("lookup"));
  ASSERT_TRUE(read);
  EXPECT_TRUE(is_empty(loaded));
}

TEST(SnapshotFile, IsReadableByItsOwnerOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  write_file(path + ".tmp", "left by a process that was killed");
  std::filesystem::permissions(path + ".tmp", std::filesystem::perms::all);
  ASSERT_TRUE(Tables().save(path));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path).permissions(), perms::owner_read | perms::owner_write);
  EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST(SnapshotFile, ReplacesTheOneBefore) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  Tables tables;
  fill(tables, 1'000);
  ASSERT_TRUE(tables.save(path));
  tables.hostnames.remove(name_of(0));
  ASSERT_TRUE(tables.save(path));
  Tables loaded;
  const auto read = loaded.load(path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->hostnames, 999U);
  EXPECT_EQ(loaded.state(name_of(0)), CertState::none);
}

TEST(SnapshotFile, SaysThatItCannotBeWrittenAndLeavesTheOldOne) {
  const TemporaryFolder folder;
  const auto nowhere = Tables().save(folder.file("missing/lookup"));
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, SnapshotErrc::io);
  EXPECT_NE(nowhere.error().detail.find("missing/lookup"), std::string::npos);

  std::filesystem::create_directory(folder.file("lookup"));
  write_file(folder.file("lookup/inside"), "");
  const auto onto_a_folder = Tables().save(folder.file("lookup"));
  ASSERT_FALSE(onto_a_folder);
  EXPECT_EQ(onto_a_folder.error().code, SnapshotErrc::io);
  EXPECT_FALSE(std::filesystem::exists(folder.file("lookup.tmp")));
}

TEST(SnapshotFile, TellsAFirstStartFromAFileThatCannotBeRead) {
  const TemporaryFolder folder;
  Tables tables;
  const auto missing = tables.load(folder.file("lookup"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, SnapshotErrc::not_found);
  std::filesystem::create_directory(folder.file("folder"));
  const auto unreadable = tables.load(folder.file("folder"));
  ASSERT_FALSE(unreadable);
  EXPECT_EQ(unreadable.error().code, SnapshotErrc::io);
}

TEST(SnapshotFile, RefusesForeignFilesAndNewerVersions) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  struct Case {
    std::string content;
    SnapshotErrc expected;
  };
  const Case cases[] = {
      {"", SnapshotErrc::foreign},
      {"hello\n", SnapshotErrc::foreign},
      {sealed(array(3) + text("acme-spoa lookuq") + number(1) + binary("0123456789abcdef")),
       SnapshotErrc::foreign},
      {array(1) + mark, SnapshotErrc::foreign},
      {std::string(100'000, '\x93'), SnapshotErrc::foreign},  // nested deeper than we go
      {array(4) + mark + number(2) + nil + nil, SnapshotErrc::newer_version},
      {header, SnapshotErrc::corrupt},  // no checksum
  };
  for (const Case& each : cases) {
    write_file(path, each.content);
    Tables tables;
    const auto read = tables.load(path);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, each.expected) << each.content.substr(0, 40);
    EXPECT_EQ(read.error().detail.find(path), 0U) << read.error().detail;
    EXPECT_TRUE(is_empty(tables));
  }
}

TEST(SnapshotFile, NoticesEveryDamagedByteAndEveryCut) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  Tables saved;
  fill(saved, 10);
  ASSERT_TRUE(saved.save(path));
  const std::string good = content_of(path);
  const auto refused = [&](const std::string& content) {
    write_file(path, content);
    Tables tables(other_key);
    const auto read = tables.load(path);
    return !read && is_empty(tables) && tables.hostnames.key() == other_key;
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_TRUE(refused(damaged)) << at;
    EXPECT_TRUE(refused(good.substr(0, at))) << at;
  }
  EXPECT_TRUE(refused(good + "x"));
}

TEST(SnapshotFile, NoticesDamageInEveryPieceOfALongFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  Tables saved;
  fill(saved, 20'000);
  ASSERT_TRUE(saved.save(path));
  const std::string good = content_of(path);
  for (std::size_t at = 1'000; at < good.size(); at += 10'000) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    write_file(path, damaged);
    Tables tables;
    ASSERT_FALSE(tables.load(path)) << at;
    EXPECT_TRUE(is_empty(tables));
  }
}

TEST(SnapshotFile, RefusesContentsThatNoReleaseWroteEvenIfSealed) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  const std::string thumbprints = array(2) + text("thumbprints") + array(1) + text(thumbprint('A'));
  const auto entries = [](const char* of, const std::string& bytes) {
    return array(2) + text(of) + binary(bytes);
  };
  const std::string first_value = "12345678\0\0\0\0abcd"s;
  const std::string hostname = entries("hostnames", first_value);
  const std::string token = entries("tokens", first_value);
  const auto code = [&](const std::string& content) {
    write_file(path, sealed(content));
    Tables tables;
    const auto read = tables.load(path);
    if (read) return SnapshotErrc::not_found;
    EXPECT_TRUE(is_empty(tables));
    EXPECT_EQ(tables.hostnames.key(), saved_key);
    EXPECT_EQ(tables.tokens.key(), saved_key);
    return read.error().code;
  };
  // What the cases below are variations of.
  ASSERT_EQ(code(header + thumbprints + token + hostname), SnapshotErrc::not_found);

  const std::string cases[] = {
      header + nil,
      header + array(1) + text("hostnames"),
      header + array(2) + text("hostnames") + text("x"),
      header + array(2) + nil + binary(""),
      header + entries("other", ""),
      header + entries("hostnames", "12345678\0\0\0\0abc"s),                // 15 bytes
      header + hostname + entries("hostnames", "12345678\0\0\0\x40!!!!"s),  // above 30 bits
      header + token,                                                       // no account
      header + thumbprints + entries("tokens", "12345678\1\0\0\0!!!!"s),    // a second one
      header + array(2) + text("thumbprints") + array(1) + text("x"),       // too short
      header + array(2) + text("thumbprints") + text(thumbprint('A')),
      header + thumbprints + thumbprints,
      header + hostname.substr(0, hostname.size() - 1),
      array(3) + mark + number(1) + binary("0123456789abcde"),
      array(2) + mark + number(1),
      array(3) + mark + number(0) + binary("0123456789abcdef"),
  };
  for (const std::string& content : cases) {
    EXPECT_EQ(code(content), SnapshotErrc::corrupt) << content;
  }
}

TEST(SnapshotFile, RefusesHashesThatDoNotSpread) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  std::string entries;
  for (int i = 0; i < 2'000; ++i) {
    std::string entry(16, '\0');
    store_little_endian(std::uint64_t{static_cast<unsigned>(i)} << 32, entry.data() + 8);
    entries += entry;
  }
  ASSERT_EQ(entries.size(), 0x7d00U);
  const std::string block = array(2) + text("hostnames") + "\xc5\x7d\x00"s + entries;
  write_file(path, sealed(header + block));
  Tables tables;
  const auto read = tables.load(path);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, SnapshotErrc::corrupt);
  EXPECT_TRUE(is_empty(tables));
}

TEST(SnapshotFile, IsWholeThoughTheTablesChangeMeanwhile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("lookup");
  Tables tables;
  fill(tables, 5'000);
  std::atomic<bool> done = false;
  int saves = 0;
  std::thread saver([&] {
    while (!done || saves == 0) {
      EXPECT_TRUE(tables.save(path));
      ++saves;
      Tables loaded(other_key);
      EXPECT_TRUE(loaded.load(path));
      for (int i = 0; i < 5'000; ++i) EXPECT_EQ(loaded.state(name_of(i)), tables.state(name_of(i)));
      EXPECT_EQ(loaded.thumbprint("token-7"), thumbprint('B'));
    }
  });
  for (int i = 5'000; i < 30'000; ++i) {
    tables.hostnames.put(name_of(i), {});
    if (i >= 10'000) tables.hostnames.remove(name_of(i - 5'000));
    const std::string token = "churn-" + std::to_string(i);
    EXPECT_TRUE(tables.tokens.publish(token, token + "." + thumbprint('C')));
    tables.tokens.withdraw(token);
  }
  done = true;
  saver.join();
}

}  // namespace
}  // namespace agent
