#include "agent/planner/circuit_breaker.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace agent {
namespace {

constexpr int most_in_a_row = 3;
constexpr int fewest_for_a_share = 10;
constexpr std::chrono::milliseconds first_opening = std::chrono::seconds(5);
constexpr std::chrono::milliseconds longest_opening = std::chrono::minutes(15);

std::chrono::milliseconds opening_of(int openings) {
  std::chrono::milliseconds time = first_opening;
  for (int i = 1; i < openings && time < longest_opening; ++i) time *= 2;
  return std::min(time, longest_opening);
}

}  // namespace

CircuitBreaker::State CircuitBreaker::state(base::MonotonicTime now) const {
  if (openings_ == 0) return State::closed;
  return now < until_ ? State::open : State::half_open;
}

bool CircuitBreaker::admits(base::MonotonicTime now) const {
  switch (state(now)) {
    case State::closed: return true;
    case State::open: return false;
    case State::half_open: return !is_probing_;
  }
  return false;
}

std::optional<base::MonotonicTime> CircuitBreaker::open_until(base::MonotonicTime now) const {
  if (state(now) != State::open) return std::nullopt;
  return until_;
}

void CircuitBreaker::start(base::MonotonicTime now) {
  if (state(now) == State::half_open) is_probing_ = true;
}

void CircuitBreaker::succeed() {
  note(false);
  if (openings_ == 0) return;
  *this = CircuitBreaker();  // what was before says nothing of an authority that is back
}

void CircuitBreaker::fail(base::MonotonicTime now,
                          std::optional<std::chrono::milliseconds> retry_after,
                          double jitter) {
  note(true);
  const auto at_least = retry_after.value_or(std::chrono::milliseconds(0));
  switch (state(now)) {
    case State::closed:
      if (is_too_much() || retry_after) open(now, at_least, jitter);
      break;
    case State::open:
      if (retry_after) until_ = std::max<base::MonotonicTime>(until_, now + at_least);
      break;
    case State::half_open: open(now, at_least, jitter); break;
  }
}

void CircuitBreaker::note(bool is_fault) {
  faults_in_a_row_ = is_fault ? faults_in_a_row_ + 1 : 0;
  constexpr std::uint32_t mask = (1U << window) - 1;
  outcomes_ = ((outcomes_ << 1) | (is_fault ? 1U : 0U)) & mask;
  outcome_count_ = std::min(outcome_count_ + 1, window);
}

bool CircuitBreaker::is_too_much() const {
  if (faults_in_a_row_ >= most_in_a_row) return true;
  return outcome_count_ >= fewest_for_a_share && 2 * std::popcount(outcomes_) >= outcome_count_;
}

void CircuitBreaker::open(base::MonotonicTime now,
                          std::chrono::milliseconds at_least,
                          double jitter) {
  is_probing_ = false;
  ++openings_;
  const std::chrono::milliseconds time = std::max(opening_of(openings_), at_least);
  const double more = jitter / 5 * static_cast<double>(time.count());
  until_ = now + time + std::chrono::milliseconds(std::llround(more));
}

std::string_view to_string(CircuitBreaker::State state) {
  switch (state) {
    case CircuitBreaker::State::closed: return "closed";
    case CircuitBreaker::State::open: return "open";
    case CircuitBreaker::State::half_open: return "half-open";
  }
  return "closed";
}

}  // namespace agent
