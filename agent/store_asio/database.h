#pragma once

#include <memory>
#include <utility>

#include "agent/store/store.h"
#include "base/asio.h"
#include "base/run_on.h"

namespace agent {

/// The one thread on which the synchronous Store is used. Calls run in the order they were made.
class Database {
 public:
  explicit Database(std::unique_ptr<Store> store) : store_(std::move(store)) {}
  /// Waits for the calls under way.
  ~Database() { thread_.join(); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs `f(Store&)` on the database thread and resumes the caller on its own executor.
  /// REQUIRES: f does not throw, and what it refers to lives until it has returned.
  template <class F>
  base::asio::awaitable<std::invoke_result_t<F&, Store&>> run(F f) {
    auto call = [store = store_.get(), work = std::move(f)]() mutable { return work(*store); };
    return base::run_on(thread_, std::move(call));
  }

 private:
  std::unique_ptr<Store> store_;
  base::asio::thread_pool thread_{1};
};

}  // namespace agent
