#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace spop {

/// Bytes on their way out: grows by doubling, keeps its memory when emptied, never initialises what
/// is about to be overwritten. A resource: moved, not copied.
class ByteBuffer {
 public:
  std::span<const std::byte> bytes() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Where the next `n` bytes go; commit() makes them part of the buffer. Dies at the next
  /// prepare().
  std::byte* prepare(std::size_t n) {
    if (capacity_ - size_ < n) grow(n);
    return data_.get() + size_;
  }
  /// REQUIRES: n <= the space of the last prepare().
  void commit(std::size_t n) { size_ += n; }

  void append(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  /// To write into what is there already. REQUIRES: offset <= size().
  std::byte* at(std::size_t offset) { return data_.get() + offset; }
  /// Forgets everything behind `size`. REQUIRES: size <= size().
  void truncate(std::size_t size) { size_ = size; }
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t n);

  std::unique_ptr<std::byte[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace spop
