#pragma once

#include <chrono>

#include <gtest/gtest.h>

#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "tests/fakes/virtual_time.h"
#include "tests/haproxy/asio/await.h"

namespace agent::test {

/// Runs what is on `control` until `passed` is over. Time leaps only while the database's thread
/// has nothing to do, for which is waited on `waiting`: both contexts outlive that thread.
inline void run_for(std::chrono::milliseconds passed,
                    fakes::VirtualTime& time,
                    base::asio::io_context& control,
                    base::asio::io_context& waiting,
                    Database& database) {
  const auto last_change = [](Store& store) { return store.last_change(); };
  const base::MonotonicTime end = time.monotonic() + passed;
  while (time.monotonic() < end) {
    control.restart();
    if (control.poll() > 0) continue;
    EXPECT_TRUE(haproxy::test::await(waiting, database.run(last_change)));
    if (control.poll() == 0) time.leap(control);
  }
}

}  // namespace agent::test
