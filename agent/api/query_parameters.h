#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/api_message.h"
#include "agent/api/problem.h"

namespace agent {

/// The parameters of a request's query, taken one by one. REQUIRES: the request outlives it.
class QueryParameters {
 public:
  explicit QueryParameters(const ApiRequest& request) : request_(request) {}

  /// nullopt if it is not there; one that is there twice is an error.
  std::optional<std::string> text(std::string_view name);
  /// `fallback` if it is not there, or wrong.
  std::int64_t number(std::string_view name,
                      std::int64_t fallback,
                      std::int64_t min,
                      std::int64_t max);
  /// `limit`: how many of a list are wanted, 1 to 1,000; 100 if it is not there, or wrong.
  std::size_t page_size();

  /// Notes that a parameter's value breaks a rule.
  void refuse(std::string_view name, std::string rule, std::string detail);

  /// To be called last: the problem if anything was wrong or a parameter was not taken.
  std::optional<Problem> finish();

 private:
  const ApiRequest& request_;
  std::vector<std::string> known_;
  std::vector<FieldError> errors_;
};

}  // namespace agent
