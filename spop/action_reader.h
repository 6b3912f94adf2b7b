#pragma once

#include <optional>
#include <span>

#include "spop/action.h"
#include "spop/reader.h"

namespace spop {

/// The payload of an ACK as HAProxy reads it: actions until the payload ends (SPOE.txt §3.4). Views
/// are of the payload.
class ActionReader {
 public:
  explicit ActionReader(std::span<const std::byte> payload) : reader_(payload) {}

  /// The next action; nullopt at the end, and after a failure.
  std::optional<ActionView> next();

  /// An action was cut off, or its type, number of arguments or scope is unknown. HAProxy applies
  /// the actions before it and says nothing.
  bool failed() const { return bad_action_ || reader_.failed(); }

 private:
  Reader reader_;
  bool bad_action_ = false;
};

}  // namespace spop
