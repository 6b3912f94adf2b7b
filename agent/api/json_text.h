#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace agent {

/// One line and a line feed; what is not UTF-8 in it is replaced.
std::string to_text(const nlohmann::ordered_json& json);

/// null if the text is empty.
nlohmann::ordered_json optional_text(const std::string& text);

}  // namespace agent
