#include "spop/frame_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "spop/errc.h"

namespace spop {
namespace {

constexpr std::size_t first_capacity = 2048;

std::size_t decode_length(const std::byte* at) {
  return std::to_integer<std::size_t>(at[0]) << 24 | std::to_integer<std::size_t>(at[1]) << 16 |
         std::to_integer<std::size_t>(at[2]) << 8 | std::to_integer<std::size_t>(at[3]);
}

}  // namespace

std::span<std::byte> FrameDecoder::prepare() {
  compact();
  const std::size_t limit = max_frame_size_ + length_prefix_size;
  std::size_t capacity = std::max({capacity_, wanted_, std::min(first_capacity, limit)});
  if (filled_) capacity = std::max(capacity, std::min(capacity * 2, limit));
  if (capacity > capacity_) grow(capacity);
  return {data_.get() + end_, capacity_ - end_};
}

void FrameDecoder::commit(std::size_t n) {
  end_ += n;
  filled_ = end_ == capacity_;
}

base::Result<std::optional<FrameBytes>> FrameDecoder::next() {
  const std::size_t available = end_ - begin_;
  if (available < length_prefix_size) return std::optional<FrameBytes>();
  const std::byte* at = data_.get() + begin_;
  const std::size_t length = decode_length(at);
  if (length > max_frame_size_) return base::Unexpected(Errc::frame_too_big);
  if (length < min_frame_size) return base::Unexpected(Errc::invalid_frame);
  wanted_ = length_prefix_size + length;
  if (available < wanted_) return std::optional<FrameBytes>();
  begin_ += std::exchange(wanted_, 0);
  return std::optional<FrameBytes>(FrameBytes(at + length_prefix_size, length));
}

void FrameDecoder::compact() {
  if (begin_ == 0) return;
  if (end_ > begin_) std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

void FrameDecoder::grow(std::size_t capacity) {
  auto data = std::make_unique_for_overwrite<std::byte[]>(capacity);
  if (end_ > 0) std::memcpy(data.get(), data_.get(), end_);
  data_ = std::move(data);
  capacity_ = capacity;
}

}  // namespace spop
