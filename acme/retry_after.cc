#include "acme/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace acme {
namespace {

using std::chrono::seconds;

constexpr seconds longest_advice = std::chrono::hours(24 * 365);
constexpr std::array<std::string_view, 12> month_names = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// All of `text` as a decimal number without sign.
std::optional<int> parse_digits(std::string_view text) {
  int number = 0;
  const bool digits_only =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || !digits_only) return std::nullopt;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec == std::errc::result_out_of_range) return std::numeric_limits<int>::max();
  return number;
}

std::optional<std::chrono::month> parse_month(std::string_view text) {
  const auto* const found = std::find(month_names.begin(), month_names.end(), text);
  if (found == month_names.end()) return std::nullopt;
  return std::chrono::month(static_cast<unsigned>(found - month_names.begin()) + 1);
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
std::optional<base::WallTime> parse_date(std::string_view text) {
  constexpr std::string_view shape = "Sun, 06 Nov 1994 08:49:37 GMT";
  if (text.size() != shape.size()) return std::nullopt;
  for (const std::size_t separator : {3U, 4U, 7U, 11U, 16U, 19U, 22U, 25U, 26U, 27U, 28U}) {
    if (text[separator] != shape[separator]) return std::nullopt;
  }
  const auto month = parse_month(text.substr(8, 3));
  const auto day = parse_digits(text.substr(5, 2));
  const auto year = parse_digits(text.substr(12, 4));
  const auto hour = parse_digits(text.substr(17, 2));
  const auto minute = parse_digits(text.substr(20, 2));
  const auto second = parse_digits(text.substr(23, 2));
  if (!month || !day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(
      std::chrono::year(*year), *month, std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         seconds(*second);
}

}  // namespace

std::optional<seconds> parse_retry_after(std::string_view value, base::WallTime now) {
  if (const auto number = parse_digits(value)) return std::min(seconds(*number), longest_advice);
  const auto date = parse_date(value);
  if (!date) return std::nullopt;
  return std::clamp(std::chrono::ceil<seconds>(*date - now), seconds(0), longest_advice);
}

}  // namespace acme
