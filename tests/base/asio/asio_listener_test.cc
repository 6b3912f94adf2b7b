#include "base/asio_listener.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace base {
namespace {

class AsioListener : public testing::Test {
 protected:
  AsioListener() {
    std::string pattern = (std::filesystem::temp_directory_path() / "listener-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = pattern;
  }
  ~AsioListener() override { std::filesystem::remove_all(folder_); }

  Endpoint socket_file() const { return UnixEndpoint{folder_ / "socket"}; }
  std::filesystem::perms mode() const {
    return std::filesystem::status(folder_ / "socket").permissions();
  }
  bool accepts(const Endpoint& endpoint) {
    asio::basic_stream_socket<StreamProtocol> socket(io_);
    boost::system::error_code ec;
    socket.connect(to_asio(endpoint), ec);
    return !ec;
  }

  std::filesystem::path folder_;
  asio::io_context io_;
};

TEST_F(AsioListener, GivesTheSocketFileItsModeWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  const auto acceptor = open_listener(io_.get_executor(), socket_file(), 0666);
  ::umask(before);
  ASSERT_TRUE(acceptor);
  EXPECT_EQ(mode(), static_cast<std::filesystem::perms>(0666));
}

TEST_F(AsioListener, ReplacesASocketFileThatNobodyListensOn) {
  {
    auto dead = open_listener(io_.get_executor(), socket_file(), 0600);
    ASSERT_TRUE(dead);
  }
  ASSERT_TRUE(std::filesystem::exists(folder_ / "socket"));
  ASSERT_TRUE(open_listener(io_.get_executor(), socket_file(), 0600));
}

TEST_F(AsioListener, LeavesASocketAloneThatSomebodyListensOn) {
  const auto first = open_listener(io_.get_executor(), socket_file(), 0600);
  ASSERT_TRUE(first);
  const auto second = open_listener(io_.get_executor(), socket_file(), 0600);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), std::errc::address_in_use);
  EXPECT_TRUE(accepts(socket_file()));
}

TEST_F(AsioListener, LeavesAFileAloneThatIsNoSocket) {
  std::filesystem::create_directory(folder_ / "socket");
  const auto acceptor = open_listener(io_.get_executor(), socket_file(), 0600);
  ASSERT_FALSE(acceptor);
  EXPECT_EQ(acceptor.error(), std::errc::address_in_use);
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "socket"));
}

TEST_F(AsioListener, TellsThePortThatTheKernelChose) {
  const Endpoint any = TcpEndpoint{"127.0.0.1", 0};
  const auto acceptor = open_listener(io_.get_executor(), any, 0);
  ASSERT_TRUE(acceptor);
  const Endpoint bound = local_endpoint(*acceptor, any);
  EXPECT_NE(std::get<TcpEndpoint>(bound).port, 0);
  EXPECT_TRUE(accepts(bound));
}

}  // namespace
}  // namespace base
