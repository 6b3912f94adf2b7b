#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/asio.h"

namespace base {

/// Runs `start` with a callback, and resumes with what that is given, once. The callback has to run
/// on the coroutine's thread; it may run inside start(). If it is destroyed without having run, the
/// caller never resumes.
template <class T>
asio::awaitable<T> await_callback(std::function<void(std::function<void(T)>)> start) {
  // Shared by the coroutine and the callback, of which either may die first.
  struct Arrival {
    explicit Arrival(const asio::any_io_executor& executor)
        : signal(executor, asio::steady_timer::time_point::max()) {}
    asio::steady_timer signal;
    std::optional<T> value;
  };
  const auto executor = co_await asio::this_coro::executor;
  const auto arrival = std::make_shared<Arrival>(executor);
  start([arrival](T value) {
    arrival->value = std::move(value);
    arrival->signal.cancel();
  });
  boost::system::error_code ignored;  // cancelled: that is the signal
  while (!arrival->value) co_await arrival->signal.async_wait(into(ignored));
  co_return std::move(*arrival->value);
}

}  // namespace base
