#pragma once

// Replaces the global operator new by one that counts. For one .cc file of a test program.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace spop_tests {

/// How often any thread has allocated.
inline std::atomic<std::size_t> allocations = 0;

inline void* allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

/// Not inlined: g++ would take it for a free() of what its own operator new gave.
[[gnu::noinline]] inline void release(void* memory) {
  std::free(memory);
}

}  // namespace spop_tests

void* operator new(std::size_t size) {
  return spop_tests::allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return spop_tests::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  spop_tests::release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  spop_tests::release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  spop_tests::release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  spop_tests::release(memory);
}
