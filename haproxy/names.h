#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "haproxy/errc.h"

namespace haproxy {

/// Errc::bad_name unless `text` has 1 to 1024 characters of `A-Z a-z 0-9 . _ / - @`: neither the
/// command line nor a crt-list reads any of them as syntax. With a leading `-`, Errc::bad_name too.
std::error_code check_name(std::string_view text);

/// A name that HAProxy knows an object by, fit for a command line and for a crt-list. Spell it the
/// same on disk, in the crt-list and in the API: names are compared byte by byte. A value.
template <class Tag>
class SafeName {
 public:
  static base::Result<SafeName> parse(std::string_view text) {
    if (const std::error_code ec = check_name(text)) return base::Unexpected(ec);
    return SafeName(std::string(text));
  }
  const std::string& text() const { return text_; }
  friend auto operator<=>(const SafeName&, const SafeName&) = default;

 private:
  explicit SafeName(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

using CertificateName = SafeName<struct CertificateNameTag>;  ///< usually the PEM file's path
using CrtListName = SafeName<struct CrtListNameTag>;  ///< a list's path as the bind line has it

/// False if `set ssl cert` would read the ending as a part of a certificate (`.key .issuer .ocsp
/// .sctl`), or cut it off (`.crt` on 2.6.12). Such a name cannot be deployed, only aborted or
/// deleted.
bool is_deployable(const CertificateName& name);

}  // namespace haproxy

template <class Tag>
struct std::hash<haproxy::SafeName<Tag>> {
  std::size_t operator()(const haproxy::SafeName<Tag>& name) const {
    return std::hash<std::string>{}(name.text());
  }
};
