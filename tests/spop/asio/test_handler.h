#pragma once

#include <string>

#include "spop/handler.h"

namespace spop_tests {

/// Answers message `lookup` with `<host>:<path>` in the variable answer, and nothing else.
class TestHandler : public spop::Handler {
 public:
  void answer(const spop::NotifyView& notify,
              spop::ActionWriter& actions,
              spop::Deferral&) override {
    for (const spop::MessageView& message : notify.messages) {
      if (message.name != "lookup") continue;
      const auto host = message.argument("host").as_string();
      const auto path = message.argument("path").as_string();
      if (!host || !path) continue;
      const std::string text = std::string(*host) + ":" + std::string(*path);
      actions.set_var(spop::Scope::transaction, "answer", text);
    }
  }
};

}  // namespace spop_tests
