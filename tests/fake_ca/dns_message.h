#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fake_ca {

/// A query for TXT records of `name` (no trailing dot), recursion desired (RFC 1035 §4).
std::string encode_txt_query(std::uint16_t id, std::string_view name);

struct TxtReply {
  int rcode = 0;
  std::vector<std::string> values;  ///< of all TXT records, each one's strings joined
  std::string cname;                ///< the last alias in the answer; empty without one
};

/// nullopt for what is no reply to `id`, or is cut off.
std::optional<TxtReply> parse_txt_reply(std::uint16_t id, std::string_view message);

}  // namespace fake_ca
