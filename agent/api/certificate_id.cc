#include "agent/api/certificate_id.h"

#include <charconv>

namespace agent {

std::optional<CertificateId> parse_certificate_id(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec != std::errc{} || end != text.data() + text.size() || number < 1) return std::nullopt;
  return CertificateId(number);
}

}  // namespace agent
