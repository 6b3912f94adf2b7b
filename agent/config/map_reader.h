#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/config/load_config.h"
#include "agent/config/scalar_rule.h"
#include "agent/config/yaml_document.h"

namespace agent {

/// Takes a map's keys one by one, notes what is wrong with each, and at the end what nobody took.
/// A key that is missing or wrong leaves the target as it is. REQUIRES: node and problems outlive
/// it.
class MapReader {
 public:
  /// `path` is of the map, empty for the whole document. A node that is no map is noted; an empty
  /// one (`key:` with nothing below) counts as a map without keys.
  MapReader(const YamlNode& node, std::string path, ConfigProblems& problems);

  enum class Presence { required, optional };

  template <class T>
  void read(std::string_view key,
            T& target,
            const ScalarRule<std::type_identity_t<T>>& rule,
            Presence presence = Presence::optional) {
    const YamlNode* node = take(key, presence, rule.expected);
    if (node == nullptr) return;
    if (auto value = read_scalar(*node, path_of(key), rule)) target = *std::move(value);
  }
  template <class T>
  void read(std::string_view key,
            std::optional<T>& target,
            const ScalarRule<std::type_identity_t<T>>& rule) {
    const YamlNode* node = take(key, Presence::optional, rule.expected);
    if (node == nullptr) return;
    if (auto value = read_scalar(*node, path_of(key), rule)) target = *std::move(value);
  }
  /// A list of different values, at least `min_size`.
  template <class T>
  void read_list(std::string_view key,
                 std::vector<T>& target,
                 const ScalarRule<std::type_identity_t<T>>& rule,
                 std::size_t min_size,
                 Presence presence = Presence::optional);

  /// Calls `read` with the map at `key`; not at all if there is none.
  void read_map(std::string_view key, const std::function<void(MapReader&)>& read);
  /// Calls `read` with each map of the list at `key`, of which there must be one at least. Returns
  /// the list, nullptr if there is none.
  const YamlNode* read_maps(std::string_view key,
                            Presence presence,
                            std::string_view expected,
                            const std::function<void(MapReader&)>& read);

  /// Notes the keys that were not taken. To be called last.
  void finish();

  /// Notes a problem with the value of `key`, or with the map itself if it has no such key.
  void refuse(std::string_view key, std::string message);

 private:
  const YamlNode* take(std::string_view key, Presence presence, std::string_view expected);
  const YamlNode* take_list(std::string_view key,
                            Presence presence,
                            std::string_view expected,
                            std::size_t min_size);
  const YamlNode* find(std::string_view key) const;
  std::string path_of(std::string_view key) const;
  void note(const YamlPlace& place, std::string path, std::string message);
  void note_unknown(const YamlNode& key);

  template <class T>
  std::optional<T> read_scalar(const YamlNode& node,
                               const std::string& path,
                               const ScalarRule<T>& rule) {
    base::Result<T, std::string> value = evaluate(rule, node);
    if (value) return *std::move(value);
    note(node.place, path, std::move(value).error());
    return std::nullopt;
  }

  const YamlNode& node_;
  const std::string path_;
  ConfigProblems& problems_;
  std::vector<std::string_view> known_;
};

template <class T>
void MapReader::read_list(std::string_view key,
                          std::vector<T>& target,
                          const ScalarRule<std::type_identity_t<T>>& rule,
                          std::size_t min_size,
                          Presence presence) {
  const YamlNode* list = take_list(key, presence, "a list: " + rule.expected, min_size);
  if (list == nullptr) return;
  std::vector<T> values;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const std::string path = path_of(key) + "[" + std::to_string(i) + "]";
    std::optional<T> value = read_scalar(list->items[i], path, rule);
    if (!value) continue;
    if (std::find(values.begin(), values.end(), *value) != values.end()) {
      note(list->items[i].place, path, "is in the list already; expected it once");
    }
    values.push_back(*std::move(value));
  }
  target = std::move(values);
}

}  // namespace agent
