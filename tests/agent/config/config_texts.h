#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "agent/config/load_config.h"

namespace agent {

// How gtest shows a problem that was not expected.
inline void PrintTo(const ConfigProblem& problem, std::ostream* out) {
  *out << to_string(problem, "f");
}

inline constexpr std::string_view minimal = R"(authorities:
  - name: ca
    directory: https://ca.example/dir
    terms_of_service_agreed: true
)";

inline std::string with(std::string_view more) {
  return std::string(minimal) + std::string(more);
}

/// The items of so many authorities, named a0, a1 and so on.
inline std::string authorities(int count) {
  std::string yaml;
  for (int i = 0; i < count; ++i) {
    yaml += "  - {name: a" + std::to_string(i) +
            ", directory: 'https://ca.example/dir', terms_of_service_agreed: true}\n";
  }
  return yaml;
}

/// All problems of `yaml`, one a line.
inline std::string problems_of(std::string_view yaml) {
  const auto config = parse_config(yaml);
  if (config) return "no problem";
  std::string lines;
  for (const ConfigProblem& problem : config.error()) lines += to_string(problem, "f") + "\n";
  return lines;
}

}  // namespace agent
