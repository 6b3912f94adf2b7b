#include "agent/planner/renewal_time.h"

#include <algorithm>
#include <cmath>

namespace agent {

base::WallTime renewal_time(base::WallTime not_before, base::WallTime not_after, double jitter) {
  using namespace std::chrono_literals;
  const std::chrono::milliseconds life = std::max(0ms, not_after - not_before);
  const double centre = life < 240h ? 1.0 / 2 : 2.0 / 3;
  const double part = centre + (jitter - 0.5) / 6;
  return not_before +
         std::chrono::milliseconds(std::llround(part * static_cast<double>(life.count())));
}

base::WallTime renewal_time_by_advice(base::WallTime not_before,
                                      base::WallTime not_after,
                                      base::WallTime instant) {
  using namespace std::chrono_literals;
  const std::chrono::milliseconds life = std::max(0ms, not_after - not_before);
  const base::WallTime earliest = not_before + std::min<std::chrono::milliseconds>(life / 24, 7h);
  return std::clamp(instant, earliest, std::max(earliest, not_after - life / 6));
}

}  // namespace agent
