// A name server's reply of any bytes: nothing reads beyond it or runs long, names are bounded, and
// a TSIG that nobody made by our key is not believed.

#include <cstdint>

#include "agent/dns/wire/decode_message.h"
#include "agent/dns/wire/tsig.h"
#include "tests/fuzz/check.h"

namespace {

void check_name(const dns::Name& name) {
  FUZZ_CHECK(name.wire().size() <= 255);
  if (name.is_plain() && !name.is_root()) {
    FUZZ_CHECK(dns::Name::parse(name.text()).value() == name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto message = dns::decode_message(bytes);
  if (!message) return 0;
  for (const dns::Record& record : message->answers) {
    check_name(record.owner);
    if (const auto* name = std::get_if<dns::Name>(&record.data)) check_name(*name);
  }
  const dns::TsigKey key{
      dns::Name::parse("k").value(), dns::TsigAlgorithm::hmac_sha256, dns::Bytes(32, std::byte{7})};
  const base::WallTime now{std::chrono::seconds(1'795'698'825)};
  FUZZ_CHECK(!dns::verify(bytes, *message, key, {}, now));
  return 0;
}
