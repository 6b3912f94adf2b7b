#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace agent {

/// Members of the daemon's objects, whatever they hold: a newer daemon's surprise is no crash.

/// A text as it is, a number or a truth spelled out; empty for null, a list, or nothing there.
std::string text_field(const nlohmann::ordered_json& object, std::string_view name);
std::uint64_t number_field(const nlohmann::ordered_json& object, std::string_view name);  ///< or 0
/// The object or list at `name`, else a null.
const nlohmann::ordered_json& field(const nlohmann::ordered_json& object, std::string_view name);

/// A list of texts as `a, b`.
std::string joined(const nlohmann::ordered_json& list);

}  // namespace agent
