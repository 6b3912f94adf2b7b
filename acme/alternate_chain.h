#pragma once

#include <string_view>

namespace acme {

/// Whether this chain is the one that was asked for (RFC 8555 §7.4.2): its last certificate was
/// issued by, or any of its certificates is, the one with the common name `wish`. No chain that
/// cannot be read is, and none is the empty one.
bool is_preferred_chain(std::string_view pem, std::string_view wish);

}  // namespace acme
