#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace agent {

/// Where something stands in a file; both from 1, columns in bytes.
struct YamlPlace {
  std::size_t line = 1;
  std::size_t column = 1;
};

struct YamlEntry;

/// One node of a YAML document with its place. A value.
struct YamlNode {
  enum class Kind { null, scalar, sequence, map };

  Kind kind = Kind::null;
  YamlPlace place{};
  std::string text{};                ///< of a scalar
  bool quoted = false;               ///< a scalar in quotes, or a block of text
  std::vector<YamlNode> items{};     ///< of a sequence
  std::vector<YamlEntry> entries{};  ///< of a map, in the file's order, duplicates included
};

struct YamlEntry {
  YamlNode key{};
  YamlNode value{};
};

struct YamlError {
  YamlPlace place{};
  std::string message{};
};

/// The only document of `text`; a text without one is a null. Errors: not well-formed, more than
/// one document, nested deeper than 16, an anchor, an alias or a tag (with none of them a document
/// is never larger than its text).
base::Result<YamlNode, YamlError> parse_yaml(std::string_view text);

}  // namespace agent
