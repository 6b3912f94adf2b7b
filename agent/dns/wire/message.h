#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/dns/wire/name.h"

namespace dns {

using Bytes = std::vector<std::byte>;

/// The types that we ask for or send (IANA: DNS parameters). Others come as their number.
enum class RecordType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  txt = 16,
  aaaa = 28,
  tsig = 250,
  caa = 257,
};
std::string to_string(RecordType type);  ///< `TXT`; `TYPE99` for one that we have no word for

enum class RecordClass : std::uint16_t { in = 1, none = 254, any = 255 };

/// RFC 1035 §4.1.1, RFC 2136 §2.2. Others come as their number.
enum class Rcode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  server_failure = 2,
  no_such_name = 3,
  not_implemented = 4,
  refused = 5,
  name_exists = 6,
  set_exists = 7,
  no_such_set = 8,
  not_authoritative = 9,
  not_in_zone = 10,
};
std::string to_string(Rcode rcode);  ///< `SERVFAIL`; `RCODE 14` for one that we have no word for

/// RFC 1035 §3.3.13: the members that we use.
struct Soa {
  Name primary;
  std::uint32_t serial = 0;
  friend bool operator==(const Soa&, const Soa&) = default;
};

/// A TXT's strings in one piece: where they are cut means nothing to ACME.
struct Text {
  std::string value;
  friend bool operator==(const Text&, const Text&) = default;
};

/// RFC 8659 §4.1.
struct Caa {
  std::uint8_t flags = 0;
  std::string tag{};
  std::string value{};
  friend bool operator==(const Caa&, const Caa&) = default;
};

/// `192.0.2.1`, or RFC 5952 text.
struct Address {
  std::string text;
  friend bool operator==(const Address&, const Address&) = default;
};

/// Of a type or class that we have no word for.
struct Opaque {
  friend bool operator==(const Opaque&, const Opaque&) = default;
};

using RecordData = std::variant<Opaque, Address, Name, Soa, Text, Caa>;  ///< Name: CNAME and NS

struct Record {
  Name owner;
  RecordType type{};
  RecordClass record_class = RecordClass::in;
  std::uint32_t ttl = 0;  ///< seconds
  RecordData data{};
  friend bool operator==(const Record&, const Record&) = default;
};

struct Question {
  Name name;
  RecordType type{};
  RecordClass record_class = RecordClass::in;
  friend bool operator==(const Question&, const Question&) = default;
};

/// The TSIG record of a message (RFC 8945 §4.2).
struct TsigRecord {
  Name key;
  Name algorithm;
  std::uint64_t time_signed = 0;  ///< seconds since 1970
  std::uint16_t fudge = 0;        ///< seconds
  Bytes mac{};
  std::uint16_t original_id = 0;
  std::uint16_t error = 0;  ///< an extended RCODE: 16 BADSIG, 17 BADKEY, 18 BADTIME, 22 BADTRUNC
  Bytes other{};            ///< of BADTIME: the server's time, 6 bytes
  std::size_t offset = 0;   ///< where the record begins in the message
  friend bool operator==(const TsigRecord&, const TsigRecord&) = default;
};

struct Message {
  std::uint16_t id = 0;
  bool is_reply = false;
  bool is_authoritative = false;
  bool is_truncated = false;
  std::uint8_t opcode = 0;  ///< 0 QUERY, 5 UPDATE
  Rcode rcode{};
  std::vector<Question> questions{};
  std::vector<Record> answers{};
  std::vector<Record> authority{};
  std::vector<Record> additional{};  ///< without the TSIG
  std::optional<TsigRecord> tsig{};
  friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace dns
