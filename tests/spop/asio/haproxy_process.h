#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "tests/spop/asio/temporary_folder.h"

namespace spop_tests {

/// A real HAProxy in front of one agent. Requests to it ask the agent through an event:
/// message `lookup` with the arguments host and path; the response's headers show the variables
/// txn.test.answer and txn.test.error.
class HaproxyProcess {
 public:
  /// `agent` is an address as HAProxy spells it. Throws if HAProxy cannot be started.
  explicit HaproxyProcess(const std::string& agent, int threads = 2);
  ~HaproxyProcess();
  HaproxyProcess(const HaproxyProcess&) = delete;
  HaproxyProcess& operator=(const HaproxyProcess&) = delete;

  /// The whole response to a GET on a connection of its own.
  std::string get(std::string_view host, std::string_view path) const;
  /// The answer to one command of the runtime API.
  std::string command(const std::string& line) const;
  /// Lets running requests end, then the process.
  void stop_softly();

 private:
  TemporaryFolder folder_;
  std::uint16_t port_ = 0;
  ::pid_t pid_ = -1;
};

/// Whether this machine has one to test with.
bool is_haproxy_installed();

}  // namespace spop_tests
