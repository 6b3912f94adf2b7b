#pragma once

#include <optional>
#include <type_traits>

#include "base/asio.h"

namespace base {

/// Runs the blocking call `f()` on `pool` and resumes the caller on its own executor with what it
/// returned. REQUIRES: f does not throw, and what it refers to lives until it has returned.
template <class F>
asio::awaitable<std::invoke_result_t<F&>> run_on(asio::thread_pool& pool, F f) {
  using Value = std::invoke_result_t<F&>;
  // In an optional because Asio wants to default-construct what a handler receives.
  auto initiate = [&pool, call = std::move(f)](auto handler) mutable {
    asio::post(pool, [work = std::move(call), resume = std::move(handler)]() mutable {
      const auto executor = asio::get_associated_executor(resume);
      std::optional<Value> value(work());
      asio::post(executor, [deliver = std::move(resume), result = std::move(value)]() mutable {
        deliver(std::move(result));
      });
    });
  };
  std::optional<Value> value =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::optional<Value>)>(
          std::move(initiate), asio::use_awaitable);
  co_return std::move(*value);
}

}  // namespace base
