#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace agent {

/// One line and a line feed; what is not UTF-8 in it is replaced.
std::string to_text(const nlohmann::ordered_json& json);

}  // namespace agent
