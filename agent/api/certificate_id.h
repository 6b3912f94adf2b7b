#pragma once

#include <optional>
#include <string_view>

#include "agent/model/certificate.h"

namespace agent {

/// nullopt if it is not made of digits, as no hostname is.
std::optional<CertificateId> parse_certificate_id(std::string_view text);

}  // namespace agent
