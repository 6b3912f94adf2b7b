#include "agent/api/rule_problem.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace agent {
namespace {

constexpr std::size_t max_errors = 100;

/// Whether another actor would be refused as well.
bool is_about_the_name(const std::string& rule) {
  constexpr std::array<std::string_view, 6> rules = {"provable",
                                                     "not-covered",
                                                     "wildcard-without-dns",
                                                     "public-suffix",
                                                     "zone-name",
                                                     "hostname-of-another-tenant"};
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

}  // namespace

Problem to_problem(const std::vector<RefusedName>& refused,
                   const std::string& field,
                   bool is_list) {
  std::vector<FieldError> errors;
  bool forbidden = false;
  for (const RefusedName& one : refused) {
    forbidden = forbidden || !is_about_the_name(one.violation.rule);
    if (errors.size() == max_errors) continue;
    const std::string place = is_list ? field + "[" + std::to_string(one.index) + "]" : field;
    errors.push_back({place, one.violation.rule, one.violation.detail});
  }
  std::string detail = errors.front().field + ": " + errors.front().detail;
  return {forbidden ? ProblemType::forbidden : ProblemType::invalid_fields,
          std::move(detail),
          std::move(errors)};
}

Problem to_problem(const RuleViolation& violation, const std::string& field) {
  return to_problem({{0, violation}}, field, false);
}

}  // namespace agent
