#pragma once

#include <chrono>
#include <cstddef>

#include "agent/lookup/lookup.h"
#include "agent/lookup/spop_answers.h"
#include "agent/lookup/traffic_meter.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"

namespace agent {

/// Tells the store which hostnames are busy, for the order of renewals: samples of what HAProxy
/// asks for are taken every second, levels that have changed are stored once an hour, the first
/// time after five minutes. Nothing waits for it. On the control thread; the references outlive it.
class TrafficWatch {
 public:
  static constexpr std::chrono::seconds between_looks{1};
  static constexpr std::chrono::minutes first_save{5};
  static constexpr std::chrono::hours between_saves{1};
  static constexpr std::size_t most_hostnames = 100'000;  ///< about 10 MB

  struct Parts {
    Database& database;
    const Lookup& lookup;
    const SpopAnswers& answers;
    const base::Clock& clock;
    base::Log& log;
  };
  explicit TrafficWatch(Parts parts) : parts_(parts) {}

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

 private:
  base::asio::awaitable<void> restore();
  void take_samples();
  void count(std::string_view host);
  base::asio::awaitable<void> save();

  Parts parts_;
  TrafficMeter meter_{most_hostnames};
};

}  // namespace agent
