#include "spop/disconnect.h"

#include <string>

#include "spop/encode.h"
#include "spop/errc.h"
#include "spop/frame_writer.h"
#include "spop/kv_list.h"

namespace spop {
namespace {

constexpr std::string_view key_status_code = "status-code";
constexpr std::string_view key_message = "message";
constexpr std::size_t max_message_size = 255;

}  // namespace

base::Result<Disconnect> parse_disconnect(const Frame& frame) {
  if (!frame.has_fin()) return base::Unexpected(Errc::fragmentation_not_supported);
  if (!frame.has_zero_ids()) return base::Unexpected(Errc::invalid_frame);
  Disconnect disconnect;
  KvList list(frame.payload);
  while (const auto entry = list.next()) {
    const auto& [key, value] = *entry;
    if (key == key_status_code) {
      disconnect.status_code = static_cast<std::uint64_t>(list.expect(value.as_int()));
    }
    if (key == key_message) disconnect.message = list.expect(value.as_string());
  }
  if (list.failed()) return base::Unexpected(Errc::invalid_frame);
  return disconnect;
}

void encode_disconnect(FrameType type, const Disconnect& disconnect, ByteBuffer& output) {
  FrameWriter frame(output, type);
  encode_pair(
      key_status_code, TypedData::integer(DataType::uint32, disconnect.status_code), output);
  encode_pair(
      key_message, TypedData::string(disconnect.message.substr(0, max_message_size)), output);
  frame.finish();
}

void encode_disconnect(FrameType type, std::error_code reason, ByteBuffer& output) {
  const std::string message = reason ? reason.message() : "normal";
  encode_disconnect(type, Disconnect{static_cast<std::uint64_t>(reason.value()), message}, output);
}

}  // namespace spop
