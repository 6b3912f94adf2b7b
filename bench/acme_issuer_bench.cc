// How well the whole issuer uses a default account at Let's Encrypt for many new names, as one JSON
// object: the real store, planner, issuer and order machine against the fake authority with the
// real limits, on a virtual clock. The arguments are how many names, how many to a certificate, and
// a folder for the database.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <time.h>
#include <vector>

#include "tests/agent/issuer/virtual_world.h"

namespace {

using namespace std::chrono_literals;

agent::VirtualWorldOptions lets_encrypt(std::size_t names_per_certificate) {
  agent::VirtualWorldOptions options;
  options.ca.limits = fake_ca::lets_encrypt_limits();
  options.ca.validation_time = 2s;
  options.ca.processing_time = 1s;
  options.limits = agent::limits_of(agent::LimitPreset::letsencrypt, "");
  options.packing.names_per_certificate = names_per_certificate;
  return options;
}

/// In several calls, as an API takes them.
void add_names(agent::VirtualWorld& world, std::size_t count) {
  std::vector<std::string> batch;
  for (std::size_t i = 0; i < count; ++i) {
    batch.push_back("n" + std::to_string(i) + ".example");
    if (batch.size() < 5'000 && i + 1 < count) continue;
    world.add(batch);
    batch.clear();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: acme_issuer_bench NAMES NAMES_PER_CERTIFICATE FOLDER\n", stderr);
    return 2;
  }
  const std::size_t names = std::strtoul(argv[1], nullptr, 10);
  const std::size_t each = std::strtoul(argv[2], nullptr, 10);
  timespec begin{};
  timespec end{};
  clock_gettime(CLOCK_MONOTONIC, &begin);
  agent::VirtualWorld world(lets_encrypt(each), argv[3]);
  const base::MonotonicTime start = world.time.monotonic();
  add_names(world, names);
  const std::size_t certificates = (names + each - 1) / each;
  const bool is_complete = world.run_until([&] { return world.issued >= certificates; }, 24h * 365);
  const double hours = std::chrono::duration<double>(world.time.monotonic() - start) / 1h;
  const auto counts = world.ask(
      [now = world.time.wall()](agent::Store& store) { return store.count_hostnames(now); });
  const std::uint64_t wanted = counts ? counts->total() : 0;
  clock_gettime(CLOCK_MONOTONIC, &end);
  std::printf(
      "{\"names\": %llu, \"complete\": %s, \"certificates\": %d, \"orders\": %d, \"hours\": %.3f, "
      "\"bucket_used\": %.4f, \"refusals\": %d, \"overloads\": %d, \"requests\": %.2f, "
      "\"wall_seconds\": %.1f}\n",
      static_cast<unsigned long long>(wanted),
      is_complete ? "true" : "false",
      world.counts().issued,
      world.counts().orders,
      hours,
      world.counts().orders / (300 + 100 * hours),
      world.replies(429),
      world.replies(503),
      static_cast<double>(world.sent()) / static_cast<double>(certificates),
      static_cast<double>(end.tv_sec - begin.tv_sec) +
          static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e9);
  return is_complete ? 0 : 1;
}
