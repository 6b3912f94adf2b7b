// Visits a server at a constant rate, and prints one line of JSON.
//
//   bench_http_load --connect ADDRESS --host NAME [--milliseconds N]

#include <cstdio>
#include <thread>

#include "bench/http/plain_load.h"
#include "bench/spop/arguments.h"

int main(int argc, char** argv) {
  const bench::Arguments arguments(argc, argv);
  bench::PlainLoad load(bench::endpoint_of(arguments.text("connect")), arguments.text("host"));
  std::this_thread::sleep_for(std::chrono::milliseconds(arguments.number("milliseconds", 5'000)));
  const std::vector<double> latencies = load.end();
  std::printf("{\"requests\": %zu, \"failed\": %zu, \"p50_ms\": %.4f, \"p99_ms\": %.4f}\n",
              latencies.size(),
              load.failed(),
              bench::quantile(latencies, 0.5) * 1e3,
              bench::quantile(latencies, 0.99) * 1e3);
}
