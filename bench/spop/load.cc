// Asks an agent as fast as it answers, and prints one line of JSON.
//
//   bench_spop_load --connect ADDRESS --connections N --in-flight N --answers constant|lookup
//                   [--milliseconds N] [--cpu N] [--hostnames N] [--tokens N]

#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <sys/epoll.h>

#include "bench/spop/arguments.h"
#include "bench/spop/blocking_socket.h"
#include "bench/spop/load_connection.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Measured {
  std::uint64_t acks = 0;
  double seconds = 0;
};

/// Serves ready connections for `time`.
Measured run(int epoll, bench::LoadState& state, std::chrono::milliseconds time) {
  const std::uint64_t before = state.acks;
  const auto start = Clock::now();
  const auto end = start + time;
  std::array<epoll_event, 128> events;
  while (Clock::now() < end) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1'000);
    for (int i = 0; i < ready; ++i) {
      static_cast<bench::LoadConnection*>(events[static_cast<std::size_t>(i)].data.ptr)
          ->on_readable();
    }
  }
  return {state.acks - before, std::chrono::duration<double>(Clock::now() - start).count()};
}

double microseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1'000;
}

}  // namespace

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  bench::pin_to_cpu(arguments.number("cpu", 1));
  const bool constant = arguments.text("answers") == "constant";
  const bench::Questions questions(arguments.number("hostnames", 1'000'000),
                                   arguments.number("tokens", 100'000),
                                   constant ? bench::Answers::constant : bench::Answers::lookup);
  bench::LoadState state{questions, 0, 0, {}};
  const base::Endpoint agent = bench::endpoint_of(arguments.text("connect"));
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::deque<bench::LoadConnection> connections;
  for (std::size_t i = 0; i < arguments.number("connections", 1); ++i) {
    auto& connection = connections.emplace_back(agent, arguments.number("in-flight", 1), state);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd(), &event);
  }
  for (bench::LoadConnection& each : connections) each.start();
  const std::chrono::milliseconds time(arguments.number("milliseconds", 1'500));
  run(epoll, state, time / 5);  // warms up
  state.latency = {};
  const Measured measured = run(epoll, state, time);
  std::printf(
      "{\"acks\": %llu, \"seconds\": %.6f, \"total_acks\": %llu, \"p50_us\": %.2f, "
      "\"p99_us\": %.2f, \"p999_us\": %.2f, \"max_us\": %.2f}\n",
      static_cast<unsigned long long>(measured.acks),
      measured.seconds,
      static_cast<unsigned long long>(state.acks),
      microseconds(state.latency.percentile(0.5)),
      microseconds(state.latency.percentile(0.99)),
      microseconds(state.latency.percentile(0.999)),
      microseconds(state.latency.max()));
}
