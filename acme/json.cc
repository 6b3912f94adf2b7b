#include "acme/json.h"

#include <nlohmann/json.hpp>

namespace acme {
namespace {

using Node = nlohmann::json;

constexpr int max_depth = 32;

const Node& node_of(const std::shared_ptr<const void>& pointer) {
  return *static_cast<const Node*>(pointer.get());
}

const Node* find(const std::shared_ptr<const void>& object, std::string_view name) {
  const Node& node = node_of(object);
  const auto found = node.find(name);
  return found == node.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Json> Json::parse_object(std::string_view text) {
  bool too_deep = false;
  const auto check_depth = [&too_deep](int depth, Node::parse_event_t event, const Node&) {
    const bool opens =
        event == Node::parse_event_t::object_start || event == Node::parse_event_t::array_start;
    too_deep = too_deep || (opens && depth >= max_depth);  // the outermost opens at depth 0
    return !too_deep;                                      // what is dropped cannot pile up
  };
  Node node = Node::parse(text.begin(), text.end(), check_depth, false);
  if (too_deep || !node.is_object()) return std::nullopt;
  return Json(std::make_shared<const Node>(std::move(node)));
}

std::optional<std::string> Json::string(std::string_view name) const {
  const Node* node = find(node_, name);
  if (node == nullptr || !node->is_string()) return std::nullopt;
  return node->get_ref<const std::string&>();
}

std::optional<std::int64_t> Json::integer(std::string_view name) const {
  const Node* node = find(node_, name);
  if (node == nullptr || !node->is_number_integer()) return std::nullopt;
  return node->get<std::int64_t>();
}

std::optional<bool> Json::boolean(std::string_view name) const {
  const Node* node = find(node_, name);
  if (node == nullptr || !node->is_boolean()) return std::nullopt;
  return node->get<bool>();
}

std::optional<Json> Json::object(std::string_view name) const {
  const Node* node = find(node_, name);
  if (node == nullptr || !node->is_object()) return std::nullopt;
  return Json(std::shared_ptr<const void>(node_, node));
}

std::vector<Json> Json::objects(std::string_view name) const {
  std::vector<Json> list;
  const Node* node = find(node_, name);
  if (node == nullptr || !node->is_array()) return list;
  for (const Node& element : *node) {
    if (element.is_object()) list.push_back(Json(std::shared_ptr<const void>(node_, &element)));
  }
  return list;
}

std::vector<std::string> Json::strings(std::string_view name) const {
  std::vector<std::string> list;
  const Node* node = find(node_, name);
  if (node == nullptr || !node->is_array()) return list;
  for (const Node& element : *node) {
    if (element.is_string()) list.push_back(element.get<std::string>());
  }
  return list;
}

std::vector<std::string> Json::names() const {
  std::vector<std::string> list;
  for (const auto& [name, value] : node_of(node_).items()) list.push_back(name);
  return list;
}

std::string encode_json_string(std::string_view text) {
  return Node(text).dump(-1, ' ', false, Node::error_handler_t::replace);
}

JsonWriter& JsonWriter::add(std::string_view name, std::string_view text) {
  return add_json(name, encode_json_string(text));
}

JsonWriter& JsonWriter::add_json(std::string_view name, std::string_view json) {
  if (body_.size() > 1) body_ += ',';
  body_ += encode_json_string(name);
  body_ += ':';
  body_ += json;
  return *this;
}

}  // namespace acme
