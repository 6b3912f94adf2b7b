#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "agent/config/yaml_document.h"
#include "base/result.h"

namespace agent {

/// What one scalar of the file has to be.
template <class T>
struct ScalarRule {
  std::string expected;  ///< `10s, 5m or the like, from 1s to 24h`
  /// The value, or what is wrong with the text: `is no duration`.
  std::function<base::Result<T, std::string>(const YamlNode& scalar)> parse;
};

/// `a list`, `a map`, `empty`, or the text in quotes.
std::string describe(const YamlNode& node);

/// As it is if it is a short word; else in quotes, escaped and cut.
std::string quote_if_odd(std::string_view text);

template <class T>
base::Result<T, std::string> evaluate(const ScalarRule<T>& rule, const YamlNode& node) {
  std::string wrong = "is " + describe(node);
  if (node.kind == YamlNode::Kind::scalar) {
    base::Result<T, std::string> value = rule.parse(node);
    if (value) return value;
    wrong = describe(node) + " " + std::move(value).error();
  }
  return base::Unexpected(wrong + "; expected " + rule.expected);
}

}  // namespace agent
