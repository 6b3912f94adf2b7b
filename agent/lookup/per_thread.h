#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace agent {

/// One T for each thread that asks, so that what every answer writes to is shared by nobody. T must
/// be readable from another thread while its owner writes, as far as for_each() looks at it.
template <class T>
class PerThread {
 public:
  PerThread() : id_(next_id()) {}
  PerThread(const PerThread&) = delete;
  PerThread& operator=(const PerThread&) = delete;

  /// The calling thread's own; made at its first call, and only then with an allocation and a lock.
  /// Lives as long as this object. (A new thread may inherit that of an ended one.)
  T& local() {
    thread_local Cache cache;  // of the PerThread<T> this thread has used last
    if (cache.owner != id_) cache = {id_, &find_or_make()};
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): no id is 0, as at first
    return *cache.value;
  }

  /// Calls f(const T&) for that of each thread. Thread-safe.
  template <class F>
  void for_each(F f) const {
    const std::lock_guard lock(mutex_);
    for (const auto& each : all_) f(each->value);
  }

 private:
  struct Cache {
    std::uint64_t owner = 0;
    T* value = nullptr;
  };
  struct Entry {
    std::thread::id thread;
    T value{};
  };

  // An address may come again, a number does not.
  static std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
  }

  T& find_or_make() {
    const std::lock_guard lock(mutex_);
    for (const auto& each : all_) {
      if (each->thread == std::this_thread::get_id()) return each->value;
    }
    all_.push_back(std::make_unique<Entry>());
    all_.back()->thread = std::this_thread::get_id();
    return all_.back()->value;
  }

  const std::uint64_t id_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> all_;  // guarded by mutex_
};

}  // namespace agent
