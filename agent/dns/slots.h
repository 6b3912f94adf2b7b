#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "base/asio.h"

namespace agent {

/// Lets so many coroutines of one thread go on at a time, in the order they came.
class Slots {
 public:
  /// One slot; free again when this goes.
  class Held {
   public:
    explicit Held(Slots& slots) : slots_(&slots) {}
    ~Held() { slots_->release(); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    Slots* slots_;
  };

  explicit Slots(std::size_t count) : free_(count) {}

  /// REQUIRES: the slots outlive what is returned.
  base::asio::awaitable<std::unique_ptr<Held>> take();

 private:
  struct Turn;
  void release();

  std::size_t free_;
  std::deque<std::shared_ptr<Turn>> waiting_;
};

}  // namespace agent
