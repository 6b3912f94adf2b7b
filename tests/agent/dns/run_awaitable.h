#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/asio.h"

namespace agent::test {

template <class T>
base::asio::awaitable<void> store_outcome(base::asio::awaitable<T> coroutine,
                                          std::optional<T>& outcome) {
  outcome.emplace(co_await std::move(coroutine));
}

/// Runs the loop until the coroutine has ended, or for so long that something is wrong.
template <class T>
T run(base::asio::io_context& loop, base::asio::awaitable<T> coroutine) {
  std::optional<T> outcome;
  std::exception_ptr failure;
  base::asio::co_spawn(loop,
                       store_outcome(std::move(coroutine), outcome),
                       [&failure](const std::exception_ptr& thrown) { failure = thrown; });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  loop.restart();
  while (!outcome && !failure && std::chrono::steady_clock::now() < deadline) {
    if (loop.run_one_for(std::chrono::seconds(1)) == 0) loop.restart();
  }
  loop.run_for(std::chrono::milliseconds(0));  // the coroutine's own end
  if (failure) std::rethrow_exception(failure);
  if (!outcome) throw std::runtime_error("the coroutine did not end");
  return std::move(*outcome);
}

}  // namespace agent::test
