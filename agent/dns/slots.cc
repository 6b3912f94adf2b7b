#include "agent/dns/slots.h"

namespace agent {

struct Slots::Turn {
  explicit Turn(const base::asio::any_io_executor& executor)
      : signal(executor, base::asio::steady_timer::time_point::max()) {}
  base::asio::steady_timer signal;
  bool has_come = false;
};

base::asio::awaitable<std::unique_ptr<Slots::Held>> Slots::take() {
  if (free_ > 0) {
    --free_;
    co_return std::make_unique<Held>(*this);
  }
  const auto executor = co_await base::asio::this_coro::executor;
  const auto turn = std::make_shared<Turn>(executor);
  waiting_.push_back(turn);
  boost::system::error_code ignored;
  while (!turn->has_come) co_await turn->signal.async_wait(base::into(ignored));
  co_return std::make_unique<Held>(*this);
}

void Slots::release() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  const std::shared_ptr<Turn> next = std::move(waiting_.front());
  waiting_.pop_front();
  next->has_come = true;
  next->signal.cancel();
}

}  // namespace agent
