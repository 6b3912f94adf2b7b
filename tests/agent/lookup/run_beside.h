#pragma once

#include <atomic>
#include <cstdint>
#include <random>
#include <thread>

namespace agent {

/// Calls read(random number) in two threads again and again, a hundred times at least, until
/// `write` has returned in this one.
template <class Read, class Write>
void run_beside(Read read, Write write) {
  std::atomic<bool> done = false;
  const auto loop = [&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    do {
      for (int i = 0; i < 100; ++i) read(random());
    } while (!done);
  };
  std::thread first(loop, 1);
  std::thread second(loop, 2);
  write();
  done = true;
  first.join();
  second.join();
}

}  // namespace agent
