#include "agent/dns/wire/decode_message.h"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <utility>

namespace dns {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads values one after another. After the first failure everything reads as zero or empty, and
/// ok() says so: each record is checked once, at its end.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> message) : message_(message), end_(message.size()) {}

  bool ok() const { return ok_; }
  std::size_t position() const { return at_; }
  bool at_end() const { return at_ == end_; }
  std::size_t left() const { return end_ - at_; }
  void fail() { ok_ = false; }

  std::span<const std::byte> take(std::size_t n) {
    if (!ok_ || n > left()) {
      fail();
      return {};
    }
    at_ += n;
    return message_.subspan(at_ - n, n);
  }

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const std::byte b : take(bytes)) value = value << 8 | std::to_integer<std::uint64_t>(b);
    return value;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }

  /// A name, compressed or not (RFC 1035 §4.1.4).
  Name name() {
    Bytes labels;
    while (ok_) {
      const std::uint8_t length = u8();
      if (length >= 0xc0) {
        const std::size_t pointer = at_ - 1;
        const std::size_t target = (length & 0x3fU) << 8 | u8();
        append_labels_at(target, pointer, labels);
        break;
      }
      if (length == 0) break;
      append_label(length, take(length), labels);
    }
    return finish_name(labels);
  }

  /// The next `n` bytes as a reader of their own that can still follow pointers out of them; this
  /// one goes on behind them.
  Reader part(std::size_t n) {
    Reader inner(message_);
    inner.at_ = at_;
    inner.ok_ = ok_ && n <= left();
    take(n);
    inner.end_ = inner.ok_ ? at_ : inner.at_;
    return inner;
  }

 private:
  void append_label(std::size_t length, std::span<const std::byte> label, Bytes& labels) {
    if (length > 63 || label.size() != length || labels.size() + length > 255) return fail();
    labels.push_back(static_cast<std::byte>(length));
    labels.insert(labels.end(), label.begin(), label.end());
  }

  /// Follows pointers to `target`; each has to go before the one it was met at, so there are no
  /// loops.
  void append_labels_at(std::size_t target, std::size_t met_at, Bytes& labels) {
    while (ok_) {
      if (target >= met_at) return fail();
      Reader there(message_);
      there.at_ = target;
      std::uint8_t length = 0;
      while ((length = there.u8()) != 0 && length < 0xc0 && ok_) {
        append_label(length, there.take(length), labels);
      }
      met_at = target;
      if (length >= 0xc0) target = (length & 0x3fU) << 8 | there.u8();
      if (!there.ok()) return fail();
      if (length == 0) return;
    }
  }

  Name finish_name(const Bytes& labels) {
    std::optional<Name> name = Name::from_wire(labels);
    if (ok_ && name) return *std::move(name);
    fail();
    return {};
  }

  std::span<const std::byte> message_;
  std::size_t at_ = 0;
  std::size_t end_;
  bool ok_ = true;
};

Address read_address(Reader& reader, int family, std::size_t size) {
  const auto bytes = reader.take(size);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!bytes.empty()) inet_ntop(family, bytes.data(), text.data(), text.size());
  return {text.data()};
}

Soa read_soa(Reader& reader) {
  Soa soa;
  soa.primary = reader.name();
  reader.name();  // the mailbox
  soa.serial = reader.u32();
  reader.take(16);  // refresh, retry, expire, minimum
  return soa;
}

Text read_text(Reader& reader) {
  Text text;
  do {
    text.value += text_of(reader.take(reader.u8()));
  } while (reader.ok() && !reader.at_end());
  return text;
}

Caa read_caa(Reader& reader) {
  Caa caa;
  caa.flags = reader.u8();
  caa.tag = text_of(reader.take(reader.u8()));
  caa.value = text_of(reader.take(reader.left()));
  if (caa.tag.empty()) reader.fail();
  return caa;
}

RecordData read_data(Reader& reader, RecordType type) {
  switch (type) {
    case RecordType::a: return read_address(reader, AF_INET, 4);
    case RecordType::aaaa: return read_address(reader, AF_INET6, 16);
    case RecordType::ns:
    case RecordType::cname: return reader.name();
    case RecordType::soa: return read_soa(reader);
    case RecordType::txt: return read_text(reader);
    case RecordType::caa: return read_caa(reader);
    case RecordType::tsig: break;  // read by read_tsig()
  }
  reader.take(reader.left());
  return Opaque{};
}

Bytes copy(std::span<const std::byte> bytes) {
  return {bytes.begin(), bytes.end()};
}

TsigRecord read_tsig(Reader& reader, Name key, std::size_t offset) {
  TsigRecord tsig;
  tsig.key = std::move(key);
  tsig.offset = offset;
  tsig.algorithm = reader.name();
  tsig.time_signed = reader.number(6);
  tsig.fudge = reader.u16();
  tsig.mac = copy(reader.take(reader.u16()));
  tsig.original_id = reader.u16();
  tsig.error = reader.u16();
  tsig.other = copy(reader.take(reader.u16()));
  return tsig;
}

class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : reader_(bytes) {}

  base::Result<Message, std::string> decode() {
    if (!read_header()) return wrong("header");
    if (!read_questions()) return wrong("question section");
    if (!read_records(counts_[1], message_.answers)) return wrong("answer section");
    if (!read_records(counts_[2], message_.authority)) return wrong("authority section");
    if (!read_records(counts_[3], message_.additional)) return wrong("additional section");
    if (!reader_.at_end()) {
      return base::Unexpected(std::string("bytes follow the last record of the message"));
    }
    return std::move(message_);
  }

 private:
  static base::Unexpected<std::string> wrong(const char* part) {
    return base::Unexpected("the message's " + std::string(part) + " is malformed");
  }

  bool read_header() {
    message_.id = reader_.u16();
    const std::uint16_t flags = reader_.u16();
    message_.is_reply = (flags & 0x8000U) != 0;
    message_.opcode = static_cast<std::uint8_t>(flags >> 11 & 0xfU);
    message_.is_authoritative = (flags & 0x0400U) != 0;
    message_.is_truncated = (flags & 0x0200U) != 0;
    message_.rcode = static_cast<Rcode>(flags & 0xfU);
    for (std::uint16_t& count : counts_) count = reader_.u16();
    return reader_.ok();
  }

  bool read_questions() {
    for (int i = 0; i < counts_[0] && reader_.ok(); ++i) {
      Question question;
      question.name = reader_.name();
      question.type = static_cast<RecordType>(reader_.u16());
      question.record_class = static_cast<RecordClass>(reader_.u16());
      message_.questions.push_back(std::move(question));
    }
    return reader_.ok();
  }

  /// A truncated message may end between two records.
  bool read_records(std::uint16_t count, std::vector<Record>& records) {
    for (int i = 0; i < count && reader_.ok(); ++i) {
      if (message_.is_truncated && reader_.at_end()) return true;
      if (message_.tsig) return false;  // RFC 8945 §5.1: it is the last one
      read_record(records);
    }
    return reader_.ok();
  }

  void read_record(std::vector<Record>& records) {
    const std::size_t offset = reader_.position();
    Record record;
    record.owner = reader_.name();
    record.type = static_cast<RecordType>(reader_.u16());
    record.record_class = static_cast<RecordClass>(reader_.u16());
    record.ttl = reader_.u32();
    Reader data = reader_.part(reader_.u16());
    if (record.type == RecordType::tsig) {
      message_.tsig = read_tsig(data, std::move(record.owner), offset);
      const bool is_as_signed = record.record_class == RecordClass::any && record.ttl == 0;
      if (!is_as_signed || &records != &message_.additional) reader_.fail();
    } else {
      // An update and its reply have records without data (RFC 2136 §2.4, §2.5).
      if (!data.at_end()) record.data = read_data(data, record.type);
      records.push_back(std::move(record));
    }
    if (!data.ok() || !data.at_end()) reader_.fail();
  }

  Reader reader_;
  Message message_;
  std::array<std::uint16_t, 4> counts_{};
};

}  // namespace

base::Result<Message, std::string> decode_message(std::span<const std::byte> bytes) {
  return Decoder(bytes).decode();
}

}  // namespace dns
