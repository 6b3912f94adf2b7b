#include "spop/frame_writer.h"

#include "spop/varint.h"

namespace spop {
namespace {

std::byte* encode_big_endian_32(std::uint32_t value, std::byte* out) {
  out[0] = static_cast<std::byte>(value >> 24);
  out[1] = static_cast<std::byte>(value >> 16);
  out[2] = static_cast<std::byte>(value >> 8);
  out[3] = static_cast<std::byte>(value);
  return out + 4;
}

}  // namespace

FrameWriter::FrameWriter(
    ByteBuffer& output, FrameType type, StreamId stream_id, FrameId frame_id, std::uint32_t flags)
    : output_(output), begin_(output.size()) {
  std::byte* const start = output.prepare(length_prefix_size + max_frame_header_size);
  std::byte* out = start + length_prefix_size;
  *out++ = static_cast<std::byte>(type);
  out = encode_big_endian_32(flags, out);
  out = encode_varint(stream_id.value(), out);
  out = encode_varint(frame_id.value(), out);
  output.commit(static_cast<std::size_t>(out - start));
  payload_ = output.size();
}

void FrameWriter::finish() {
  encode_big_endian_32(static_cast<std::uint32_t>(size()), output_.at(begin_));
}

}  // namespace spop
