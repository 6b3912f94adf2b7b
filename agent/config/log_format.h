#pragma once

namespace agent {

enum class LogFormat {
  logfmt,  ///< `ts=… level=info msg="certificate issued" name=example.org`
  json,    ///< one object a line with the same keys
};

}  // namespace agent
