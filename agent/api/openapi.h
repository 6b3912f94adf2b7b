#pragma once

#include <string_view>

namespace agent {

/// The API as an OpenAPI 3.1 document: agent/api/openapi.json.
std::string_view openapi_document();

}  // namespace agent
