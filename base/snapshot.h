#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace base {

/// An immutable value that one thread replaces whole and many read. A reader pays one atomic load
/// until the value has changed. For small read-mostly data; the hot tables are in agent/lookup.
template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> first) : current_(std::move(first)) {}

  /// Thread-safe. Readers see the new value at their next get().
  void publish(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    current_ = std::move(next);
    version_.fetch_add(1, std::memory_order_release);
  }

  /// One thread's view. REQUIRES: the Snapshot outlives it.
  class Reader {
   public:
    explicit Reader(const Snapshot& snapshot) : snapshot_(snapshot) {}

    /// The newest published value; the reference lives until the next get().
    const T& get() {
      const std::uint64_t version = snapshot_.version_.load(std::memory_order_acquire);
      if (!held_ || version != seen_) {
        const std::lock_guard lock(snapshot_.mutex_);
        held_ = snapshot_.current_;
        seen_ = snapshot_.version_.load(std::memory_order_relaxed);
      }
      return *held_;
    }

   private:
    const Snapshot& snapshot_;
    std::shared_ptr<const T> held_;
    std::uint64_t seen_ = 0;
  };

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;  // guarded by mutex_
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace base
