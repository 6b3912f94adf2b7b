#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "base/asio.h"

namespace base {

/// Work that goes on beside the coroutine that has started it, and whose result that one takes
/// later: reading ahead. Dropping it does not end the work; nobody then hears of it.
template <class T>
class Started {
 public:
  Started(const asio::any_io_executor& executor, asio::awaitable<T> work)
      : arrival_(std::make_shared<Arrival>(executor)) {
    const std::shared_ptr<Arrival> arrival = arrival_;
    asio::co_spawn(
        executor, run(arrival, std::move(work)), [arrival](const std::exception_ptr& failure) {
          arrival->failure = failure;
          arrival->is_over = true;
          arrival->signal.cancel();
        });
  }

  /// Its result; what it has thrown is thrown here. REQUIRES: called once, on the executor's
  /// thread.
  asio::awaitable<T> take() {
    const std::shared_ptr<Arrival> arrival = arrival_;
    boost::system::error_code ignored;  // cancelled: that is the signal
    while (!arrival->is_over) co_await arrival->signal.async_wait(into(ignored));
    if (arrival->failure) std::rethrow_exception(arrival->failure);
    co_return std::move(*arrival->value);
  }

 private:
  struct Arrival {
    explicit Arrival(const asio::any_io_executor& executor)
        : signal(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer signal;
    std::optional<T> value{};
    std::exception_ptr failure{};
    bool is_over = false;
  };

  static asio::awaitable<void> run(std::shared_ptr<Arrival> arrival, asio::awaitable<T> work) {
    arrival->value.emplace(co_await std::move(work));
  }

  std::shared_ptr<Arrival> arrival_;
};

}  // namespace base
