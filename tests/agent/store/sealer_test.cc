#include "agent/store/sealer.h"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/store/temporary_folder.h"
#include "tests/fakes/fake_random.h"

namespace agent {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class SealerTest : public testing::Test {
 protected:
  StoreResult<std::unique_ptr<Sealer>> load() { return Sealer::load_or_create(path_, random_); }
  void write_key(std::size_t size, mode_t mode) {
    std::ofstream(path_) << std::string(size, 'k');
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "key";
  fakes::FakeRandom random_;
};

TEST_F(SealerTest, UnsealsWhatItSealed) {
  const auto sealer = load().value();
  const std::string secret("a private\0 key", 14);
  const std::string sealed = sealer->seal(secret, "accounts/1");
  EXPECT_THAT(sealed, Not(HasSubstr("private")));
  EXPECT_EQ(sealer->unseal(sealed, "accounts/1").value(), secret);
  EXPECT_EQ(sealer->unseal(sealer->seal("", "a"), "a").value(), "");
}

TEST_F(SealerTest, NeverSealsTheSameWayTwice) {
  const auto sealer = load().value();
  EXPECT_NE(sealer->seal("secret", "a"), sealer->seal("secret", "a"));
}

TEST_F(SealerTest, MakesItsKeyOnceAndForItsOwnerOnly) {
  const std::string sealed = load().value()->seal("secret", "a");
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(status.st_size, 32);
  EXPECT_EQ(load().value()->unseal(sealed, "a").value(), "secret");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_ / "")) {
    ++files;
  }
  EXPECT_EQ(files, 1u);
}

TEST_F(SealerTest, NoticesEveryChangedByte) {
  const auto sealer = load().value();
  const std::string sealed = sealer->seal("secret", "a");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(sealer->unseal(changed, "a")) << "byte " << i;
  }
}

TEST_F(SealerTest, NoticesEveryCut) {
  const auto sealer = load().value();
  const std::string sealed = sealer->seal("secret", "a");
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    // On the heap in its exact size, so that a sanitizer sees a read beyond it.
    const std::vector<char> cut(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(sealer->unseal({cut.data(), cut.size()}, "a").error().code, StoreErrc::corrupt);
  }
}

TEST_F(SealerTest, BindsWhatItSealsToItsPurpose) {
  const auto sealer = load().value();
  const auto unsealed = sealer->unseal(sealer->seal("secret", "accounts/1"), "accounts/2");
  ASSERT_FALSE(unsealed);
  EXPECT_EQ(unsealed.error().code, StoreErrc::corrupt);
  EXPECT_THAT(unsealed.error().detail, HasSubstr("accounts/2"));
}

TEST_F(SealerTest, SaysThatAnotherKeyIsNeeded) {
  const std::string sealed = load().value()->seal("secret", "a");
  path_ = folder_ / "other-key";
  const auto unsealed = load().value()->unseal(sealed, "a");
  ASSERT_FALSE(unsealed);
  EXPECT_EQ(unsealed.error().code, StoreErrc::wrong_key);
  EXPECT_THAT(unsealed.error().detail, HasSubstr(path_));
}

TEST_F(SealerTest, RefusesAKeyFileOfAnotherSize) {
  for (const std::size_t size : {0u, 31u, 33u}) {
    write_key(size, 0600);
    const auto sealer = load();
    ASSERT_FALSE(sealer) << size;
    EXPECT_EQ(sealer.error().code, StoreErrc::wrong_key);
    EXPECT_THAT(sealer.error().detail, AllOf(HasSubstr(path_), HasSubstr("32 bytes")));
  }
}

TEST_F(SealerTest, RefusesAKeyFileThatOthersMayUse) {
  for (const mode_t mode : {0640u, 0604u, 0620u}) {
    write_key(32, mode);
    const auto sealer = load();
    ASSERT_FALSE(sealer) << mode;
    EXPECT_EQ(sealer.error().code, StoreErrc::wrong_key);
    EXPECT_THAT(sealer.error().detail, HasSubstr("chmod 600 " + path_));
  }
}

TEST_F(SealerTest, TakesAKeyFileThatItMayOnlyRead) {
  write_key(32, 0400);
  EXPECT_TRUE(load());
}

TEST_F(SealerTest, RefusesAFolder) {
  path_ = folder_ / "";
  EXPECT_EQ(load().error().code, StoreErrc::wrong_key);
}

TEST_F(SealerTest, SaysWhereItCouldNotMakeAKey) {
  path_ = folder_ / "missing/key";
  const auto sealer = load();
  ASSERT_FALSE(sealer);
  EXPECT_EQ(sealer.error().code, StoreErrc::io);
  EXPECT_THAT(sealer.error().detail, HasSubstr(path_));
}

}  // namespace
}  // namespace agent
