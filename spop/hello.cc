#include "spop/hello.h"

#include <algorithm>
#include <optional>

#include "spop/encode.h"
#include "spop/errc.h"
#include "spop/frame_writer.h"
#include "spop/kv_list.h"

namespace spop {
namespace {

constexpr std::string_view key_supported_versions = "supported-versions";
constexpr std::string_view key_version = "version";
constexpr std::string_view key_max_frame_size = "max-frame-size";
constexpr std::string_view key_capabilities = "capabilities";
constexpr std::string_view key_engine_id = "engine-id";
constexpr std::string_view key_healthcheck = "healthcheck";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool has_major_version_2(std::string_view versions) {
  while (!versions.empty()) {
    const std::size_t comma = std::min(versions.find(','), versions.size());
    if (trim(versions.substr(0, comma)).starts_with("2.")) return true;
    versions.remove_prefix(std::min(comma + 1, versions.size()));
  }
  return false;
}

/// The keys of either HELLO; nullopt for those that did not come.
struct HelloKeys {
  std::optional<std::string_view> version;
  std::optional<std::uint64_t> max_frame_size;
  std::string_view capabilities;
  std::string_view engine_id;
  bool healthcheck = false;
};

base::Result<HelloKeys> parse_keys(const Frame& frame, std::string_view version_key) {
  if (!frame.has_fin()) return base::Unexpected(Errc::fragmentation_not_supported);
  if (!frame.has_zero_ids()) return base::Unexpected(Errc::invalid_frame);
  HelloKeys keys;
  KvList list(frame.payload);
  while (const auto entry = list.next()) {
    const auto& [key, value] = *entry;
    if (key == version_key) keys.version = list.expect(value.as_string());
    if (key == key_max_frame_size) {
      keys.max_frame_size = static_cast<std::uint64_t>(list.expect(value.as_int()));
    }
    if (key == key_capabilities) keys.capabilities = list.expect(value.as_string());
    if (key == key_engine_id) keys.engine_id = list.expect(value.as_string());
    if (key == key_healthcheck) keys.healthcheck = list.expect(value.as_bool());
  }
  if (list.failed()) return base::Unexpected(Errc::invalid_frame);
  if (!keys.version) return base::Unexpected(Errc::no_version);
  if (!keys.max_frame_size) return base::Unexpected(Errc::no_max_frame_size);
  return keys;
}

}  // namespace

base::Result<HaproxyHello> parse_haproxy_hello(const Frame& frame) {
  const auto keys = parse_keys(frame, key_supported_versions);
  if (!keys) return base::Unexpected(keys.error());
  return HaproxyHello{*keys->version,
                      *keys->max_frame_size,
                      keys->capabilities,
                      keys->engine_id,
                      keys->healthcheck};
}

base::Result<AgentHello> parse_agent_hello(const Frame& frame) {
  const auto keys = parse_keys(frame, key_version);
  if (!keys) return base::Unexpected(keys.error());
  return AgentHello{*keys->version, *keys->max_frame_size, keys->capabilities};
}

void encode_haproxy_hello(const HaproxyHello& hello, ByteBuffer& output) {
  FrameWriter frame(output, FrameType::haproxy_hello);
  encode_pair(key_supported_versions, TypedData::string(hello.supported_versions), output);
  encode_pair(
      key_max_frame_size, TypedData::integer(DataType::uint32, hello.max_frame_size), output);
  encode_pair(key_capabilities, TypedData::string(hello.capabilities), output);
  if (!hello.engine_id.empty()) {
    encode_pair(key_engine_id, TypedData::string(hello.engine_id), output);
  }
  if (hello.healthcheck) encode_pair(key_healthcheck, TypedData::boolean(true), output);
  frame.finish();
}

void encode_agent_hello(const AgentHello& hello, ByteBuffer& output) {
  FrameWriter frame(output, FrameType::agent_hello);
  encode_pair(key_version, TypedData::string(hello.version), output);
  encode_pair(
      key_max_frame_size, TypedData::integer(DataType::uint32, hello.max_frame_size), output);
  encode_pair(key_capabilities, TypedData::string(hello.capabilities), output);
  frame.finish();
}

base::Result<AgentHello> negotiate(const HaproxyHello& hello, std::uint64_t our_max_frame_size) {
  if (!has_major_version_2(hello.supported_versions)) return base::Unexpected(Errc::bad_version);
  if (hello.max_frame_size < min_max_frame_size) return base::Unexpected(Errc::bad_max_frame_size);
  AgentHello answer;
  answer.max_frame_size = std::min(hello.max_frame_size, our_max_frame_size);
  return answer;
}

base::Result<void> check_agent_hello(const AgentHello& answer, const HaproxyHello& hello) {
  if (trim(answer.version) != protocol_version) return base::Unexpected(Errc::bad_version);
  if (answer.max_frame_size < min_max_frame_size || answer.max_frame_size > hello.max_frame_size) {
    return base::Unexpected(Errc::bad_max_frame_size);
  }
  return {};
}

}  // namespace spop
