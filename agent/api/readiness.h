#pragma once

#include <string>
#include <vector>

namespace agent {

/// Knows whether the daemon can do its work now. Called on the control thread.
class Readiness {
 public:
  /// Why not, a sentence each; empty if it is ready.
  virtual std::vector<std::string> reasons_not_ready() const = 0;

 protected:
  ~Readiness() = default;
};

}  // namespace agent
