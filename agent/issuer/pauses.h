#pragma once

#include <chrono>

namespace agent {

/// How long those who look at the store again and again wait in between.

constexpr std::chrono::seconds store_retry{5};  ///< after it has failed
/// When nothing is due: a wall clock that was set is noticed after this.
constexpr std::chrono::seconds longest_sleep{30};
constexpr std::chrono::milliseconds between_batches{200};  ///< when more is due than was taken
constexpr std::chrono::milliseconds shortest_sleep{
    20};  ///< of those who seldom have anything to do

}  // namespace agent
