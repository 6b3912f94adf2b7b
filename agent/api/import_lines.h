#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/problem.h"
#include "agent/platform/hostname_changes.h"
#include "base/result.h"

namespace agent {

/// A line of an import as it is read.
struct ImportLine {
  std::size_t number = 0;  ///< from 1
  /// What it wants, or what is wrong with it.
  base::Result<HostnameWish, FieldError> wish;
};

/// One line of NDJSON (import_routes.h).
base::Result<HostnameWish, FieldError> parse_import_line(std::string_view line);

/// Reads the lines of a body one by one; blank ones are passed over. REQUIRES: the body outlives
/// it.
class ImportLines {
 public:
  explicit ImportLines(std::string_view body) : rest_(body) {}

  /// The next `most` lines; fewer at the end.
  std::vector<ImportLine> next(std::size_t most);

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

}  // namespace agent
