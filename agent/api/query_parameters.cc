#include "agent/api/query_parameters.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "agent/api/json_body.h"

namespace agent {

std::optional<std::string> QueryParameters::text(std::string_view name) {
  known_.emplace_back(name);
  std::optional<std::string> value;
  for (const QueryParameter& parameter : request_.query) {
    if (parameter.name != name) continue;
    if (value) refuse(name, "unique", "expected it once");
    value = parameter.value;
  }
  return value;
}

std::int64_t QueryParameters::number(std::string_view name,
                                     std::int64_t fallback,
                                     std::int64_t min,
                                     std::int64_t max) {
  const std::optional<std::string> value = text(name);
  if (!value) return fallback;
  std::int64_t number = 0;
  const char* const end = value->data() + value->size();
  const auto [stop, ec] = std::from_chars(value->data(), end, number);
  if (ec == std::errc{} && stop == end && number >= min && number <= max) return number;
  refuse(name,
         "range",
         "expected a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return fallback;
}

std::size_t QueryParameters::page_size() {
  return static_cast<std::size_t>(number("limit", 100, 1, 1'000));
}

void QueryParameters::refuse(std::string_view name, std::string rule, std::string detail) {
  errors_.push_back({std::string(name), std::move(rule), std::move(detail)});
}

std::optional<Problem> QueryParameters::finish() {
  for (const QueryParameter& parameter : request_.query) {
    if (std::find(known_.begin(), known_.end(), parameter.name) != known_.end()) continue;
    std::string names;
    for (const std::string& known : known_) names.append(names.empty() ? "" : ", ").append(known);
    refuse(parameter.name,
           "unknown",
           names.empty() ? "expected no parameter" : "expected no parameter but " + names);
  }
  if (errors_.empty()) return std::nullopt;
  return invalid_fields(std::move(errors_));
}

}  // namespace agent
