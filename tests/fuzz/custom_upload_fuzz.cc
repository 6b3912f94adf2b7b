// What somebody uploads as a certificate: PEM or a PKCS#12 container of any bytes. Nothing crashes,
// leaks or takes long, and what is taken is taken again as it was encoded.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/custom/upload.h"
#include "tests/fuzz/check.h"

namespace {

/// The first byte says what follows: a container, or a chain and behind a NUL a key.
agent::CertificateUpload to_upload(std::string_view bytes) {
  agent::CertificateUpload upload;
  upload.passphrase = (bytes.front() & 2) != 0 ? "secret" : "";
  const std::string_view rest = bytes.substr(1);
  if ((bytes.front() & 1) != 0) {
    upload.pkcs12 = rest;
    return upload;
  }
  const std::size_t middle = rest.find('\0');
  upload.chain_pem = rest.substr(0, middle);
  if (middle != std::string_view::npos) upload.key_pem = rest.substr(middle + 1);
  return upload;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const base::DomainName hostname = base::DomainName::parse("www.example.org").value();
  const base::WallTime now = std::chrono::sys_days{std::chrono::year(2027) / 1 / 1};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto checked = agent::check_upload(to_upload(bytes), hostname, now);
  if (!checked) {
    FUZZ_CHECK(!checked.error().field.empty() && !checked.error().rule.empty());
    return 0;
  }
  FUZZ_CHECK(!checked->names.empty() && checked->fingerprint.size() == 40);
  const auto again = agent::check_upload({checked->chain_pem, checked->key_pem}, hostname, now);
  FUZZ_CHECK(again && again->chain_pem == checked->chain_pem);
  return 0;
}
