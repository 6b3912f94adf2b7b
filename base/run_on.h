#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/asio.h"

namespace base {

/// Runs `work` on the pool and resumes the caller on its own executor, once `work` is destroyed.
asio::awaitable<void> run_work_on(asio::thread_pool& pool, std::function<void()> work);

/// Runs the blocking call `f()` on `pool` and resumes the caller on its own executor with what it
/// returned. REQUIRES: f does not throw, and what it refers to lives until it has returned.
template <class F>
asio::awaitable<std::invoke_result_t<F&>> run_on(asio::thread_pool& pool, F f) {
  struct Call {
    F work;
    std::optional<std::invoke_result_t<F&>> value{};
  };
  // Shared with the pool, which may still be at it when the coroutine is destroyed.
  const auto call = std::make_shared<Call>(Call{std::move(f)});
  std::function<void()> work = [call] { call->value.emplace(call->work()); };
  co_await run_work_on(pool, std::move(work));
  co_return std::move(*call->value);
}

}  // namespace base
