#pragma once

#include <sys/resource.h>
#include <unistd.h>
#include <vector>

namespace spop_tests {

/// As long as it lives, nobody in this process gets another file descriptor.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    ::rlimit few = before_;
    few.rlim_cur = 256;
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int copy = ::dup(STDERR_FILENO); copy >= 0; copy = ::dup(STDERR_FILENO)) {
      copies_.push_back(copy);
    }
  }
  ~NoMoreDescriptors() {
    for (const int copy : copies_) ::close(copy);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  ::rlimit before_{};
  std::vector<int> copies_;
};

}  // namespace spop_tests
