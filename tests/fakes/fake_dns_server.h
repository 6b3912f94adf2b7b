#pragma once

#include <fcntl.h>
#include <functional>
#include <mutex>
#include <optional>
#include <poll.h>
#include <utility>
#include <vector>

#include "agent/dns/wire/byte_writer.h"
#include "agent/dns/wire/decode_message.h"
#include "tests/fakes/loopback_server.h"

namespace fakes {

inline dns::Bytes encode_data(const dns::RecordData& data) {
  struct Encode {
    dns::ByteWriter out;
    void operator()(const dns::Opaque&) {}
    void operator()(const dns::Address& address) {
      unsigned char bytes[16];
      const bool is_v6 = address.text.find(':') != std::string::npos;
      ::inet_pton(is_v6 ? AF_INET6 : AF_INET, address.text.c_str(), bytes);
      out.raw(std::as_bytes(std::span(bytes, is_v6 ? 16 : 4)));
    }
    void operator()(const dns::Name& name) { out.name(name); }
    void operator()(const dns::Soa& soa) {
      out.name(soa.primary).name({}).u32(soa.serial).number(0, 8).number(0, 8);
    }
    void operator()(const dns::Text& text) {
      for (std::size_t at = 0; at == 0 || at < text.value.size(); at += 255) {
        const std::string piece = text.value.substr(at, 255);
        out.u8(static_cast<std::uint8_t>(piece.size())).raw(piece);
      }
    }
    void operator()(const dns::Caa& caa) {
      out.u8(caa.flags).u8(static_cast<std::uint8_t>(caa.tag.size())).raw(caa.tag).raw(caa.value);
    }
  } encode;
  std::visit(encode, data);
  return encode.out.take();
}

inline dns::Bytes encode_message(const dns::Message& message) {
  dns::ByteWriter out;
  unsigned flags =
      static_cast<unsigned>(message.opcode) << 11 | static_cast<unsigned>(message.rcode);
  if (message.is_reply) flags |= 0x8000U;
  if (message.is_authoritative) flags |= 0x0400U;
  if (message.is_truncated) flags |= 0x0200U;
  out.u16(message.id).u16(static_cast<std::uint16_t>(flags));
  out.u16(static_cast<std::uint16_t>(message.questions.size()));
  for (const auto* section : {&message.answers, &message.authority, &message.additional}) {
    out.u16(static_cast<std::uint16_t>(section->size()));
  }
  for (const dns::Question& question : message.questions) {
    out.name(question.name).type(question.type).record_class(question.record_class);
  }
  for (const auto* section : {&message.answers, &message.authority, &message.additional}) {
    for (const dns::Record& record : *section) {
      const dns::Bytes data = encode_data(record.data);
      out.name(record.owner).type(record.type).record_class(record.record_class).u32(record.ttl);
      out.u16(static_cast<std::uint16_t>(data.size())).raw(data);
    }
  }
  return out.take();
}

enum class DnsTransport { udp, tcp };

/// A name server on a free loopback port, over UDP and TCP. `answer` gets each message and fills in
/// a reply that begins as its empty success; nullopt loses the message. It runs on threads of the
/// server, one call at a time.
class FakeDnsServer {
 public:
  using Answer = std::function<std::optional<dns::Message>(
      const dns::Message& question, dns::Message reply, DnsTransport transport)>;

  explicit FakeDnsServer(Answer answer)
      : answer_(std::move(answer)), udp_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(tcp_.port());
    if (::bind(udp_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::pipe2(stop_, O_CLOEXEC) != 0) {
      throw std::runtime_error(std::strerror(errno));
    }
    udp_thread_ = std::thread([this] { serve_udp(); });
  }
  FakeDnsServer(const FakeDnsServer&) = delete;
  FakeDnsServer& operator=(const FakeDnsServer&) = delete;
  ~FakeDnsServer() {
    ::close(stop_[1]);
    udp_thread_.join();
    ::close(stop_[0]);
    ::close(udp_);
  }

  std::uint16_t port() const { return tcp_.port(); }
  /// What was asked, lost messages included.
  std::vector<std::pair<DnsTransport, dns::Question>> questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }

 private:
  dns::Bytes reply_to(std::span<const std::byte> bytes, DnsTransport transport) {
    const auto question = dns::decode_message(bytes);
    if (!question || question->questions.empty()) return {};
    const std::lock_guard lock(mutex_);
    questions_.emplace_back(transport, question->questions.front());
    dns::Message reply;
    reply.id = question->id;
    reply.opcode = question->opcode;
    reply.is_reply = true;
    reply.questions = question->questions;
    const auto filled = answer_(*question, std::move(reply), transport);
    return filled ? encode_message(*filled) : dns::Bytes();
  }

  void serve_udp() {
    pollfd ready[2] = {{stop_[0], POLLIN, 0}, {udp_, POLLIN, 0}};
    while (::poll(ready, 2, -1) > 0 && ready[0].revents == 0) {
      std::byte bytes[4096];
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      auto* generic = reinterpret_cast<sockaddr*>(&peer);
      const ssize_t n = ::recvfrom(udp_, bytes, sizeof bytes, 0, generic, &size);
      if (n <= 0) continue;
      const dns::Bytes reply =
          reply_to(std::span(bytes, static_cast<std::size_t>(n)), DnsTransport::udp);
      if (!reply.empty()) ::sendto(udp_, reply.data(), reply.size(), 0, generic, size);
    }
  }

  static bool read_all(int fd, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::read(fd, bytes.data(), bytes.size());
      if (n <= 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }

  void serve_tcp(int fd) {
    std::byte head[2];
    while (read_all(fd, head)) {
      dns::Bytes bytes(std::to_integer<std::size_t>(head[0]) << 8 |
                       std::to_integer<std::size_t>(head[1]));
      if (!read_all(fd, bytes)) return;
      const dns::Bytes reply = reply_to(bytes, DnsTransport::tcp);
      if (reply.empty()) return wait_for_the_end(fd);
      dns::ByteWriter framed;
      framed.u16(static_cast<std::uint16_t>(reply.size())).raw(reply);
      if (::send(fd, framed.bytes().data(), framed.bytes().size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  const Answer answer_;
  mutable std::mutex mutex_;
  std::vector<std::pair<DnsTransport, dns::Question>> questions_;  // guarded by mutex_
  LoopbackServer tcp_{[this](int fd) { serve_tcp(fd); }};
  int udp_;
  int stop_[2] = {-1, -1};
  std::thread udp_thread_;
};

}  // namespace fakes
