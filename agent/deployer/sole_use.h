#pragma once

#include <string_view>

namespace agent {

/// The claim that no other acme-spoa of this machine uses something: a name in Linux's abstract
/// socket namespace, which the kernel frees when the process ends, however it ends. Another network
/// namespace or machine does not see it.
class SoleUse {
 public:
  SoleUse() = default;
  ~SoleUse();
  SoleUse(const SoleUse&) = delete;
  SoleUse& operator=(const SoleUse&) = delete;

  /// True if `what` is ours now or was before. Names longer than a socket's are told apart by a
  /// hash.
  bool claim(std::string_view what);

 private:
  int fd_ = -1;
};

}  // namespace agent
