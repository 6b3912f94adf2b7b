#include "agent/api/json_body.h"

#include <algorithm>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

namespace agent {
namespace {

using nlohmann::json;

constexpr int max_depth = 8;
constexpr std::size_t max_errors = 100;

/// Watches the parser for what it would let pass.
class Strictness {
 public:
  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    const auto level = static_cast<std::size_t>(depth);
    if (depth > max_depth) complaint_ = "nested too deep";
    if (event == json::parse_event_t::object_start) {
      keys_.resize(level + 1);
      keys_.push_back({});
    }
    if (event == json::parse_event_t::key && complaint_.empty()) {
      const bool is_new = keys_.at(level).insert(parsed.get<std::string>()).second;
      if (!is_new) complaint_ = "a member is there twice: " + parsed.dump();
    }
    return complaint_.empty();  // else what is parsed is dropped
  }
  const std::string& complaint() const { return complaint_; }

 private:
  std::vector<std::set<std::string>> keys_;  // of the objects that are open, by depth
  std::string complaint_;
};

base::Result<json, std::string> parse_object(const std::string& text) {
  Strictness strictness;
  try {
    json object = json::parse(text, std::ref(strictness));
    if (!strictness.complaint().empty()) return base::Unexpected(strictness.complaint());
    if (!object.is_object()) return base::Unexpected<std::string>("expected an object");
    return object;
  } catch (const json::parse_error& e) {
    return base::Unexpected("no JSON, at byte " + std::to_string(e.byte));
  } catch (const json::out_of_range&) {  // as 1e999
    return base::Unexpected<std::string>("a number is too large");
  }
}

bool is_json(std::string_view content_type) {
  return content_type.substr(0, content_type.find(';')) == "application/json";
}

}  // namespace

struct JsonBody::Members {
  json object;
};

JsonBody::JsonBody(std::unique_ptr<Members> members) : members_(std::move(members)) {}
JsonBody::JsonBody(JsonBody&&) noexcept = default;
JsonBody::~JsonBody() = default;

base::Result<JsonBody, Problem> JsonBody::parse(const ApiRequest& request) {
  if (!is_json(request.content_type)) {
    return base::Unexpected(
        Problem{ProblemType::not_json, "send the body with Content-Type: application/json"});
  }
  base::Result<json, std::string> object = parse_object(request.body);
  if (!object) {
    return base::Unexpected(Problem{ProblemType::malformed_request, "the body: " + object.error()});
  }
  return JsonBody(std::make_unique<Members>(Members{*std::move(object)}));
}

std::optional<bool> JsonBody::boolean(std::string_view name) {
  known_.emplace_back(name);
  const auto member = members_->object.find(name);
  if (member == members_->object.end()) return std::nullopt;
  if (member->is_boolean()) return member->get<bool>();
  refuse(known_.back(), "type", "expected true or false");
  return std::nullopt;
}

std::optional<std::string> JsonBody::text(std::string_view name) {
  known_.emplace_back(name);
  const auto member = members_->object.find(name);
  if (member == members_->object.end()) return std::nullopt;
  if (member->is_string()) return member->get<std::string>();
  refuse(known_.back(), "type", "expected a text");
  return std::nullopt;
}

std::optional<std::int64_t> JsonBody::number(std::string_view name,
                                             std::int64_t min,
                                             std::int64_t max) {
  known_.emplace_back(name);
  const auto member = members_->object.find(name);
  if (member == members_->object.end() || member->is_null()) return std::nullopt;
  const std::string expected =
      "expected a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  if (!member->is_number_integer()) {
    refuse(known_.back(), "type", expected);
    return std::nullopt;
  }
  // What is above an int64_t is negative as one, hence out of any range here.
  const auto number = member->get<std::int64_t>();
  if (number >= min && number <= max) return number;
  refuse(known_.back(), "range", expected);
  return std::nullopt;
}

std::vector<std::string> JsonBody::texts_if_there(std::string_view name, std::size_t max) {
  if (members_->object.contains(std::string(name))) return texts(name, max);
  known_.emplace_back(name);
  return {};
}

std::vector<std::string> JsonBody::texts(std::string_view name, std::size_t max) {
  known_.emplace_back(name);
  const std::string field(name);
  const auto member = members_->object.find(name);
  if (member == members_->object.end()) {
    refuse(field, "required", "expected a list of texts");
    return {};
  }
  if (!member->is_array()) {
    refuse(field, "type", "expected a list of texts");
    return {};
  }
  if (member->empty() || member->size() > max) {
    refuse(field, "range", "expected 1 to " + std::to_string(max) + " entries");
    return {};
  }
  std::vector<std::string> texts;
  for (const json& item : *member) {
    if (item.is_string()) {
      texts.push_back(item.get<std::string>());
    } else {
      refuse(field + "[" + std::to_string(texts.size()) + "]", "type", "expected a text");
      return {};
    }
  }
  return texts;
}

void JsonBody::refuse(std::string field, std::string rule, std::string detail) {
  if (errors_.size() == max_errors) return;
  errors_.push_back({std::move(field), std::move(rule), std::move(detail)});
}

std::optional<Problem> JsonBody::finish() {
  for (const auto& [name, value] : members_->object.items()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    std::string names;
    for (const std::string& known : known_) names.append(names.empty() ? "" : ", ").append(known);
    refuse(name, "unknown", "expected no member but " + names);
  }
  if (errors_.empty()) return std::nullopt;
  return invalid_fields(std::move(errors_));
}

Problem invalid_fields(std::vector<FieldError> errors) {
  std::string detail = errors.front().field + ": " + errors.front().detail;
  return {ProblemType::invalid_fields, std::move(detail), std::move(errors)};
}

}  // namespace agent
