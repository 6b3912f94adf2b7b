#pragma once

#include <cstdint>
#include <optional>

#include "agent/api/json_body.h"
#include "agent/custom/make_request.h"
#include "agent/custom/upload.h"

namespace agent {

/// The bodies of CustomRoutes.

struct InstallWish {
  CertificateUpload upload{};
  std::optional<std::int64_t> return_days = std::nullopt;
};

InstallWish take_installation(JsonBody& body);

/// `hostname` is the common name unless another one is given, and always among the names.
RequestWish take_request(JsonBody& body, const base::DomainName& hostname, std::size_t max_names);

}  // namespace agent
