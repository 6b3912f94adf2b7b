#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "agent/api/store_access.h"
#include "agent/model/event.h"
#include "base/asio.h"

namespace agent {

/// `id`, `event` and `data` lines of one event, and the blank line that ends it (the event stream
/// format, HTML standard §9.2.6).
std::string to_stream_text(const Event& event);

/// The history as server-sent events, from the one after `after` on. Control thread only; the store
/// outlives it.
class EventStream {
 public:
  static constexpr std::chrono::milliseconds interval{500};  ///< between two looks
  static constexpr std::chrono::seconds silence{15};         ///< before a comment is sent

  EventStream(StoreAccess& store, std::int64_t after, std::string subject)
      : store_(store), after_(after), subject_(std::move(subject)) {}

  /// The events that came since, at most a page of them. Without any: empty after `interval`, or a
  /// comment once nothing was sent for `silence`, so that proxies keep the connection and we notice
  /// that the client has gone. The database being away is silence.
  base::asio::awaitable<std::string> next();

 private:
  StoreAccess& store_;
  std::int64_t after_;
  const std::string subject_;
  std::chrono::milliseconds silent_{0};
};

}  // namespace agent
