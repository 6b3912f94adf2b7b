#include "base/asio_endpoint.h"

#include <cstring>

#include <gtest/gtest.h>

namespace {

using base::asio::basic_socket_acceptor;
using base::asio::basic_stream_socket;

TEST(AsioEndpoint, PadsAnAbstractNameToAllOfSunPath) {
  const auto endpoint = base::to_asio(base::AbstractEndpoint{"agent"});
  ASSERT_EQ(endpoint.size(), sizeof(sockaddr_un));
  sockaddr_un address{};
  std::memcpy(&address, endpoint.data(), sizeof(address));
  EXPECT_EQ(address.sun_family, AF_UNIX);
  std::string padded = '\0' + std::string("agent");
  padded.resize(sizeof(address.sun_path));
  EXPECT_EQ(std::string(address.sun_path, sizeof(address.sun_path)), padded);
}

TEST(AsioEndpoint, CanBeListenedOnAndConnectedTo) {
  base::asio::io_context io;
  const auto endpoint = base::to_asio(base::TcpEndpoint{"127.0.0.1", 0});
  basic_socket_acceptor<base::StreamProtocol> acceptor(io, endpoint);
  basic_stream_socket<base::StreamProtocol> socket(io);
  boost::system::error_code ec;
  socket.connect(acceptor.local_endpoint(), ec);
  EXPECT_FALSE(ec) << ec.message();
}

}  // namespace
