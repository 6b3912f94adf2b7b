#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "haproxy/names.h"

namespace haproxy {

/// One entry as it stands in a crt-list, whoever wrote it: `path [options] filter filter`.
struct CrtListEntry {
  std::string path;
  std::string options;               ///< between the brackets, blanks as written; empty if none
  std::vector<std::string> filters;  ///< `a.example`, `*.b.example`, `!x.b.example`
  friend bool operator==(const CrtListEntry&, const CrtListEntry&) = default;
};

/// Reads a line without its LF as HAProxy does; nullopt for an empty line or a comment (`#` in the
/// first column; elsewhere it is part of a word). The error is a sentence: a line over 65,535
/// bytes, more than 2,048 words, brackets that do not match, no file name, a NUL.
base::Result<std::optional<CrtListEntry>, std::string> parse_crt_list_line(std::string_view line);

/// An entry that we write. Without filters the certificate's own names count and follow each
/// renewal; with filters only these do. A value.
class CrtListLine {
 public:
  explicit CrtListLine(CertificateName name) : name_(std::move(name)) {}
  /// `options` is what stands between the brackets, such as `alpn h2,http/1.1`. Refuses what would
  /// not be read back as the same entry, and more than 2,000 filters.
  static base::Result<CrtListLine, std::string> make(CertificateName name,
                                                     std::string options,
                                                     std::vector<std::string> filters);

  const CertificateName& name() const { return name_; }
  bool is_plain() const { return options_.empty() && filters_.empty(); }
  /// For a crt-list and for the payload of `add ssl crt-list`; without LF.
  std::string encode() const;

  friend bool operator==(const CrtListLine&, const CrtListLine&) = default;

 private:
  CertificateName name_;
  std::string options_;
  std::vector<std::string> filters_;
};

}  // namespace haproxy
