#include "tests/fake_ca/json_fields.h"

namespace fake_ca {

JsonFields::JsonFields(const Json& json, std::string where)
    : json_(json), where_(std::move(where)) {
  if (!json_.is_object()) mistake_ = (where_.empty() ? "it" : where_) + " is to be an object";
}

std::string JsonFields::place(const std::string& name) const {
  return where_.empty() ? name : where_ + "." + name;
}

const Json* JsonFields::find(const char* name) {
  known_.insert(name);
  if (!json_.is_object() || !mistake_.empty()) return nullptr;
  const auto found = json_.find(name);
  return found == json_.end() ? nullptr : &*found;
}

void JsonFields::complain(const char* name, const char* wanted) {
  mistake_ = place(name) + " is to be " + wanted;
}

void JsonFields::read(const char* name, bool& target) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_boolean()) return complain(name, "true or false");
  target = member->get<bool>();
}

void JsonFields::read(const char* name, int& target) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_number_integer()) return complain(name, "a whole number");
  target = member->get<int>();
}

void JsonFields::read(const char* name, std::size_t& target) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_number_unsigned()) return complain(name, "a whole number, not negative");
  target = member->get<std::size_t>();
}

void JsonFields::read(const char* name, double& target) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_number()) return complain(name, "a number");
  target = member->get<double>();
}

void JsonFields::read(const char* name, std::string& target) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_string()) return complain(name, "a text");
  target = member->get<std::string>();
}

void JsonFields::read(const char* name, std::vector<std::string>& target) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_array()) return complain(name, "an array of texts");
  std::vector<std::string> texts;
  for (const Json& entry : *member) {
    if (!entry.is_string()) return complain(name, "an array of texts");
    texts.push_back(entry.get<std::string>());
  }
  target = std::move(texts);
}

void JsonFields::read(const char* name, std::chrono::milliseconds& target) {
  double seconds = std::chrono::duration<double>(target).count();
  read(name, seconds);
  target = std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
}

void JsonFields::read(const char* name, std::chrono::seconds& target) {
  double seconds = std::chrono::duration<double>(target).count();
  read(name, seconds);
  target = std::chrono::round<std::chrono::seconds>(std::chrono::duration<double>(seconds));
}

void JsonFields::read(const char* name, const Parse& parse) {
  const Json* member = find(name);
  if (member != nullptr) mistake_ = parse(*member, place(name));
}

void JsonFields::read_each(const char* name, const ParseEntry& parse) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_object()) return complain(name, "an object");
  for (const auto& [key, value] : member->items()) {
    if (mistake_.empty()) mistake_ = parse(key, value, place(name) + "." + key);
  }
}

std::string JsonFields::mistake() const {
  if (!mistake_.empty() || !json_.is_object()) return mistake_;
  for (const auto& [key, value] : json_.items()) {
    if (known_.contains(key)) continue;
    std::string all;
    for (const std::string& name : known_) all += (all.empty() ? "" : ", ") + name;
    return place(key) + " is unknown; there are " + all;
  }
  return {};
}

}  // namespace fake_ca
