#pragma once

#include <cstddef>

#include "spop/byte_buffer.h"
#include "spop/frame.h"

namespace spop {

/// Appends one frame to a buffer: the header at once, the payload by whoever writes to the buffer
/// next, the length by finish(). FIN is set unless told otherwise. REQUIRES: the buffer outlives
/// it.
class FrameWriter {
 public:
  FrameWriter(ByteBuffer& output,
              FrameType type,
              StreamId stream_id,
              FrameId frame_id,
              std::uint32_t flags = flag_fin);
  /// A frame with both ids zero, as HELLO and DISCONNECT have them.
  FrameWriter(ByteBuffer& output, FrameType type)
      : FrameWriter(output, type, StreamId(0), FrameId(0)) {}
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  /// Type, flags, ids and what is there of the payload: what max-frame-size counts.
  std::size_t size() const { return output_.size() - begin_ - length_prefix_size; }
  /// Back to an empty payload.
  void clear_payload() { output_.truncate(payload_); }
  void finish();
  /// As if it had never been begun.
  void discard() { output_.truncate(begin_); }

 private:
  ByteBuffer& output_;
  std::size_t begin_;
  std::size_t payload_;
};

}  // namespace spop
