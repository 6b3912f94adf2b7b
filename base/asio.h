#pragma once

// The only way to Boost.Asio: Boost 1.74's awaitable.hpp uses std::exchange and forgets <utility>.
#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/log.h"

namespace base {

namespace asio = boost::asio;

/// Completion token of an awaited operation that reports into `ec` instead of throwing.
inline auto into(boost::system::error_code& ec) {
  return asio::redirect_error(asio::use_awaitable, ec);
}

/// Completion handler for co_spawn: an exception that leaves a coroutine is a bug; it is logged and
/// ends that coroutine only. `what` names the coroutine and must be a literal. The log must outlive
/// it.
class LogFailure {
 public:
  LogFailure(Log& log, const char* what) : log_(&log), what_(what) {}
  void operator()(const std::exception_ptr& failure) const;

 private:
  Log* log_;
  const char* what_;
};

inline LogFailure log_failure(Log& log, const char* what) {
  return {log, what};
}

inline void LogFailure::operator()(const std::exception_ptr& failure) const {
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    log_->error("coroutine failed", {{"coroutine", what_}, {"error", e.what()}});
  }
}

}  // namespace base
