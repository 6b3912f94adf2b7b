#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace agent {

/// Rows under headings, each column as wide as it needs. Texts need not be printable.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  /// REQUIRES: one cell a heading.
  void add(std::vector<std::string> row);

  /// Prints the rows added since the last time, and the headings before the first; a column never
  /// gets narrower again. Without rows there are no headings.
  void print(std::ostream& out);

 private:
  void print_row(const std::vector<std::string>& row, std::ostream& out) const;

  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
  bool has_headings_printed_ = false;
};

}  // namespace agent
