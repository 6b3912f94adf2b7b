#pragma once

// What Knot's knsupdate 3.2.6 and knotd 3.2.6 said to each other, as caught between them.

#include <string_view>

#include "agent/dns/wire/decode_message.h"
#include "agent/dns/wire/tsig.h"
#include "base/encoding.h"

namespace dns::test {

inline constexpr std::string_view secret_base64 = "MTIzNDU2Nzg5MGFiY2RlZjEyMzQ1Njc4OTBhYmNkZWY=";
inline constexpr std::string_view value = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ";
inline constexpr base::WallTime capture_time{std::chrono::seconds(0x6b083089)};

/// update add _acme-challenge.www.example.test 60 TXT value; hmac-sha256, key acme.key
inline constexpr std::string_view add_request =
    "f2c128000001000000010001076578616d706c65047465737400000600010f5f61636d652d6368616c6c656e6765"
    "03777777c00c001000010000003c002c2b6162636465666768696a6b6c6d6e6f707172737475767778797a414243"
    "4445464748494a4b4c4d4e4f50510461636d65036b65790000fa00ff00000000003d0b686d61632d736861323536"
    "0000006b083089012c0020782f199df1de7d2483997c80d3ece0d726c27fd0374b098df2960c0f2cf9563af2c100"
    "000000";
inline constexpr std::string_view add_reply =
    "f2c1a8000001000000000001076578616d706c65047465737400000600010461636d65036b65790000fa00ff0000"
    "0000003d0b686d61632d7368613235360000006b083089012c0020cfdd071107c3fb9e02ba00f9fd40fc2079b9e9"
    "f26f0b2703a0cbb76c47945857f2c100000000";
/// update delete _acme-challenge.www.example.test TXT value; the same key
inline constexpr std::string_view remove_request =
    "841d28000001000000010001076578616d706c65047465737400000600010f5f61636d652d6368616c6c656e6765"
    "03777777c00c001000fe00000000002c2b6162636465666768696a6b6c6d6e6f707172737475767778797a414243"
    "4445464748494a4b4c4d4e4f50510461636d65036b65790000fa00ff00000000003d0b686d61632d736861323536"
    "0000006b083089012c00200643a3065113ed14935659e7a2f3a74804605e73a3758cdaefff2529a6edb7cd841d00"
    "000000";
/// hmac-sha512, key other.key, which the server does not know
inline constexpr std::string_view unknown_key_request =
    "a5b528000001000000010001076578616d706c65047465737400000600010f5f61636d652d6368616c6c656e6765"
    "03777777c00c001000fe00000000002c2b6162636465666768696a6b6c6d6e6f707172737475767778797a414243"
    "4445464748494a4b4c4d4e4f5051056f74686572036b65790000fa00ff00000000005d0b686d61632d7368613531"
    "320000006b083089012c0040036554375d9c613f710331c2ceb906b52e8ce4ca1d54a325863b0e39ba8de105614b"
    "811d48c100dda30ea7d25a074178ac2d3ff311d238655dcc1ba9fa7a2580a5b500000000";
inline constexpr std::string_view unknown_key_reply =
    "a5b5a8090001000000000001076578616d706c6504746573740000060001056f74686572036b65790000fa00ff00"
    "000000001d0b686d61632d7368613531320000006b083089012c0000a5b500110000";

inline Bytes from_hex(std::string_view hex) {
  return base::decode_hex(hex).value();
}

inline Name name(std::string_view text) {
  return Name::parse(text).value();
}

inline TsigKey key(std::string_view name = "acme.key", std::string_view algorithm = "hmac-sha256") {
  const std::string line =
      std::string(algorithm) + ":" + std::string(name) + ":" + std::string(secret_base64);
  return parse_tsig_key(line).value();
}

}  // namespace dns::test
