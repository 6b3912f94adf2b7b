#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace agent {

/// What happened. The numbers are stored.
enum class EventKind {
  hostname_added = 1,
  hostname_updated = 2,
  hostname_removed = 3,
  renewal_requested = 4,
  order_created = 5,
  order_failed = 6,
  certificate_issued = 7,
  certificate_replaced = 8,  ///< the old one; the detail keeps its serial
  certificate_served = 9,
  certificate_retired = 10,
  certificate_forgotten = 11,
  account_saved = 12,
  renewal_moved = 13,    ///< the authority advises another time; the detail has window and reason
  order_abandoned = 14,  ///< without a failure: nobody can go on with it
};

/// The enumerator with blanks for underscores: `certificate issued`.
std::string_view to_string(EventKind kind);

/// One line of the history that people read.
struct Event {
  std::int64_t sequence = 0;  ///< grows; gaps are possible
  base::WallTime at{};
  EventKind kind = EventKind::hostname_added;
  std::string subject{};  ///< the hostname, or the authority of an account
  std::string detail{};   ///< a sentence or `key=value` pairs; may be empty

  friend bool operator==(const Event&, const Event&) = default;
};

/// What the key of a Change names. The numbers are stored.
enum class ChangeKind {
  hostname = 1,     ///< a hostname was added, changed or removed; the key is its name
  certificate = 2,  ///< a certificate came, went or changed state; the key is its id
};

/// One step of the feed that says what to read again; it does not say what changed in it.
struct Change {
  std::int64_t sequence = 0;  ///< grows; gaps are possible
  ChangeKind kind = ChangeKind::hostname;
  std::string key{};

  friend bool operator==(const Change&, const Change&) = default;
};

}  // namespace agent
