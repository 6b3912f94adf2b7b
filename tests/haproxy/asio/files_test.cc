#include "haproxy/asio/files.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/haproxy/test_process.h"

namespace haproxy {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Files : public ::testing::Test {
 protected:
  std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path()))
      names.push_back(fs::relative(entry.path(), folder_.path()).string());
    return names;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    ::stat(path.c_str(), &status);
    return status.st_mode & 07777;
  }

  test::TempFolder folder_;
};

TEST_F(Files, AreWrittenWholeWithNothingBesideThem) {
  ASSERT_TRUE(write_file({folder_.path("a.pem"), "one"}));
  ASSERT_TRUE(write_file({folder_.path("a.pem"), "two"}));
  EXPECT_EQ(test::read_file(folder_.path("a.pem")), "two");
  EXPECT_THAT(listing(), UnorderedElementsAre("a.pem"));
}

TEST_F(Files, AreReadableByTheirOwnerAloneUnlessAskedOtherwise) {
  ::umask(0);
  ASSERT_TRUE(write_file({folder_.path("x/a.pem"), "key"}));
  EXPECT_EQ(mode_of(folder_.path("x/a.pem")), 0600u);
  EXPECT_EQ(mode_of(folder_.path("x")), 0700u);
  ASSERT_TRUE(write_file({folder_.path("y/a.pem"), "key"}, {0640, ::getgid()}));
  EXPECT_EQ(mode_of(folder_.path("y/a.pem")), 0640u);
  EXPECT_EQ(mode_of(folder_.path("y")), 0750u);
  ::umask(022);
}

TEST_F(Files, GetTheGroupThatIsAskedFor) {
  if (::getuid() != 0) GTEST_SKIP() << "only root may choose any group";
  ASSERT_TRUE(write_file({folder_.path("x/a.pem"), "key"}, {0640, 12345}));
  struct stat status {};
  ASSERT_EQ(::stat(folder_.path("x/a.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, 12345u);
  ASSERT_EQ(::stat(folder_.path("x").c_str(), &status), 0);
  EXPECT_EQ(status.st_gid, 12345u);
}

TEST_F(Files, ReplaceASymbolicLinkAndNotItsTarget) {
  test::write_file(folder_.path("target"), "untouched");
  fs::create_symlink(folder_.path("target"), folder_.path("a.pem"));
  ASSERT_TRUE(write_file({folder_.path("a.pem"), "new"}));
  EXPECT_EQ(test::read_file(folder_.path("target")), "untouched");
  EXPECT_EQ(test::read_file(folder_.path("a.pem")), "new");
}

TEST_F(Files, OfABatchAreAllWrittenInTheirFolders) {
  std::vector<FileContent> files;
  for (int i = 0; i < 500; ++i)
    files.push_back({folder_.path("d" + std::to_string(i % 7) + "/f" + std::to_string(i)),
                     "content " + std::to_string(i)});
  const auto written = write_files(files);
  ASSERT_TRUE(written) << written.error().message();
  for (const FileContent& file : files) EXPECT_EQ(test::read_file(file.path), file.content);
  EXPECT_EQ(listing().size(), 507u);
}

TEST_F(Files, OfABatchLargerThanTheDescriptorLimitAreWritten) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit low{64, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &low);
  std::vector<FileContent> files;
  for (int i = 0; i < 200; ++i) files.push_back({folder_.path("f" + std::to_string(i)), "x"});
  EXPECT_TRUE(write_files(files));
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(Files, ThatCannotBeWrittenLeaveNothingBehindAndNameThePath) {
  test::write_file(folder_.path("file"), "");
  const auto written = write_file({folder_.path("file/a.pem"), "key"});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, std::errc::not_a_directory);
  EXPECT_THAT(written.error().message(), HasSubstr(folder_.path("file")));
  EXPECT_THAT(written.error().message(), HasSubstr("Not a directory"));
  fs::create_directory(folder_.path("folder"));
  const auto renamed = write_file({folder_.path("folder"), "key"});
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().operation, "rename");
  EXPECT_THAT(listing(), UnorderedElementsAre("file", "folder"));
}

// A full disk, by the limit on a file's size.
TEST_F(Files, KeepTheirOldContentWhenTheNewOneDoesNotFit) {
  ASSERT_TRUE(write_file({folder_.path("a.pem"), "old"}));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit low{1000, before.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &low);
  const auto written = write_file({folder_.path("a.pem"), std::string(5000, 'x')});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, std::errc::file_too_large);
  EXPECT_EQ(test::read_file(folder_.path("a.pem")), "old");
  EXPECT_THAT(listing(), UnorderedElementsAre("a.pem"));
}

// A reader at any instant finds one of the two contents, whole.
TEST_F(Files, AreNeverSeenHalfWritten) {
  const std::string path = folder_.path("a.pem");
  const std::string contents[] = {std::string(200000, 'a'), std::string(100000, 'b')};
  ASSERT_TRUE(write_file({path, contents[0]}));
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(write_file({path, contents[i % 2]}));
  });
  for (int i = 0; i < 200; ++i) {
    const auto read = read_file(path, 1 << 20);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_TRUE(*read == contents[0] || *read == contents[1]);
  }
  writer.join();
}

TEST_F(Files, AreRemovedAndMayBeGoneAlready) {
  ASSERT_TRUE(write_file({folder_.path("a.pem"), "x"}));
  const std::vector<std::string> paths = {folder_.path("a.pem"), folder_.path("never")};
  EXPECT_TRUE(remove_files(paths));
  EXPECT_TRUE(listing().empty());
  fs::create_directory(folder_.path("folder"));
  const std::vector<std::string> folder = {folder_.path("folder")};
  EXPECT_EQ(remove_files(folder).error().operation, "unlink");
}

TEST_F(Files, AreReadUpToALimit) {
  test::write_file(folder_.path("a"), "12345");
  EXPECT_EQ(*read_file(folder_.path("a"), 5), "12345");
  EXPECT_EQ(read_file(folder_.path("a"), 4).error().code, std::errc::file_too_large);
  EXPECT_EQ(read_file(folder_.path("b"), 4).error().code, std::errc::no_such_file_or_directory);
}

TEST_F(Files, LeftByACrashAreSweptAndNothingElse) {
  fs::create_directories(folder_.path("5a/_long.x/deeper"));
  test::write_file(folder_.path(".acme-spoa-aaaaaa"), "");
  test::write_file(folder_.path("5a/.acme-spoa-bbbbbb"), "");
  test::write_file(folder_.path("5a/_long.x/.acme-spoa-cccccc"), "");
  test::write_file(folder_.path("5a/_long.x/deeper/.acme-spoa-dddddd"), "");
  test::write_file(folder_.path("5a/a.pem"), "");
  test::write_file(folder_.path(".other"), "");
  fs::create_symlink(folder_.path("5a/a.pem"), folder_.path(".acme-spoa-link"));
  EXPECT_EQ(*sweep_temporary_files(folder_.path()), 3u);
  EXPECT_TRUE(fs::exists(folder_.path("5a/a.pem")));
  EXPECT_TRUE(fs::exists(folder_.path(".other")));
  EXPECT_TRUE(fs::exists(folder_.path("5a/_long.x/deeper/.acme-spoa-dddddd")));
  EXPECT_EQ(*sweep_temporary_files(folder_.path()), 0u);
  EXPECT_EQ(*sweep_temporary_files(folder_.path("not-there")), 0u);
}

}  // namespace
}  // namespace haproxy
