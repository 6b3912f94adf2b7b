#include "agent/cli/json_fields.h"

namespace agent {

using nlohmann::ordered_json;

const ordered_json& field(const ordered_json& object, std::string_view name) {
  static const ordered_json nothing;
  if (!object.is_object()) return nothing;
  const auto member = object.find(std::string(name));
  return member == object.end() ? nothing : *member;
}

std::string text_field(const ordered_json& object, std::string_view name) {
  const ordered_json& value = field(object, name);
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() || value.is_boolean() ? value.dump() : "";
}

std::uint64_t number_field(const ordered_json& object, std::string_view name) {
  const ordered_json& value = field(object, name);
  const bool is_count =
      value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
  return is_count ? value.get<std::uint64_t>() : 0;
}

std::string joined(const ordered_json& list) {
  std::string text;
  for (const auto& item : list) {
    if (item.is_string()) text.append(text.empty() ? "" : ", ").append(item.get<std::string>());
  }
  return text;
}

}  // namespace agent
