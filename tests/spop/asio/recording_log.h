#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"

namespace spop_tests {

/// Keeps the messages, without their fields. Thread-safe.
class RecordingLog final : public base::Log {
 public:
  void write(base::LogLevel,
             std::string_view message,
             std::initializer_list<base::LogField>) override {
    const std::lock_guard lock(mutex_);
    messages_.emplace_back(message);
  }
  std::ptrdiff_t count(std::string_view message) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::count(messages_, message);
  }
  bool contains(std::string_view message) const { return count(message) > 0; }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> messages_;  // guarded by mutex_
};

}  // namespace spop_tests
