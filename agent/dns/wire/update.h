#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/dns/wire/message.h"

namespace dns {

/// One change of an RFC 2136 update. There is no "delete all of the name": it would take values
/// that are not ours.
struct TxtChange {
  enum class Kind {
    add,     ///< RFC 2136 §2.5.1
    remove,  ///< exactly this value: RFC 2136 §2.5.4
  };
  Kind kind;
  Name fqdn;
  std::string value;  ///< at most 1024 bytes
  friend bool operator==(const TxtChange&, const TxtChange&) = default;
};

/// What the whole of an update may be: it fits in a message of TCP with room for a TSIG.
inline constexpr std::size_t max_changes = 40;

/// An UPDATE message for `zone`, without prerequisites: the changes happen all or none, in order.
/// REQUIRES: at most max_changes.
Bytes encode_update(std::uint16_t id,
                    const Name& zone,
                    const std::vector<TxtChange>& changes,
                    std::uint32_t ttl_seconds);

/// What a server's reply to an update asks us to do.
enum class UpdateAdvice {
  done,
  try_again,     ///< the server is in trouble
  ask_operator,  ///< the server will say the same until it or we are configured differently
};

/// By the reply's RCODE (RFC 2136 §2.2).
UpdateAdvice update_advice(Rcode rcode);

}  // namespace dns
