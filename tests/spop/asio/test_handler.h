#pragma once

#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "spop/handler.h"

namespace spop_tests {

/// Answers message `lookup` with `<host>:<path>` in the variable answer, and nothing else.
class TestHandler : public spop::Handler {
 public:
  void answer(const spop::NotifyView& notify,
              spop::ActionWriter& actions,
              spop::Deferral&) override {
    note_thread();
    for (const spop::MessageView& message : notify.messages) {
      if (message.name != "lookup") continue;
      const auto host = message.argument("host").as_string();
      const auto path = message.argument("path").as_string();
      if (!host || !path) continue;
      const std::string text = std::string(*host) + ":" + std::string(*path);
      actions.set_var(spop::Scope::transaction, "answer", text);
    }
  }

  /// All that have asked.
  std::set<std::thread::id> threads() const {
    const std::lock_guard lock(mutex_);
    return threads_;
  }

 private:
  void note_thread() {
    const std::lock_guard lock(mutex_);
    threads_.insert(std::this_thread::get_id());
  }

  mutable std::mutex mutex_;
  std::set<std::thread::id> threads_;  // guarded by mutex_
};

}  // namespace spop_tests
