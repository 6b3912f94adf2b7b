#include "agent/cli/table.h"

#include <algorithm>
#include <utility>

#include "agent/cli/environment.h"

namespace agent {

Table::Table(std::vector<std::string> headings) : headings_(std::move(headings)) {
  for (const std::string& heading : headings_) widths_.push_back(display_width(heading));
}

void Table::add(std::vector<std::string> row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i] = printable(row[i]);
    widths_.at(i) = std::max(widths_.at(i), display_width(row[i]));
  }
  rows_.push_back(std::move(row));
}

void Table::print(std::ostream& out) {
  if (rows_.empty()) return;
  if (!has_headings_printed_) print_row(headings_, out);
  has_headings_printed_ = true;
  for (const auto& row : rows_) print_row(row, out);
  rows_.clear();
}

void Table::print_row(const std::vector<std::string>& row, std::ostream& out) const {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += row[i];
    const bool is_last = i + 1 == row.size();
    if (!is_last) line.append(widths_[i] - display_width(row[i]) + 2, ' ');
  }
  out << line << "\n";
}

}  // namespace agent
