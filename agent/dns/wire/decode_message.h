#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "agent/dns/wire/message.h"
#include "base/result.h"

namespace dns {

/// Reads a whole message (RFC 1035 §4, TSIG by RFC 8945 §4.2) of anybody: every length, count and
/// pointer is checked, nothing may follow the last record. The error is a sentence that says which
/// part is wrong.
base::Result<Message, std::string> decode_message(std::span<const std::byte> bytes);

}  // namespace dns
