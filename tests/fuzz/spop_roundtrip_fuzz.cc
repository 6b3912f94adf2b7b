// Any value our encoders are given, our decoders give back.

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

#include "spop/action_reader.h"
#include "spop/action_writer.h"
#include "spop/encode.h"
#include "spop/frame_writer.h"
#include "spop/hello.h"
#include "spop/notify_batch.h"
#include "tests/fuzz/check.h"

namespace {

using spop::ByteBuffer;
using spop::DataType;
using spop::TypedData;

/// Makes values of what libFuzzer gives; owns the strings they view.
class Generator {
 public:
  Generator(const std::uint8_t* data, std::size_t size) : input_(data, size) {}

  bool is_used_up() { return input_.remaining_bytes() == 0; }
  std::uint64_t number() { return input_.ConsumeIntegral<std::uint64_t>(); }
  std::size_t count(std::size_t most) {
    return input_.ConsumeIntegralInRange<std::size_t>(0, most);
  }
  std::string_view text() { return texts_.emplace_back(input_.ConsumeRandomLengthString(300)); }

  TypedData value() {
    const auto type = static_cast<DataType>(count(static_cast<std::size_t>(DataType::binary)));
    switch (type) {
      case DataType::null: return {};
      case DataType::boolean: return TypedData::boolean(input_.ConsumeBool());
      case DataType::int32:
      case DataType::uint32:
      case DataType::int64:
      case DataType::uint64: return TypedData::integer(type, number());
      case DataType::ipv4: return TypedData::ipv4(bytes(4).first<4>());
      case DataType::ipv6: return TypedData::ipv6(bytes(16).first<16>());
      case DataType::string: return TypedData::string(text());
      case DataType::binary: return TypedData::binary(std::as_bytes(std::span(text())));
    }
    return {};
  }

 private:
  std::span<const std::byte> bytes(std::size_t size) {
    std::string& text = texts_.emplace_back(input_.ConsumeBytesAsString(size));
    text.resize(size);
    return std::as_bytes(std::span(std::as_const(text)));
  }

  FuzzedDataProvider input_;
  std::deque<std::string> texts_;
};

spop::Frame parse_back(const ByteBuffer& output) {
  const auto frame = spop::parse_frame(output.bytes().subspan(spop::length_prefix_size));
  FUZZ_CHECK(frame.has_value());
  return *frame;
}

void check_notify(Generator& generate) {
  std::deque<std::vector<spop::ArgumentView>> arguments;
  std::vector<spop::MessageView> messages;
  for (std::size_t i = generate.count(5); i > 0; --i) {
    auto& list = arguments.emplace_back();
    for (std::size_t k = generate.count(255); k > 0 && !generate.is_used_up(); --k) {
      const std::string_view name = generate.text();
      list.push_back({name, generate.value()});
    }
    messages.push_back({generate.text(), list});
  }
  const spop::StreamId stream_id(generate.number());
  const spop::FrameId frame_id(generate.number());
  ByteBuffer output;
  spop::FrameWriter frame(output, spop::FrameType::notify, stream_id, frame_id);
  for (const spop::MessageView& each : messages) spop::encode_message(each, output);
  frame.finish();

  spop::NotifyBatch batch;
  FUZZ_CHECK(batch.add(parse_back(output)) == spop::NotifyBatch::Added::yes);
  const spop::NotifyView& decoded = batch.views().front();
  FUZZ_CHECK(decoded.stream_id == stream_id && decoded.frame_id == frame_id);
  const auto same = [](const spop::MessageView& a, const spop::MessageView& b) {
    return a.name == b.name && std::ranges::equal(a.arguments, b.arguments);
  };
  FUZZ_CHECK(std::ranges::equal(decoded.messages, messages, same));
}

void check_actions(Generator& generate) {
  const std::size_t limit = generate.count(2'000);
  std::vector<spop::ActionView> written;
  ByteBuffer output;
  spop::ActionWriter writer(output, limit);
  while (!generate.is_used_up() && written.size() < 50) {
    spop::ActionView action;
    action.scope = static_cast<spop::Scope>(generate.count(4));
    action.name = generate.text();
    if (generate.count(1) == 1) {
      action.type = spop::ActionType::set_var;
      action.value = generate.value();
      writer.set_var(action.scope, action.name, action.value);
    } else {
      writer.unset_var(action.scope, action.name);
    }
    if (writer.overflowed()) break;
    written.push_back(action);
  }
  FUZZ_CHECK(writer.size() <= limit);
  spop::ActionReader reader(output.bytes());
  for (const spop::ActionView& each : written) FUZZ_CHECK(reader.next() == each);
  FUZZ_CHECK(!reader.next() && !reader.failed());
}

void check_hello(Generator& generate) {
  spop::HaproxyHello hello;
  hello.supported_versions = generate.text();
  hello.max_frame_size = generate.number();
  hello.capabilities = generate.text();
  hello.engine_id = generate.text();
  hello.healthcheck = generate.count(1) == 1;
  ByteBuffer output;
  spop::encode_haproxy_hello(hello, output);
  FUZZ_CHECK(spop::parse_haproxy_hello(parse_back(output)) == hello);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Generator generate(data, size);
  switch (generate.count(2)) {
    case 0: check_notify(generate); break;
    case 1: check_actions(generate); break;
    case 2: check_hello(generate); break;
  }
  return 0;
}
