#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "haproxy/errc.h"

namespace haproxy {

/// One block of a PEM document (RFC 7468).
struct PemBlock {
  std::string label;     ///< `CERTIFICATE`, `PRIVATE KEY`, ...
  std::string base64;    ///< in one piece, with padding; checked
  std::size_t line = 0;  ///< where it begins, from 1
};

/// All blocks in their order. Text between blocks is skipped, as OpenSSL does. Errors: a block that
/// does not end or ends with another label, a header line (an encrypted key of the old kind has
/// one), a character that is no base64, more than `max_blocks` blocks.
base::Result<std::vector<PemBlock>, DocumentError> parse_pem_blocks(std::string_view document,
                                                                    std::size_t max_blocks);

/// The block with lines of 64 characters, each ending in LF.
std::string encode_pem_block(const PemBlock& block);

}  // namespace haproxy
