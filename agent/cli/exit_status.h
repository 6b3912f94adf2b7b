#pragma once

namespace agent {

/// How a command ends; documented in its help and in docs/operations.md, hence stable.
enum class ExitStatus {
  ok = 0,
  wrong_input = 1,  ///< a configuration, a hostname or another value; what `serve` cannot work with
  usage = 2,        ///< the command line itself
  unreachable = 3,  ///< no daemon answers on the admin socket
  failed = 4,       ///< the daemon could not do it, or --wait came to its end
};

}  // namespace agent
