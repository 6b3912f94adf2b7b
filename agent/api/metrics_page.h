#pragma once

#include <optional>
#include <string>

#include "agent/api/figures.h"
#include "agent/api/metrics.h"
#include "agent/api/store_access.h"
#include "base/asio.h"
#include "base/clock.h"

namespace agent {

/// What `/metrics` answers: brings together what was counted, what the components say and what is
/// in the store. A database that is away costs its own figures only. Control thread only; what the
/// references name outlives it.
class MetricsPage {
 public:
  MetricsPage(Metrics& metrics,
              const FigureSource& source,
              StoreAccess& store,
              const base::Clock& clock)
      : metrics_(metrics), source_(source), store_(store), clock_(clock) {}

  base::asio::awaitable<std::string> text();

 private:
  base::asio::awaitable<void> count_certificates();

  Metrics& metrics_;
  const FigureSource& source_;
  StoreAccess& store_;
  const base::Clock& clock_;
  std::optional<ExpiryCounts> certificates_;  ///< as of counted_at_
  base::MonotonicTime counted_at_{};
  bool counting_ = false;
};

}  // namespace agent
