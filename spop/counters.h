#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace spop {

/// A number that one thread increases and any thread reads; costs the writer a plain addition.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// DISCONNECT status codes as an index: 0 to 13 as they are, 99, then all others together.
inline constexpr std::size_t disconnect_kinds = 16;
constexpr std::size_t disconnect_kind(std::uint64_t status_code) {
  constexpr std::uint64_t last_assigned = 13;
  if (status_code <= last_assigned) return static_cast<std::size_t>(status_code);
  return status_code == 99 ? 14 : 15;
}

/// What a worker counts; see Counters and CounterValues. Everything but connections_open only
/// grows.
template <class Number>
struct BasicCounters {
  Number connections_accepted{};
  Number connections_refused{};  ///< HELLOs answered with a DISCONNECT
  Number connections_closed{};
  Number healthchecks{};
  Number bytes_received{};
  Number bytes_sent{};
  Number frames{};          ///< received, of any type
  Number frames_skipped{};  ///< of an unknown type
  Number notifies{};
  Number notifies_undecodable{};  ///< payload does not decode; got a harmless ACK
  Number notifies_unanswered{};   ///< the handler wrote no action (an unknown message, say); same
  Number acks{};
  Number acks_too_big{};  ///< the actions did not fit a frame; got a harmless ACK
  Number deferrals{};
  Number deferrals_refused{};  ///< too many waited already
  Number deferrals_missed{};   ///< not completed in time
  std::array<Number, disconnect_kinds> disconnects_sent{};
  std::array<Number, disconnect_kinds> disconnects_received{};
};

/// One worker's, on cache lines of its own.
struct alignas(64) Counters : BasicCounters<Counter> {};

/// A reading, or a sum of readings.
struct CounterValues : BasicCounters<std::uint64_t> {
  std::uint64_t connections_open() const { return connections_accepted - connections_closed; }
  CounterValues& operator+=(const Counters& worker);
};

}  // namespace spop
