#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace spop {

/// Space for what Asio keeps of one asynchronous operation, next to the object that starts it. Asio
/// itself remembers one block a thread, which is not enough when many operations end before the
/// first of them is started anew. Not thread-safe.
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* allocate(std::size_t size) {
    if (is_taken_ || size > capacity) return ::operator new(size);
    is_taken_ = true;
    return space_.data();
  }
  void deallocate(void* pointer) {
    if (pointer != space_.data()) return ::operator delete(pointer);
    is_taken_ = false;
  }

 private:
  static constexpr std::size_t capacity = 256;  // Boost 1.74 needs 120 for a read

  alignas(std::max_align_t) std::array<std::byte, capacity> space_;
  bool is_taken_ = false;
};

/// Allocates from a HandlerMemory.
template <class T>
class HandlerAllocator {
 public:
  using value_type = T;
  explicit HandlerAllocator(HandlerMemory& memory) : memory_(&memory) {}
  template <class U>
  explicit HandlerAllocator(const HandlerAllocator<U>& other) : memory_(other.memory()) {}

  T* allocate(std::size_t n) { return static_cast<T*>(memory_->allocate(n * sizeof(T))); }
  void deallocate(T* pointer, std::size_t) { memory_->deallocate(pointer); }

  HandlerMemory* memory() const { return memory_; }
  friend bool operator==(const HandlerAllocator&, const HandlerAllocator&) = default;

 private:
  HandlerMemory* memory_;
};

/// A completion handler whose operation lives in a HandlerMemory. REQUIRES: the handler keeps alive
/// what the memory is part of.
template <class Handler>
class WithMemory {
 public:
  using allocator_type = HandlerAllocator<Handler>;
  WithMemory(HandlerMemory& memory, Handler handler)
      : memory_(&memory), handler_(std::move(handler)) {}

  allocator_type get_allocator() const { return allocator_type(*memory_); }
  template <class... Arguments>
  void operator()(Arguments&&... arguments) {
    handler_(std::forward<Arguments>(arguments)...);
  }

 private:
  HandlerMemory* memory_;
  Handler handler_;
};

}  // namespace spop
