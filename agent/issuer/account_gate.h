#pragma once

#include <cstddef>
#include <optional>

#include "base/asio.h"

namespace agent {

/// Whoever signs with an account's key is inside, so that the key is changed while nobody is: an
/// old signature must not arrive after the change. Control thread only.
class AccountGate {
 public:
  bool is_closed() const { return is_closed_; }

  /// REQUIRES: it is not closed.
  void enter() { ++inside_; }
  void leave() {
    --inside_;
    if (inside_ == 0 && empty_) empty_->cancel();
  }
  std::size_t inside() const { return inside_; }

  /// Nobody enters from now on; returns once all have left.
  base::asio::awaitable<void> close() {
    is_closed_ = true;
    if (!empty_) empty_.emplace(co_await base::asio::this_coro::executor);
    empty_->expires_at(base::asio::steady_timer::time_point::max());
    boost::system::error_code ignored;  // cancelled: that is the signal
    while (inside_ > 0) co_await empty_->async_wait(base::into(ignored));
  }
  void open() { is_closed_ = false; }

 private:
  bool is_closed_ = false;
  std::size_t inside_ = 0;
  std::optional<base::asio::steady_timer> empty_;
};

}  // namespace agent
