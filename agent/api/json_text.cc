#include "agent/api/json_text.h"

#include <nlohmann/json.hpp>

namespace agent {

std::string to_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace agent
