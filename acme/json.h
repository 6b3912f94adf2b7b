#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

/// A JSON value, read without exceptions: what is missing or of another type is nullopt or empty. A
/// value; parts share their whole.
class Json {
 public:
  /// nullopt unless `text` is one JSON object in UTF-8 (RFC 8259), nested at most 32 deep.
  static std::optional<Json> parse_object(std::string_view text);

  // Members of an object.
  std::optional<std::string> string(std::string_view name) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<Json> object(std::string_view name) const;
  std::vector<Json> objects(std::string_view name) const;         ///< those in an array
  std::vector<std::string> strings(std::string_view name) const;  ///< those in an array
  std::vector<std::string> names() const;                         ///< of all its members

 private:
  explicit Json(std::shared_ptr<const void> node) : node_(std::move(node)) {}
  std::shared_ptr<const void> node_;  // an nlohmann::json
};

/// `text` as a JSON string, with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string encode_json_string(std::string_view text);

/// Writes an object whose members stand in the order they were added.
class JsonWriter {
 public:
  JsonWriter& add(std::string_view name, std::string_view text);
  /// `json` is JSON already.
  JsonWriter& add_json(std::string_view name, std::string_view json);
  std::string text() const { return body_ + "}"; }

 private:
  std::string body_ = "{";
};

}  // namespace acme
