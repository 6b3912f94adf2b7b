#include "acme/revocation.h"

#include <array>

#include "acme/certificate.h"
#include "acme/json.h"

namespace acme {
namespace {

constexpr std::array all_reasons = {RevocationReason::unspecified,
                                    RevocationReason::key_compromise,
                                    RevocationReason::superseded,
                                    RevocationReason::cessation_of_operation};

/// PEM is base64 with line breaks. REQUIRES: a chain that parse_chain() has taken.
std::string base64url_of_leaf(std::string_view pem) {
  const std::size_t begin = pem.find('\n', pem.find("-----BEGIN")) + 1;
  std::string text;
  for (const char c : pem.substr(begin, pem.find("-----END", begin) - begin)) {
    if (c == '+') text += '-';
    if (c == '/') text += '_';
    const bool is_shared =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_shared) text += c;
  }
  return text;
}

}  // namespace

std::string_view to_string(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::unspecified: return "unspecified";
    case RevocationReason::key_compromise: return "keyCompromise";
    case RevocationReason::superseded: return "superseded";
    case RevocationReason::cessation_of_operation: return "cessationOfOperation";
  }
  return "unspecified";
}

std::optional<RevocationReason> parse_revocation_reason(std::string_view text) {
  for (const RevocationReason reason : all_reasons) {
    if (to_string(reason) == text) return reason;
  }
  return std::nullopt;
}

std::optional<std::string> revocation_payload(std::string_view chain_pem, RevocationReason reason) {
  if (!parse_chain(chain_pem)) return std::nullopt;
  JsonWriter payload;
  payload.add("certificate", base64url_of_leaf(chain_pem));
  payload.add_json("reason", std::to_string(static_cast<int>(reason)));
  return payload.text();
}

}  // namespace acme
