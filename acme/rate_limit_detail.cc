#include "acme/rate_limit_detail.h"

#include <array>
#include <charconv>

namespace acme {
namespace {

using std::chrono::seconds;

struct Wording {
  std::string_view words;
  RateLimitKind kind;
};

/// The first that is found decides: the third line has the words of the second, too.
constexpr std::array<Wording, 5> wordings = {{
    {"too many new orders", RateLimitKind::new_orders},
    {"exact set", RateLimitKind::certificates_per_set},
    {"too many certificates", RateLimitKind::certificates_per_domain},
    {"too many failed authorizations", RateLimitKind::failed_authorizations},
    {"too many new registrations", RateLimitKind::new_accounts},
}};

/// No limit has more, and no period is longer: what exceeds it is no number of ours.
constexpr std::uint32_t most = 1'000'000'000;
constexpr seconds longest = std::chrono::days(366);

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t start = text.find(before);
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start + before.size());
  const std::size_t end = text.find(after);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

std::optional<std::uint32_t> parse_count(std::string_view text) {
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, number);
  if (ec != std::errc{} || stop != end || number == 0 || number > most) return std::nullopt;
  return number;
}

std::optional<seconds> unit_of(char letter) {
  switch (letter) {
    case 'd': return seconds(std::chrono::days(1));
    case 'h': return seconds(std::chrono::hours(1));
    case 'm': return seconds(std::chrono::minutes(1));
    case 's': return seconds(1);
    default: return std::nullopt;
  }
}

/// As Go prints durations, in whole seconds: `168h0m0s`, `3h0m0s`, `1s`.
std::optional<seconds> parse_period(std::string_view text) {
  seconds sum{0};
  while (!text.empty()) {
    std::uint32_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, ec] = std::from_chars(text.data(), end, number);
    if (ec != std::errc{} || stop == end) return std::nullopt;
    const std::optional<seconds> unit = unit_of(*stop);
    if (!unit || seconds(number) > longest) return std::nullopt;
    sum += number * *unit;
    if (sum > longest) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  }
  return sum > seconds(0) ? std::optional(sum) : std::nullopt;
}

}  // namespace

std::optional<RateLimitDetail> parse_rate_limit_detail(std::string_view detail) {
  for (const auto& [words, kind] : wordings) {
    if (detail.find(words) == std::string_view::npos) continue;
    RateLimitDetail found{kind};
    found.count = parse_count(between(detail, "(", ")"));
    found.period = parse_period(between(detail, "in the last ", ","));
    found.subject = between(detail, "for \"", "\"");
    if (!found.count || !found.period) found.count.reset(), found.period.reset();
    return found;
  }
  return std::nullopt;
}

}  // namespace acme
