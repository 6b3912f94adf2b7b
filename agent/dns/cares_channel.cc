#include "agent/dns/cares_channel.h"

#include <ares.h>
#include <array>
#include <optional>
#include <stdexcept>
#include <sys/time.h>
#include <utility>

#include "agent/dns/server_text.h"
#include "agent/dns/wire/decode_message.h"

namespace agent {
namespace {

using Reply = base::Result<dns::Message, DnsError>;
using Descriptor = base::asio::posix::stream_descriptor;

constexpr int udp_payload = 1232;  // what passes without fragments (DNS flag day 2020)

void start_cares() {
  static const int started = ares_library_init(ARES_LIB_INIT_ALL);
  if (started != ARES_SUCCESS) throw std::runtime_error(ares_strerror(started));
}

Reply to_reply(int status, std::span<const std::byte> bytes) {
  if (bytes.empty()) {
    return base::Unexpected(DnsError{DnsErrc::transient, ares_strerror(status)});
  }
  auto message = dns::decode_message(bytes);
  if (!message) {
    return base::Unexpected(DnsError{DnsErrc::transient, std::move(message).error()});
  }
  return *std::move(message);
}

ares_addr_port_node to_node(const DnsServer& server) {
  ares_addr_port_node node{};
  const auto address = base::asio::ip::make_address(server.host);
  node.family = address.is_v4() ? AF_INET : AF_INET6;
  node.udp_port = node.tcp_port = server.port;
  if (ares_inet_pton(node.family, server.host.c_str(), &node.addr) != 1) {
    throw std::runtime_error("no numeric address: " + server.host);
  }
  return node;
}

}  // namespace

/// Shared by the coroutine and c-ares, of which either may end first.
struct CaresChannel::Arrival {
  explicit Arrival(const base::asio::any_io_executor& executor)
      : signal(executor, base::asio::steady_timer::time_point::max()) {}
  base::asio::steady_timer signal;
  std::optional<Reply> reply;
};

struct CaresChannel::Socket {
  Socket(const base::asio::any_io_executor& executor, int fd) : descriptor(executor, fd) {}
  Descriptor descriptor;
  bool wants_read = false;
  bool wants_write = false;
  bool is_reading = false;  ///< a wait is under way
  bool is_writing = false;
};

std::shared_ptr<CaresChannel> CaresChannel::open(base::asio::any_io_executor executor,
                                                 DnsServer server,
                                                 CaresOptions options) {
  start_cares();
  return std::shared_ptr<CaresChannel>(
      new CaresChannel(std::move(executor), std::move(server), options));
}

CaresChannel::CaresChannel(base::asio::any_io_executor executor,
                           DnsServer server,
                           CaresOptions options)
    : executor_(std::move(executor)), server_(std::move(server)), timer_(executor_) {
  ares_addr_port_node node = to_node(server_);
  std::array<char, 10> no_file{"/dev/null"};  // instead of /etc/resolv.conf
  ares_options wanted{};
  // Every RCODE is ours to judge; with one server there is no next one to go to.
  wanted.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS;
  if (options.recursion == CaresOptions::Recursion::not_wanted) {
    wanted.flags |= ARES_FLAG_NORECURSE;
  }
  wanted.timeout = static_cast<int>(options.timeout.count());
  wanted.tries = options.tries;
  wanted.ednspsz = udp_payload;
  wanted.sock_state_cb = &CaresChannel::on_socket;
  wanted.sock_state_cb_data = this;
  wanted.resolvconf_path = no_file.data();
  const int status =
      ares_init_options(&channel_,
                        &wanted,
                        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ |
                            ARES_OPT_SOCK_STATE_CB | ARES_OPT_RESOLVCONF);
  if (status != ARES_SUCCESS) throw std::runtime_error(ares_strerror(status));
  ares_set_servers_ports(channel_, &node);
}

CaresChannel::~CaresChannel() {
  ares_destroy(channel_);
}

base::asio::awaitable<Reply> CaresChannel::query(DnsQuestion question) {
  const auto self = shared_from_this();
  const auto arrival = std::make_shared<Arrival>(executor_);
  const std::string name = question.name.text_with_dot();
  ares_query(channel_,
             name.c_str(),
             static_cast<int>(dns::RecordClass::in),
             static_cast<int>(question.type),
             &CaresChannel::on_reply,
             new std::shared_ptr<Arrival>(arrival));
  arm_timer();
  boost::system::error_code ignored;  // cancelled: that is the signal
  while (!arrival->reply) co_await arrival->signal.async_wait(base::into(ignored));
  if (!arrival->reply->has_value()) {
    DnsError& error = arrival->reply->error();
    error.message = describe(question, server_) + ": " + error.message;
  }
  co_return std::move(*arrival->reply);
}

void CaresChannel::on_reply(
    void* arrival, int status, int, unsigned char* bytes, int size) noexcept {
  const std::unique_ptr<std::shared_ptr<Arrival>> owner(
      static_cast<std::shared_ptr<Arrival>*>(arrival));
  const auto length = bytes == nullptr ? 0 : static_cast<std::size_t>(size);
  (*owner)->reply = to_reply(status, std::as_bytes(std::span(bytes, length)));
  (*owner)->signal.cancel();
}

void CaresChannel::on_socket(void* self, int fd, int readable, int writable) noexcept {
  static_cast<CaresChannel*>(self)->watch(fd, readable != 0, writable != 0);
}

void CaresChannel::watch(int fd, bool readable, bool writable) {
  auto found = sockets_.find(fd);
  if (!readable && !writable) {
    if (found == sockets_.end()) return;
    found->second->descriptor.release();  // c-ares closes it on the next line
    sockets_.erase(found);
    return;
  }
  if (found == sockets_.end()) {
    found = sockets_.emplace(fd, std::make_shared<Socket>(executor_, fd)).first;
  }
  found->second->wants_read = readable;
  found->second->wants_write = writable;
  arm(fd, found->second);
}

void CaresChannel::arm(int fd, const std::shared_ptr<Socket>& socket) {
  const std::weak_ptr<CaresChannel> weak = weak_from_this();
  if (socket->wants_read && !socket->is_reading) {
    socket->is_reading = true;
    socket->descriptor.async_wait(Descriptor::wait_read, [weak, socket, fd](auto ec) {
      socket->is_reading = false;
      const auto self = weak.lock();
      if (!ec && self) self->on_ready(fd, fd, ARES_SOCKET_BAD);
    });
  }
  if (socket->wants_write && !socket->is_writing) {
    socket->is_writing = true;
    socket->descriptor.async_wait(Descriptor::wait_write, [weak, socket, fd](auto ec) {
      socket->is_writing = false;
      const auto self = weak.lock();
      if (!ec && self) self->on_ready(fd, ARES_SOCKET_BAD, fd);
    });
  }
}

void CaresChannel::on_ready(int fd, int readable_fd, int writable_fd) {
  // The wait may have ended just before c-ares gave the socket up.
  if (!sockets_.contains(fd)) return;
  ares_process_fd(channel_, readable_fd, writable_fd);
  const auto found = sockets_.find(fd);
  if (found != sockets_.end()) arm(fd, found->second);
  arm_timer();
}

void CaresChannel::arm_timer() {
  timeval until{};
  if (ares_timeout(channel_, nullptr, &until) == nullptr) {
    timer_.cancel();
    return;
  }
  // One more than what is left of a millisecond, so as not to come too early and turn in circles.
  timer_.expires_after(std::chrono::seconds(until.tv_sec) +
                       std::chrono::microseconds(until.tv_usec) + std::chrono::milliseconds(1));
  timer_.async_wait([weak = weak_from_this()](auto ec) {
    const auto self = weak.lock();
    if (ec || !self) return;
    ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    self->arm_timer();
  });
}

}  // namespace agent
