#pragma once

#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/asio.h"
#include "spop/ticket.h"

namespace spop {

/// One worker's completed tickets: any thread puts them in, the worker is woken once and takes all.
/// Tickets own it, so it may outlive the worker. Thread-safe.
class Inbox final : public TicketSink {
 public:
  struct Completion {
    TicketId id;
    std::vector<std::byte> actions;
  };

  /// `wake` runs on `io` after something was put in. REQUIRES: both live until close().
  Inbox(base::asio::io_context& io, std::function<void()> wake)
      : io_(&io), wake_(std::move(wake)) {}

  void complete(TicketId id, std::span<const std::byte> actions) override {
    const std::lock_guard lock(mutex_);
    if (io_ == nullptr) return;
    if (completions_.empty()) base::asio::post(*io_, wake_);
    completions_.push_back({id, {actions.begin(), actions.end()}});
  }

  std::vector<Completion> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(completions_, {});
  }

  /// From now on completions are dropped.
  void close() {
    const std::lock_guard lock(mutex_);
    io_ = nullptr;
    completions_.clear();
  }

 private:
  std::mutex mutex_;
  base::asio::io_context* io_;  // guarded by mutex_
  const std::function<void()> wake_;
  std::vector<Completion> completions_;  // guarded by mutex_
};

}  // namespace spop
