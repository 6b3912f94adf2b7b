#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/dns/wire/message.h"
#include "base/clock.h"
#include "base/result.h"

namespace dns {

/// RFC 8945 §6. HMAC-MD5 and HMAC-SHA1 are not for new keys and not here.
enum class TsigAlgorithm { hmac_sha256, hmac_sha384, hmac_sha512 };
std::string_view to_string(TsigAlgorithm algorithm);  ///< `hmac-sha256`
std::optional<TsigAlgorithm> parse_tsig_algorithm(std::string_view text);

/// A secret shared with a name server.
struct TsigKey {
  Name name;
  TsigAlgorithm algorithm;
  Bytes secret;
  friend bool operator==(const TsigKey&, const TsigKey&) = default;
};

/// Reads a key from the text of a file: BIND's form,
/// `key "name" { algorithm hmac-sha256; secret "base64"; };` with its comments, or one line
/// `hmac-sha256:name:base64`. The error is a sentence and has nothing of the secret.
base::Result<TsigKey, std::string> parse_tsig_key(std::string_view text);

/// A message with its TSIG, and the MAC by which to check the reply.
struct SignedMessage {
  Bytes bytes;
  Bytes mac;
};

/// How far two clocks may be apart.
inline constexpr std::chrono::seconds tsig_fudge{300};

/// REQUIRES: `message` is a whole message without TSIG.
SignedMessage sign(std::span<const std::byte> message, const TsigKey& key, base::WallTime now);

/// Why the reply to a signed message is not to be trusted, or why the server did not trust us.
enum class TsigErrc {
  missing,               ///< the reply has no TSIG
  wrong_key,             ///< signed by another key or algorithm
  bad_mac,               ///< the MAC is not of this reply, request and key
  wrong_time,            ///< signed at another time than now
  server_bad_signature,  ///< BADSIG: the server has another secret under this key's name
  server_bad_key,        ///< BADKEY: the server does not know the key
  server_bad_time,       ///< BADTIME: the server's clock is another than ours
  server_other,          ///< BADTRUNC or an error that is not known
};

struct TsigError {
  TsigErrc code;
  /// The server's time, of server_bad_time; taken from a checked reply only.
  std::optional<base::WallTime> server_time = std::nullopt;
  friend bool operator==(const TsigError&, const TsigError&) = default;
};

/// Checks the TSIG of `reply`, whose bytes are `bytes`, to a message that was signed by `key` with
/// `request_mac` (RFC 8945 §5.3, §5.4).
base::Result<void, TsigError> verify(std::span<const std::byte> bytes,
                                     const Message& reply,
                                     const TsigKey& key,
                                     std::span<const std::byte> request_mac,
                                     base::WallTime now);

}  // namespace dns
