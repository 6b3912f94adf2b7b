#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"

namespace fake_ca {

std::string rfc3339(base::WallTime time);    ///< `2030-01-02T03:04:05Z`
std::string http_date(base::WallTime time);  ///< `Wed, 02 Jan 2030 03:04:05 GMT`
/// `2030-01-02 03:04:05 UTC`, as Boulder's details have it.
std::string detail_time(base::WallTime time);
/// `168h0m0s`, as Go prints a duration.
std::string go_duration(std::chrono::seconds duration);

}  // namespace fake_ca
