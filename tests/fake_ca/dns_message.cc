#include "tests/fake_ca/dns_message.h"

#include <algorithm>

namespace fake_ca {
namespace {

constexpr unsigned type_cname = 5;
constexpr unsigned type_txt = 16;

void put_16(std::string& message, unsigned value) {
  message += static_cast<char>(value >> 8U & 0xffU);
  message += static_cast<char>(value & 0xffU);
}

/// Reads a message from front to back; past its end it yields zeros and is no longer good.
class Reader {
 public:
  explicit Reader(std::string_view message) : message_(message) {}

  bool is_good() const { return is_good_; }
  void skip(std::size_t n) { at_ += n; }
  std::size_t at() const { return at_; }

  unsigned byte() {
    if (at_ >= message_.size()) return fail();
    return static_cast<unsigned char>(message_[at_++]);
  }
  unsigned number_16() {
    const unsigned high = byte();
    return high << 8U | byte();
  }
  std::string bytes(std::size_t n) {
    if (n > message_.size() || at_ > message_.size() - n) return fail(), std::string();
    at_ += n;
    return std::string(message_.substr(at_ - n, n));
  }
  /// A name, which may be compressed (RFC 1035 §4.1.4).
  std::string name() {
    std::string text;
    std::optional<std::size_t> end;
    for (int labels = 0; labels < 128; ++labels) {
      const unsigned size = byte();
      if (size == 0) {
        if (end) at_ = *end;
        return text;
      }
      if (size >= 0xc0) {
        const std::size_t target = (size & 0x3fU) << 8U | byte();
        if (!end) end = at_;
        at_ = target;
        continue;
      }
      text += (text.empty() ? "" : ".") + bytes(size);
    }
    fail();
    return {};
  }

 private:
  unsigned fail() {
    is_good_ = false;
    return 0;
  }

  std::string_view message_;
  std::size_t at_ = 0;
  bool is_good_ = true;
};

std::string join_strings(std::string_view data) {
  std::string value;
  for (std::size_t at = 0; at < data.size();) {
    const auto size = static_cast<unsigned char>(data[at]);
    value += data.substr(at + 1, size);
    at += 1U + size;
  }
  return value;
}

void read_record(Reader& reader, TxtReply& reply) {
  reader.name();
  const unsigned type = reader.number_16();
  reader.skip(6);  // class and TTL
  const unsigned size = reader.number_16();
  const std::size_t end = reader.at() + size;
  if (type == type_cname) {
    reply.cname = reader.name();
    reader.skip(end - reader.at());
  } else if (type == type_txt) {
    reply.values.push_back(join_strings(reader.bytes(size)));
  } else {
    reader.bytes(size);
  }
}

}  // namespace

std::string encode_txt_query(std::uint16_t id, std::string_view name) {
  std::string message;
  put_16(message, id);
  put_16(message, 0x0100);  // recursion desired
  put_16(message, 1);       // one question
  message.append(6, '\0');
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    message += static_cast<char>(label.size());
    message += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  message += '\0';
  put_16(message, type_txt);
  put_16(message, 1);  // IN
  return message;
}

std::optional<TxtReply> parse_txt_reply(std::uint16_t id, std::string_view message) {
  Reader reader(message);
  TxtReply reply;
  const bool is_ours = reader.number_16() == id;
  const unsigned flags = reader.number_16();
  reply.rcode = static_cast<int>(flags & 0xfU);
  const unsigned questions = reader.number_16();
  const unsigned answers = reader.number_16();
  reader.skip(4);
  for (unsigned i = 0; i < questions && reader.is_good(); ++i) {
    reader.name();
    reader.skip(4);
  }
  for (unsigned i = 0; i < answers && reader.is_good(); ++i) read_record(reader, reply);
  const bool is_reply = (flags & 0x8000U) != 0;
  if (!is_ours || !is_reply || !reader.is_good()) return std::nullopt;
  return reply;
}

}  // namespace fake_ca
