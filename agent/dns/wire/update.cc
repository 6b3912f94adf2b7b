#include "agent/dns/wire/update.h"

#include <algorithm>

#include "agent/dns/wire/byte_writer.h"

namespace dns {
namespace {

constexpr std::uint16_t opcode_update = 5U << 11;
constexpr std::size_t max_string = 255;  // RFC 1035 §3.3

Bytes encode_text(std::string_view value) {
  ByteWriter data;
  do {
    const std::string_view piece = value.substr(0, max_string);
    data.u8(static_cast<std::uint8_t>(piece.size())).raw(piece);
    value.remove_prefix(piece.size());
  } while (!value.empty());
  return data.take();
}

void append_change(ByteWriter& message, const TxtChange& change, std::uint32_t ttl_seconds) {
  const bool is_add = change.kind == TxtChange::Kind::add;
  const Bytes data = encode_text(change.value);
  message.name(change.fqdn)
      .type(RecordType::txt)
      .record_class(is_add ? RecordClass::in : RecordClass::none)
      .u32(is_add ? ttl_seconds : 0)
      .u16(static_cast<std::uint16_t>(data.size()))
      .raw(data);
}

}  // namespace

Bytes encode_update(std::uint16_t id,
                    const Name& zone,
                    const std::vector<TxtChange>& changes,
                    std::uint32_t ttl_seconds) {
  ByteWriter message;
  message.u16(id).u16(opcode_update);
  message.u16(1).u16(0).u16(static_cast<std::uint16_t>(changes.size())).u16(0);
  message.name(zone).type(RecordType::soa).record_class(RecordClass::in);
  for (const TxtChange& change : changes) append_change(message, change, ttl_seconds);
  return message.take();
}

UpdateAdvice update_advice(Rcode rcode) {
  switch (rcode) {
    case Rcode::no_error: return UpdateAdvice::done;
    case Rcode::server_failure: return UpdateAdvice::try_again;
    // Without prerequisites the last four cannot be our doing; a server that says so is no server
    // that takes updates.
    case Rcode::format_error:
    case Rcode::not_implemented:
    case Rcode::refused:
    case Rcode::not_authoritative:
    case Rcode::not_in_zone:
    case Rcode::no_such_name:
    case Rcode::name_exists:
    case Rcode::set_exists:
    case Rcode::no_such_set: return UpdateAdvice::ask_operator;
  }
  return UpdateAdvice::ask_operator;
}

}  // namespace dns
