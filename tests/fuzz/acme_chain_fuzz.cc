// A downloaded chain of any bytes: nothing crashes or leaks, and what is taken is encoded as
// certificates and nothing else.

#include <cstdint>
#include <string_view>

#include "acme/certificate.h"
#include "tests/fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const acme::PrivateKey key = acme::PrivateKey::generate(acme::KeyType::ecdsa_p256).value();
  const std::string_view pem(reinterpret_cast<const char*>(data), size);
  if (const auto chain = acme::parse_chain(pem)) {
    FUZZ_CHECK(!chain->empty() && chain->size() <= 10);
    FUZZ_CHECK(chain->front().sha1.size() == 40);
  }
  const auto verified =
      acme::verify_chain(pem,
                         key,
                         {acme::Identifier(base::DomainName::parse("a.example").value())},
                         base::WallTime(std::chrono::hours(500000)));
  FUZZ_CHECK(!verified);  // nobody has signed for a key of this moment
  return 0;
}
