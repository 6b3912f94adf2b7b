// The frames found in a byte stream do not depend on how it arrives.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "spop/frame_decoder.h"
#include "tests/fuzz/check.h"

namespace {

constexpr std::size_t max_frame_size = 4096;

struct Found {
  std::vector<std::string> frames;
  std::error_code error;
  friend bool operator==(const Found&, const Found&) = default;
};

Found decode(std::span<const std::byte> input, std::size_t piece) {
  spop::FrameDecoder decoder(max_frame_size);
  Found found;
  while (!input.empty()) {
    const auto space = decoder.prepare();
    FUZZ_CHECK(!space.empty());
    FUZZ_CHECK(space.size() <= max_frame_size + spop::length_prefix_size);
    const std::size_t n = std::min({piece, space.size(), input.size()});
    std::memcpy(space.data(), input.data(), n);
    decoder.commit(n);
    input = input.subspan(n);
    for (;;) {
      const auto frame = decoder.next();
      if (!frame) {
        found.error = frame.error();
        return found;
      }
      if (!*frame) break;
      found.frames.emplace_back(reinterpret_cast<const char*>((*frame)->data()), (*frame)->size());
    }
  }
  return found;
}

}  // namespace

/// The first byte says how many bytes arrive at a time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span(data, size)).subspan(1);
  const Found whole = decode(input, SIZE_MAX);
  FUZZ_CHECK(decode(input, std::size_t{data[0]} + 1) == whole);
  return 0;
}
