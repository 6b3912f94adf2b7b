#pragma once

#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/asio.h"

namespace haproxy::test {

template <class T>
base::asio::awaitable<void> store(base::asio::awaitable<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

/// Runs the context until the task is done; what else runs on it is suspended then.
template <class T>
T await(base::asio::io_context& context, base::asio::awaitable<T> task) {
  std::optional<T> result;
  std::exception_ptr failure;
  bool done = false;
  base::asio::co_spawn(context, store(std::move(task), result), [&](std::exception_ptr thrown) {
    failure = std::move(thrown);
    done = true;
  });
  context.restart();
  while (!done && context.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!result) throw std::logic_error("the task was never finished");
  return std::move(*result);
}

}  // namespace haproxy::test
