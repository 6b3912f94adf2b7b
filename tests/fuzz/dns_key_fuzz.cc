// A key file of any bytes: what is taken is a whole key.

#include <cstdint>
#include <string_view>

#include "agent/dns/wire/tsig.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto key = dns::parse_tsig_key({reinterpret_cast<const char*>(data), size});
  if (key) {
    FUZZ_CHECK(key->name.is_plain());
    FUZZ_CHECK(!key->secret.empty());
  }
  return 0;
}
