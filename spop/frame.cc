#include "spop/frame.h"

#include "spop/errc.h"
#include "spop/reader.h"

namespace spop {

base::Result<Frame> parse_frame(FrameBytes bytes) {
  Reader reader(bytes);
  const auto type = static_cast<FrameType>(reader.byte());
  const std::uint32_t flags = reader.big_endian_32();
  const StreamId stream_id(reader.varint());
  const FrameId frame_id(reader.varint());
  if (reader.failed()) return base::Unexpected(Errc::invalid_frame);
  return Frame{type, flags, stream_id, frame_id, reader.rest()};
}

}  // namespace spop
