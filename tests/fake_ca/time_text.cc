#include "tests/fake_ca/time_text.h"

#include <array>
#include <ctime>

namespace fake_ca {
namespace {

std::string format(base::WallTime time, const char* pattern) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), pattern, &parts);
  return {text.data(), size};
}

}  // namespace

std::string rfc3339(base::WallTime time) {
  return format(time, "%Y-%m-%dT%H:%M:%SZ");
}
std::string http_date(base::WallTime time) {
  return format(time, "%a, %d %b %Y %H:%M:%S GMT");
}
std::string detail_time(base::WallTime time) {
  return format(time, "%Y-%m-%d %H:%M:%S UTC");
}

std::string go_duration(std::chrono::seconds duration) {
  const auto count = duration.count();
  std::string text;
  if (count >= 3600) text += std::to_string(count / 3600) + "h";
  if (count >= 60) text += std::to_string(count / 60 % 60) + "m";
  return text + std::to_string(count % 60) + "s";
}

}  // namespace fake_ca
