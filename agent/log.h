#pragma once

#include <memory>
#include <string_view>

#include "agent/config/log_format.h"
#include "base/log.h"

namespace spdlog {
class logger;
}

namespace agent {

/// The daemon's log: one line an entry on standard error, by spdlog. Thread-safe.
class DaemonLog final : public base::Log {
 public:
  DaemonLog(base::LogLevel level, LogFormat format);
  ~DaemonLog() override;

  void write(base::LogLevel level,
             std::string_view message,
             std::initializer_list<base::LogField> fields) override;
  /// Entries below it are dropped from now on.
  void set_level(base::LogLevel level);

 private:
  const LogFormat format_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace agent
