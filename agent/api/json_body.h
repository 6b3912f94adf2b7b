#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/api_request.h"
#include "agent/api/problem.h"
#include "base/result.h"

namespace agent {

/// The members of a request's JSON object, taken one by one. What is wrong is collected, at most a
/// hundred errors of it. nlohmann's exceptions end here.
class JsonBody {
 public:
  /// Problems: not_json if the content type is not `application/json`; malformed_request if the
  /// body is no JSON object, has a member twice, or is nested deeper than 8.
  static base::Result<JsonBody, Problem> parse(const ApiRequest& request);

  JsonBody(JsonBody&&) noexcept;
  ~JsonBody();

  /// nullopt if it is not there, or wrong.
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::string> text(std::string_view name);
  /// nullopt if it is null, too.
  std::optional<std::int64_t> number(std::string_view name, std::int64_t min, std::int64_t max);
  /// 1 to `max` texts. Empty if it is not there, which is an error, or wrong.
  std::vector<std::string> texts(std::string_view name, std::size_t max);
  /// The same, where it may be left out.
  std::vector<std::string> texts_if_there(std::string_view name, std::size_t max);

  /// Notes that a member's value breaks a rule.
  void refuse(std::string field, std::string rule, std::string detail);

  /// To be called last: the problem if anything was wrong or a member was not taken.
  std::optional<Problem> finish();

 private:
  struct Members;
  explicit JsonBody(std::unique_ptr<Members> members);

  std::unique_ptr<Members> members_;
  std::vector<std::string> known_;
  std::vector<FieldError> errors_;
};

/// The problem that a request with these errors is answered with.
Problem invalid_fields(std::vector<FieldError> errors);

}  // namespace agent
