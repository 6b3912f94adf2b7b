#include "spop/byte_buffer.h"

#include <algorithm>

namespace spop {

void ByteBuffer::grow(std::size_t n) {
  constexpr std::size_t first_capacity = 512;  // an AGENT-HELLO, or a handful of ACKs
  const std::size_t capacity = std::max({size_ + n, capacity_ * 2, first_capacity});
  auto data = std::make_unique_for_overwrite<std::byte[]>(capacity);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

}  // namespace spop
