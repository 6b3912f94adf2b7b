// What a connection sends does not depend on how its input arrives.

#include <algorithm>
#include <cstring>
#include <string>

#include "spop/connection.h"
#include "tests/fuzz/check.h"

namespace {

class NoTickets final : public spop::TicketSink {
 public:
  void complete(spop::TicketId, std::span<const std::byte>) override {}
};

/// The answer names what was asked.
class Handler final : public spop::Handler {
 public:
  void answer(const spop::NotifyView& notify,
              spop::ActionWriter& actions,
              spop::Deferral&) override {
    for (const spop::MessageView& message : notify.messages) {
      actions.set_var(spop::Scope::transaction, message.name, message.argument("host"));
    }
  }
};

/// Everything sent until the input is used up or no longer read; the refusal's pause is waited for.
std::string run(std::span<const std::byte> input, std::size_t piece) {
  const spop::ConnectionOptions options;
  Handler handler;
  spop::Counters counters;
  spop::ConnectionEnvironment environment{
      options, handler, counters, std::make_shared<NoTickets>(), {}, 0};
  const base::MonotonicTime start{};
  spop::Connection connection(environment, 1, start);
  std::string sent;
  const auto write = [&] {
    while (!connection.output().empty()) {
      const auto output = connection.output();
      sent.append(reinterpret_cast<const char*>(output.data()), output.size());
      connection.on_written(output.size(), start);
    }
  };
  while (!input.empty() && connection.wants_read()) {
    const auto space = connection.prepare();
    const std::size_t n = std::min({piece, space.size(), input.size()});
    std::memcpy(space.data(), input.data(), n);
    connection.on_received(n, start);
    input = input.subspan(n);
    write();
  }
  connection.on_deadline(start + options.refusal_pause);
  write();
  return sent;
}

}  // namespace

/// The first byte says how many bytes arrive at a time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span(data, size)).subspan(1);
  FUZZ_CHECK(run(input, std::size_t{data[0]} + 1) == run(input, SIZE_MAX));
  return 0;
}
