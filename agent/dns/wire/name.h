#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/domain_name.h"
#include "base/result.h"

namespace dns {

/// A domain name as DNS has it (RFC 1035 §3.1): unlike base::DomainName it may have labels with an
/// underscore (`_acme-challenge.example.com`), one label only, and be the root. Case is folded. A
/// value; ordered by its bytes.
class Name {
 public:
  Name() = default;                             ///< the root
  explicit Name(const base::DomainName& name);  ///< without the star of a wildcard

  /// Letters, digits, hyphens and underscores in labels; a trailing dot is dropped; `.` is the
  /// root. So it is safe as an argument of a program and as a file name. The error is a sentence.
  static base::Result<Name, std::string> parse(std::string_view text);
  /// From an uncompressed name without its terminating zero byte; nullopt if it is none. Any byte
  /// may stand in its labels: see is_plain().
  static std::optional<Name> from_wire(std::span<const std::byte> labels);

  /// `_acme-challenge.example.com`, without a trailing dot; `.` for the root. What parse() would
  /// refuse is written as `\DDD` (RFC 1035 §5.1).
  std::string text() const;
  std::string text_with_dot() const;
  /// Whether parse() takes text().
  bool is_plain() const;

  bool is_root() const { return wire_.empty(); }
  std::size_t labels() const;
  /// Without its first label. REQUIRES: not the root.
  Name parent() const;
  /// Its first label. REQUIRES: not the root. Lives as long as the name.
  std::string_view first_label() const;
  /// Whether it is `zone` or below it.
  bool is_within(const Name& zone) const;
  /// `label` before this name. The error is that of parse().
  base::Result<Name, std::string> child(std::string_view label) const;

  /// The canonical wire form (RFC 4034 §6.2), with the terminating zero byte.
  std::string wire() const { return wire_ + '\0'; }

  friend auto operator<=>(const Name&, const Name&) = default;

 private:
  std::string wire_;  ///< labels with their length bytes, without the terminating zero
};

}  // namespace dns

template <>
struct std::hash<dns::Name> {
  std::size_t operator()(const dns::Name& name) const {
    return std::hash<std::string>{}(name.wire());
  }
};
