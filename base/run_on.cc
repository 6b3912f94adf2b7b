#include "base/run_on.h"

namespace base {

asio::awaitable<void> run_work_on(asio::thread_pool& pool, std::function<void()> work) {
  auto initiate = [&pool, call = std::move(work)](auto handler) mutable {
    asio::post(pool, [call = std::move(call), resume = std::move(handler)]() mutable {
      call();
      call = nullptr;
      const auto executor = asio::get_associated_executor(resume);
      asio::post(executor, std::move(resume));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate),
                                                                       asio::use_awaitable);
}

}  // namespace base
