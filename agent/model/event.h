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
  certificate_installed = 15,       ///< that its owner has brought
  certificate_request_made = 16,    ///< a key and a CSR for its owner
  custom_certificate_expires = 17,  ///< soon; the detail says when
  custom_certificate_expired = 18,
  certificate_exported = 19,  ///< with its private key
  // Of our account at an authority; the subject is the authority's name in the configuration.
  account_registered = 20,    ///< the authority had none of our key; the detail is its URL
  account_lost = 21,          ///< the authority has no account of our key any more
  account_key_changing = 22,  ///< a new key is stored, and is to be the account's
  account_key_changed = 23,   ///< the details of these three have thumbprints
  account_key_kept = 24,      ///< the change was given up; the detail says why
  account_updated = 25,       ///< its contacts
  account_closed = 26,        ///< deactivated or revoked, as the authority says
  revocation_requested = 27,
  certificate_revoked = 28,
  revocation_refused = 29,  ///< the detail has the authority's reason
  hostname_uncovered = 31,  ///< gets a certificate of its own again; the detail is why
  tenant_saved = 32,        ///< the subject is its id
  tenant_removed = 33,
  zone_saved = 34,  ///< the subject is its name
  zone_removed = 35,
  token_saved = 36,  ///< the subject is its name
  token_removed = 37,
  hostname_unused = 38,  ///< not renewed any more; the detail says where it leads
  hostname_used_again = 39,
  // Of a HAProxy process; the subject is the instance's name in the configuration.
  haproxy_connected = 40,  ///< compared with what it should have; the detail has what was found
  haproxy_lost = 41,       ///< not reachable any more, or another process than before
  haproxy_refused = 42,    ///< a change; the detail is HAProxy's reason
  haproxy_jammed = 43,     ///< its certificate lock does not open
  haproxy_reloaded = 44,   ///< by us, because of that
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
  std::string actor{};    ///< who wanted it (Actor::name); empty: the daemon itself

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
