#include "agent/dns/wire/tsig.h"

#include <array>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "agent/dns/wire/byte_writer.h"

namespace dns {
namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t arcount_offset = 10;

constexpr std::uint16_t bad_signature = 16;
constexpr std::uint16_t bad_key = 17;
constexpr std::uint16_t bad_time = 18;

const EVP_MD* digest_of(TsigAlgorithm algorithm) {
  switch (algorithm) {
    case TsigAlgorithm::hmac_sha256: return EVP_sha256();
    case TsigAlgorithm::hmac_sha384: return EVP_sha384();
    case TsigAlgorithm::hmac_sha512: return EVP_sha512();
  }
  return nullptr;
}

Bytes hmac(const TsigKey& key, const Bytes& input) {
  Bytes mac(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  const unsigned char* made = HMAC(digest_of(key.algorithm),
                                   key.secret.data(),
                                   static_cast<int>(key.secret.size()),
                                   reinterpret_cast<const unsigned char*>(input.data()),
                                   input.size(),
                                   reinterpret_cast<unsigned char*>(mac.data()),
                                   &size);
  if (made == nullptr) throw std::runtime_error("HMAC failed");
  mac.resize(size);
  return mac;
}

Name algorithm_name(TsigAlgorithm algorithm) {
  return Name::parse(to_string(algorithm)).value();
}

std::uint64_t seconds_of(base::WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

/// The TSIG variables of RFC 8945 §4.3.3.
void append_variables(ByteWriter& input, const TsigRecord& tsig) {
  input.name(tsig.key).record_class(RecordClass::any).u32(0).name(tsig.algorithm);
  input.number(tsig.time_signed, 6).u16(tsig.fudge).u16(tsig.error);
  input.u16(static_cast<std::uint16_t>(tsig.other.size())).raw(tsig.other);
}

void append_record(ByteWriter& message, const TsigRecord& tsig) {
  ByteWriter data;
  data.name(tsig.algorithm).number(tsig.time_signed, 6).u16(tsig.fudge);
  data.u16(static_cast<std::uint16_t>(tsig.mac.size())).raw(tsig.mac);
  data.u16(tsig.original_id).u16(tsig.error);
  data.u16(static_cast<std::uint16_t>(tsig.other.size())).raw(tsig.other);
  message.name(tsig.key).type(RecordType::tsig).record_class(RecordClass::any).u32(0);
  message.u16(static_cast<std::uint16_t>(data.bytes().size())).raw(data.bytes());
}

std::uint16_t number_at(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) << 8 |
                                    std::to_integer<unsigned>(bytes[at + 1]));
}

void put_number(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::byte>(value >> 8);
  bytes[at + 1] = static_cast<std::byte>(value & 0xffU);
}

/// The message as it was before its TSIG: without it, not counting it, with its first id.
Bytes without_tsig(std::span<const std::byte> bytes, const TsigRecord& tsig) {
  const auto kept = bytes.first(tsig.offset);
  Bytes message(kept.begin(), kept.end());
  put_number(message, 0, tsig.original_id);
  put_number(
      message, arcount_offset, static_cast<std::uint16_t>(number_at(message, arcount_offset) - 1));
  return message;
}

base::Unexpected<TsigError> fail(TsigErrc code) {
  return base::Unexpected(TsigError{.code = code});
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<base::WallTime> time_in(const Bytes& other) {
  if (other.size() != 6) return std::nullopt;
  std::int64_t seconds = 0;
  for (const std::byte b : other) seconds = seconds << 8 | std::to_integer<std::int64_t>(b);
  return base::WallTime(std::chrono::seconds(seconds));
}

}  // namespace

SignedMessage sign(std::span<const std::byte> message, const TsigKey& key, base::WallTime now) {
  TsigRecord tsig;
  tsig.key = key.name;
  tsig.algorithm = algorithm_name(key.algorithm);
  tsig.time_signed = seconds_of(now);
  tsig.fudge = static_cast<std::uint16_t>(tsig_fudge.count());
  tsig.original_id = number_at(message, 0);
  ByteWriter input;
  input.raw(message);
  append_variables(input, tsig);
  tsig.mac = hmac(key, input.bytes());

  ByteWriter output;
  output.raw(message);
  append_record(output, tsig);
  Bytes bytes = output.take();
  put_number(
      bytes, arcount_offset, static_cast<std::uint16_t>(number_at(bytes, arcount_offset) + 1));
  return {.bytes = std::move(bytes), .mac = std::move(tsig.mac)};
}

base::Result<void, TsigError> verify(std::span<const std::byte> bytes,
                                     const Message& reply,
                                     const TsigKey& key,
                                     std::span<const std::byte> request_mac,
                                     base::WallTime now) {
  if (!reply.tsig || reply.tsig->offset < header_size) return fail(TsigErrc::missing);
  const TsigRecord& tsig = *reply.tsig;
  // These two come without a MAC (RFC 8945 §5.3.2): believed, since to believe them costs nothing
  // but a pause.
  if (tsig.error == bad_signature) return fail(TsigErrc::server_bad_signature);
  if (tsig.error == bad_key) return fail(TsigErrc::server_bad_key);
  if (tsig.key != key.name || tsig.algorithm != algorithm_name(key.algorithm)) {
    return fail(TsigErrc::wrong_key);
  }
  ByteWriter input;
  input.u16(static_cast<std::uint16_t>(request_mac.size())).raw(request_mac);
  input.raw(without_tsig(bytes, tsig));
  append_variables(input, tsig);
  if (!same(tsig.mac, hmac(key, input.bytes()))) return fail(TsigErrc::bad_mac);
  if (tsig.error == bad_time) {
    return base::Unexpected(
        TsigError{.code = TsigErrc::server_bad_time, .server_time = time_in(tsig.other)});
  }
  if (tsig.error != 0) return fail(TsigErrc::server_other);
  const std::uint64_t ours = seconds_of(now);
  const std::uint64_t apart =
      ours > tsig.time_signed ? ours - tsig.time_signed : tsig.time_signed - ours;
  if (apart > tsig.fudge) return fail(TsigErrc::wrong_time);
  return {};
}

}  // namespace dns
