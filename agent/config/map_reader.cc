#include "agent/config/map_reader.h"

#include <algorithm>

#include "agent/config/nearest.h"

namespace agent {
namespace {

bool is_map(const YamlNode& node) {
  return node.kind == YamlNode::Kind::map || node.kind == YamlNode::Kind::null;
}

}  // namespace

MapReader::MapReader(const YamlNode& node, std::string path, ConfigProblems& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (!is_map(node))
    note(node.place, path_, "is " + describe(node) + "; expected a map of keys and values");
}

void MapReader::read_map(std::string_view key, const std::function<void(MapReader&)>& read) {
  const YamlNode* node = take(key, Presence::optional, "");
  if (node == nullptr) return;
  MapReader section(*node, path_of(key), problems_);
  if (!is_map(*node)) return;
  read(section);
  section.finish();
}

const YamlNode* MapReader::read_maps(std::string_view key,
                                     Presence presence,
                                     std::string_view expected,
                                     const std::function<void(MapReader&)>& read) {
  const YamlNode* list = take_list(key, presence, expected, 1);
  if (list == nullptr) return nullptr;
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    MapReader section(list->items[i], path_of(key) + "[" + std::to_string(i) + "]", problems_);
    if (!is_map(list->items[i])) continue;
    read(section);
    section.finish();
  }
  return list;
}

void MapReader::finish() {
  for (auto entry = node_.entries.begin(); entry != node_.entries.end(); ++entry) {
    if (entry->key.kind != YamlNode::Kind::scalar) {
      note(entry->key.place, path_, describe(entry->key) + " as a key; expected a name");
      continue;
    }
    const auto first = std::find_if(node_.entries.begin(), entry, [&](const YamlEntry& other) {
      return other.key.text == entry->key.text;
    });
    if (first != entry) {
      note(entry->key.place,
           path_of(entry->key.text),
           "is here a second time; expected it once, as in line " +
               std::to_string(first->key.place.line));
    } else if (std::find(known_.begin(), known_.end(), entry->key.text) == known_.end()) {
      note_unknown(entry->key);
    }
  }
}

void MapReader::note_unknown(const YamlNode& key) {
  std::string message = "unknown key; ";
  if (const auto meant = nearest(key.text, known_)) {
    message += "did you mean " + std::string(*meant) + "?";
  } else {
    std::string names;
    for (const std::string_view name : known_) names.append(names.empty() ? "" : ", ").append(name);
    message += "expected one of " + names;
  }
  note(key.place, path_of(quote_if_odd(key.text)), std::move(message));
}

void MapReader::refuse(std::string_view key, std::string message) {
  const YamlNode* value = find(key);
  note(value != nullptr ? value->place : node_.place, path_of(key), std::move(message));
}

const YamlNode* MapReader::take(std::string_view key,
                                Presence presence,
                                std::string_view expected) {
  known_.push_back(key);
  const YamlNode* value = find(key);
  if (value == nullptr && presence == Presence::required) {
    note(node_.place, path_of(key), "is missing; expected " + std::string(expected));
  }
  return value;
}

const YamlNode* MapReader::take_list(std::string_view key,
                                     Presence presence,
                                     std::string_view expected,
                                     std::size_t min_size) {
  const YamlNode* list = take(key, presence, expected);
  if (list == nullptr) return nullptr;
  if (list->kind != YamlNode::Kind::sequence) {
    note(
        list->place, path_of(key), "is " + describe(*list) + "; expected " + std::string(expected));
    return nullptr;
  }
  if (list->items.size() < min_size) {
    note(list->place, path_of(key), "is an empty list; expected " + std::string(expected));
    return nullptr;
  }
  return list;
}

const YamlNode* MapReader::find(std::string_view key) const {
  const auto entry =
      std::find_if(node_.entries.begin(), node_.entries.end(), [&](const YamlEntry& candidate) {
        return candidate.key.kind == YamlNode::Kind::scalar && candidate.key.text == key;
      });
  return entry == node_.entries.end() ? nullptr : &entry->value;
}

std::string MapReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void MapReader::note(const YamlPlace& place, std::string path, std::string message) {
  problems_.push_back({place.line, place.column, std::move(path), std::move(message)});
}

}  // namespace agent
