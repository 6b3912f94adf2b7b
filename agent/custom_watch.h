#pragma once

#include <chrono>
#include <cstddef>

#include "agent/api/change_listener.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"

namespace agent {

/// Sees to it once a minute that the owners of custom certificates are warned in time, and that
/// hostnames return to mode automatic when that was asked for. On the control thread; the
/// references outlive it.
class CustomWatch {
 public:
  static constexpr std::chrono::minutes between_looks{1};
  static constexpr std::size_t most_at_once = 1'000;  ///< between two of them others get their turn

  struct Parts {
    Database& database;
    const base::Clock& clock;
    base::Log& log;
  };
  CustomWatch(Parts parts, ChangeListener& listener) : parts_(parts), listener_(listener) {}

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

 private:
  base::asio::awaitable<void> look();
  void tell(const CustomTending& tending, base::WallTime now);

  Parts parts_;
  ChangeListener& listener_;
};

}  // namespace agent
