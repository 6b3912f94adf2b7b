#include "agent/simulation/simulation_report.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include <nlohmann/json.hpp>

namespace agent {
namespace {

constexpr std::size_t most_lines = 24;

double days_of(std::chrono::milliseconds time) {
  return static_cast<double>(time.count()) / 86'400'000;
}

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string served_sentence(const SimulationResult& result) {
  if (!result.all_served_after) return "not within the time";
  return "after " + fixed(days_of(*result.all_served_after), 2) + " days";
}

/// Several days as one; the backlog is that at their end.
SimulatedDay sum_of(const SimulationResult& result, std::size_t begin, std::size_t end) {
  SimulatedDay sum;
  for (std::size_t i = begin; i < end; ++i) {
    const SimulatedDay& day = result.days[i];
    sum.first_certificates += day.first_certificates;
    sum.renewals += day.renewals;
    sum.failed_orders += day.failed_orders;
    sum.refusals += day.refusals;
    sum.backlog = day.backlog;
  }
  return sum;
}

std::string line_of(const std::array<std::string, 6>& cells) {
  std::string line;
  for (const std::string& cell : cells) line += right(cell, 13);
  return line + "\n";
}

constexpr double left = 70;
constexpr double width = 820;
constexpr double height = 200;

/// A line through the values of all days, in a panel whose top is at `top`.
template <class Value>
std::string curve(const SimulationResult& result,
                  std::string_view kind,
                  double top,
                  std::uint64_t most,
                  const Value& value) {
  std::string points;
  const double steps = static_cast<double>(std::max<std::size_t>(1, result.days.size() - 1));
  for (std::size_t i = 0; i < result.days.size(); ++i) {
    const double part = static_cast<double>(value(result.days[i])) / static_cast<double>(most);
    points += fixed(left + width * static_cast<double>(i) / steps, 1) + "," +
              fixed(top + height * (1 - part), 1) + " ";
  }
  return "<polyline class=\"" + std::string(kind) + "\" points=\"" + points + "\"/>";
}

std::string label(double x, double y, std::string_view anchor, const std::string& text) {
  return "<text x=\"" + fixed(x, 0) + "\" y=\"" + fixed(y, 0) + "\" text-anchor=\"" +
         std::string(anchor) + "\">" + text + "</text>";
}

std::string panel(double top, const std::string& title, std::uint64_t most) {
  return "<rect class=\"panel\" x=\"70\" y=\"" + fixed(top, 0) +
         "\" width=\"820\" height=\"200\"/>" + label(left, top - 8, "start", title) +
         label(left - 8, top + 12, "end", std::to_string(most)) +
         label(left - 8, top + height, "end", "0");
}

template <class Value>
std::uint64_t most_of(const SimulationResult& result, const Value& value) {
  std::uint64_t most = 1;
  for (const SimulatedDay& day : result.days) most = std::max<std::uint64_t>(most, value(day));
  return most;
}

constexpr std::string_view style =
    "<style>text { font: 13px sans-serif; fill: #222 } .paper { fill: #fff } .panel { fill: none; "
    "stroke: #999 } polyline { fill: none; stroke-width: 2 } .first { stroke: #3b7dd8 } .renewals "
    "{ stroke: #2a9d4e } .refusals { stroke: #c22 } .backlog { stroke: #b36b00 } text.first { "
    "fill: "
    "#3b7dd8; stroke: none } @media (prefers-color-scheme: dark) { text { fill: #ddd } .paper { "
    "fill: #16191d } }</style>";

}  // namespace

std::string render_table(const SimulationOptions& options, const SimulationResult& result) {
  std::string text = std::to_string(result.names) + " names at " + options.authority + " over " +
                     std::to_string(options.days.count()) + " days\n";
  text += "  last name served   " + served_sentence(result) + "\n";
  text += "  names served       " + std::to_string(result.served) + "\n";
  text += "  orders             " + std::to_string(result.orders) + ", of which " +
          std::to_string(result.charged_orders) + " took a token of the account\n";
  text += "  refused (429)      " + std::to_string(result.refusals) + "\n";
  text += "  renewed too late   " + std::to_string(result.renewed_late) + "\n";
  if (options.limits.new_orders) {
    text += "  bucket used        " + fixed(100 * result.bucket_used, 1) + "%\n";
  }
  if (result.authorities.size() > 1) {
    for (const SimulatedAuthority& one : result.authorities) {
      text += "  at " + one.name + ": " + std::to_string(one.certificates) + " certificates, " +
              std::to_string(one.charged_orders) + " tokens, " + std::to_string(one.refusals) +
              " refused\n";
    }
  }
  text += "\n" + line_of({"until day", "first", "renewals", "failed", "refused", "backlog"});
  const std::size_t days = result.days.size();
  const std::size_t step = std::max<std::size_t>(1, (days + most_lines - 1) / most_lines);
  for (std::size_t begin = 0; begin < days; begin += step) {
    const std::size_t end = std::min(days, begin + step);
    const SimulatedDay sum = sum_of(result, begin, end);
    text += line_of({std::to_string(end),
                     std::to_string(sum.first_certificates),
                     std::to_string(sum.renewals),
                     std::to_string(sum.failed_orders),
                     std::to_string(sum.refusals),
                     std::to_string(sum.backlog)});
  }
  return text;
}

std::string render_json(const SimulationOptions& options, const SimulationResult& result) {
  nlohmann::ordered_json json = {{"authority", options.authority},
                                 {"names", result.names},
                                 {"served", result.served},
                                 {"all_served_after_seconds", nullptr},
                                 {"orders", result.orders},
                                 {"charged_orders", result.charged_orders},
                                 {"refusals", result.refusals},
                                 {"renewed_late", result.renewed_late},
                                 {"bucket_used", result.bucket_used},
                                 {"authorities", nlohmann::ordered_json::array()},
                                 {"days", nlohmann::ordered_json::array()}};
  for (const SimulatedAuthority& one : result.authorities) {
    json["authorities"].push_back({{"name", one.name},
                                   {"orders", one.orders},
                                   {"charged_orders", one.charged_orders},
                                   {"certificates", one.certificates},
                                   {"refusals", one.refusals}});
  }
  if (result.all_served_after) {
    json["all_served_after_seconds"] = static_cast<double>(result.all_served_after->count()) / 1000;
  }
  for (const SimulatedDay& day : result.days) {
    json["days"].push_back({{"first_certificates", day.first_certificates},
                            {"renewals", day.renewals},
                            {"failed_orders", day.failed_orders},
                            {"refusals", day.refusals},
                            {"backlog", day.backlog}});
  }
  return json.dump() + "\n";
}

std::string render_svg(const SimulationOptions& options, const SimulationResult& result) {
  const auto first = [](const SimulatedDay& day) { return day.first_certificates; };
  const auto renewals = [](const SimulatedDay& day) { return day.renewals; };
  const auto refusals = [](const SimulatedDay& day) { return day.refusals; };
  const auto backlog = [](const SimulatedDay& day) { return day.backlog; };
  const std::uint64_t most =
      std::max({most_of(result, first), most_of(result, renewals), most_of(result, refusals)});
  const std::uint64_t most_waiting = most_of(result, backlog);
  const std::string title = std::to_string(result.names) + " names, last one served " +
                            served_sentence(result) + ", " + std::to_string(result.refusals) +
                            " refusals";
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 920 560\" width=\"920\" "
      "height=\"560\" role=\"img\"><title>" +
      title + "</title>" + std::string(style) +
      "<rect class=\"paper\" width=\"920\" "
      "height=\"560\"/>" +
      label(left, 24, "start", title);
  svg += panel(70, "a day: first certificates (blue), renewals (green), 429 (red)", most);
  svg += curve(result, "first", 70, most, first) + curve(result, "renewals", 70, most, renewals) +
         curve(result, "refusals", 70, most, refusals);
  svg += panel(320, "names without a certificate", most_waiting) +
         curve(result, "backlog", 320, most_waiting, backlog);
  svg += label(left, 540, "start", "day 1") +
         label(left + width, 540, "end", "day " + std::to_string(options.days.count()));
  return svg + "</svg>\n";
}

}  // namespace agent
