#include "acme/timestamp.h"

#include <algorithm>

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes a timestamp apart from its start; a part that is not there fails the whole.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (i >= rest_.size() || !is_digit(rest_[i])) return fail();
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }

  /// Takes one of `characters` away and returns it.
  char one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_[0]) == std::string_view::npos) {
      fail();
      return '\0';
    }
    const char found = rest_[0];
    rest_.remove_prefix(1);
    return found;
  }

  /// `.` and any number of digits, if they are there.
  milliseconds fraction() {
    if (!rest_.starts_with('.')) return milliseconds(0);
    rest_.remove_prefix(1);
    int number = digits(1) * 100;
    for (int unit = 10; !rest_.empty() && is_digit(rest_[0]); unit /= 10)
      number += digits(1) * unit;
    return milliseconds(number);
  }

  bool is_whole() const { return !has_failed_ && rest_.empty(); }

 private:
  int fail() {
    has_failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

struct Offset {
  hours hour{0};
  minutes minute{0};
  int sign = 1;
};

Offset parse_offset(Cursor& cursor) {
  const char first = cursor.one_of("Zz+-");
  if (first != '+' && first != '-') return {};
  Offset offset;
  offset.sign = first == '-' ? -1 : 1;
  offset.hour = hours(cursor.digits(2));
  cursor.one_of(":");
  offset.minute = minutes(cursor.digits(2));
  return offset;
}

}  // namespace

std::optional<base::WallTime> parse_timestamp(std::string_view text) {
  Cursor cursor(text);
  const std::chrono::year year(cursor.digits(4));
  cursor.one_of("-");
  const std::chrono::month month(static_cast<unsigned>(cursor.digits(2)));
  cursor.one_of("-");
  const std::chrono::day day(static_cast<unsigned>(cursor.digits(2)));
  cursor.one_of("Tt");
  const hours hour(cursor.digits(2));
  cursor.one_of(":");
  const minutes minute(cursor.digits(2));
  cursor.one_of(":");
  const seconds second(cursor.digits(2));
  const milliseconds fraction = cursor.fraction();
  const Offset offset = parse_offset(cursor);
  const std::chrono::year_month_day date(year, month, day);
  if (!cursor.is_whole() || !date.ok()) return std::nullopt;
  if (hour > hours(23) || minute > minutes(59) || second > seconds(60)) return std::nullopt;
  if (offset.hour > hours(23) || offset.minute > minutes(59)) return std::nullopt;
  return std::chrono::sys_days(date) + hour + minute + second + fraction -
         offset.sign * (offset.hour + offset.minute);
}

}  // namespace acme
