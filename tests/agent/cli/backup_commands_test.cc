#include "agent/cli/backup_commands.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/state/state_directory.h"
#include "tests/agent/cli/cli_fixture.h"
#include "tests/fakes/fake_random.h"

namespace agent {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class BackupCommandsTest : public CliFixture {
 protected:
  BackupCommandsTest() {
    std::ofstream(config_.path()) << minimal_config << "state_directory: " << state() << "\n";
  }

  std::string state() const { return config_.folder() + "/state"; }
  std::string file() const { return config_.folder() + "/backup"; }
  int command(const std::string& name, const std::string& argument) {
    return run({name, argument, "--config", config_.path()});
  }
  void make_state() {
    fakes::FakeRandom random;
    const OpenedStore opened = StateDirectory::open(state()).value()->open_store(random).value();
    const HostnameSettings settings{.name = base::DomainName::parse("a.example").value()};
    ASSERT_TRUE(opened.store->add_hostnames(std::span(&settings, 1), clock_.wall()));
  }

  ConfigFile config_{""};
};

TEST_F(BackupCommandsTest, ExportsAndRestores) {
  make_state();
  EXPECT_EQ(command("export", file()), 0) << err();
  EXPECT_THAT(out(), StartsWith(file() + ": 1 hostnames, 0 certificates, "));
  EXPECT_THAT(out(), HasSubstr("key-encryption.key, which belongs somewhere else"));
  EXPECT_EQ(std::filesystem::status(file()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::remove(StateDirectory::database_in(state()));
  EXPECT_EQ(command("restore", file()), 0) << err();
  EXPECT_THAT(out(), StartsWith(state() + ": 1 hostnames, 0 certificates, "));
  EXPECT_EQ(command("restore", file()), 1);
  EXPECT_THAT(err(), HasSubstr("there is a database already"));
}

TEST_F(BackupCommandsTest, ExportsToThePipe) {
  make_state();
  EXPECT_EQ(command("export", "-"), 0) << err();
  EXPECT_THAT(out(), HasSubstr("acme-spoa export"));
  EXPECT_THAT(err(), StartsWith("1 hostnames, 0 certificates, "));
}

TEST_F(BackupCommandsTest, SaysWhatIsNotThere) {
  EXPECT_EQ(command("export", file()), 1);
  EXPECT_THAT(err(), HasSubstr("acme-spoa.sqlite: there is no database"));
  EXPECT_FALSE(std::filesystem::exists(file()));
  make_state();
  EXPECT_EQ(command("export", "/nonexistent/backup"), 1);
  EXPECT_THAT(err(), HasSubstr("/nonexistent/backup.tmp: No such file or directory"));
  const auto daemon = StateDirectory::open(state());
  EXPECT_EQ(command("restore", file()), 1);
  EXPECT_THAT(err(), HasSubstr("another acme-spoa daemon uses this state directory"));
}

}  // namespace
}  // namespace agent
