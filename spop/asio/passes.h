#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/asio.h"
#include "spop/asio/pass_size.h"
#include "spop/asio/session.h"
#include "spop/connection.h"

namespace spop {

/// Serves together the sessions that read something in one pass of a worker's reactor, where more
/// than one does. Their look-ups are then made side by side, and each session rests until the end
/// of the next pass before it reads again: by then its peer has mostly sent the next frame, whereas
/// a read at once finds nothing, and costs as much as one that does.
class Passes {
 public:
  /// REQUIRES: both outlive it and its sessions.
  Passes(base::asio::io_context& io, ConnectionEnvironment& environment);

  /// The session has gathered what it read at `now`.
  void on_read(std::shared_ptr<Session> session, base::MonotonicTime now);

 private:
  using Sessions = std::vector<std::shared_ptr<Session>>;

  void answer(base::MonotonicTime now);
  void wait_for_end();
  void end(base::MonotonicTime now);
  static void resume(Sessions& sessions, base::MonotonicTime now);

  base::asio::io_context& io_;
  ConnectionEnvironment& environment_;
  PassSize size_;
  Sessions asking_;        // have gathered what they read in this pass
  Sessions answered_;      // in this pass
  Sessions resting_;       // answered in the pass before
  std::size_t reads_ = 0;  // in this pass, if it is waited for
  bool waiting_ = false;   // for the end of this pass
};

}  // namespace spop
