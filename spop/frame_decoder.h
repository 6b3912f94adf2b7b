#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "spop/frame.h"

namespace spop {

/// Cuts a byte stream into frames (SPOE.txt §3.2). No I/O, no clock. Its buffer begins small and
/// doubles while reads fill it, up to one frame of the maximal size; then it allocates no more.
/// Use: read into prepare(), commit() what arrived, then next() until nullopt.
///
///     | decoded frames | frames to come, the last perhaps in part | space |
///     0              begin_                                     end_    capacity_
class FrameDecoder {
 public:
  /// In bytes, without the length prefix. REQUIRES: max_frame_size >= min_frame_size.
  explicit FrameDecoder(std::size_t max_frame_size) : max_frame_size_(max_frame_size) {}

  /// For what next() has not looked at yet. REQUIRES: as the constructor.
  void set_max_frame_size(std::size_t size) { max_frame_size_ = size; }

  /// Space for the next read; never empty once next() has returned nullopt.
  std::span<std::byte> prepare();
  void commit(std::size_t n);  ///< REQUIRES: n <= size of the last prepare().
  /// The next whole frame without its length, or nullopt if more bytes are needed. The span dies
  /// at the next prepare(). Errors stick: frame_too_big as soon as the length is known,
  /// invalid_frame for a length below min_frame_size.
  base::Result<std::optional<FrameBytes>> next();

 private:
  void compact();
  void grow(std::size_t capacity);

  std::size_t max_frame_size_;
  std::unique_ptr<std::byte[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t wanted_ = 0;  // of the frame at begin_, with its prefix; 0 while unknown
  bool filled_ = false;     // the last read took all the space: there is probably more
};

}  // namespace spop
