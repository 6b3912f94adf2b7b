#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "acme/types.h"

namespace acme {

/// What went wrong. The numbers are stored with orders: never renumber, only add.
enum class Errc {
  // Problem types: `urn:ietf:params:acme:error:` and the name (RFC 8555 §6.7, RFC 9773 §7.4 and the
  // profiles draft). They come as a reply, as an order's error or as a challenge's error.
  account_does_not_exist = 1,
  agreement_required = 2,  ///< Pebble only
  already_replaced = 3,
  already_revoked = 4,
  bad_csr = 5,
  bad_nonce = 6,
  bad_public_key = 7,
  bad_revocation_reason = 8,
  bad_signature_algorithm = 9,
  caa = 10,
  compound = 11,
  conflict = 12,  ///< Boulder only
  connection = 13,
  dns = 14,
  external_account_required = 15,
  incorrect_response = 16,
  invalid_contact = 17,
  invalid_profile = 18,
  malformed = 19,
  order_not_ready = 20,
  rate_limited = 21,
  rejected_identifier = 22,
  server_internal = 23,
  tls = 24,
  unauthorized = 25,
  unsupported_contact = 26,
  unsupported_identifier = 27,
  user_action_required = 28,
  /// An error reply whose type we do not know, or without a problem document (a proxy's HTML, an
  /// empty 404). Error::http_status decides.
  unknown_problem = 29,

  // Transport: no reply that could be judged. Whether the request was carried out is unknown.
  connection_failed = 100,  ///< name resolution, TCP, or the connection broke before the reply
  timeout = 101,            ///< no whole reply in time
  tls_failed = 102,         ///< handshake failed or the server's certificate is not trusted
  bad_response = 103,  ///< a reply that breaks HTTP or ACME: not JSON, a member missing, too big
  cancelled = 104,     ///< we are stopping; nothing is wrong

  // Ours.
  no_usable_challenge = 200,  ///< the authority offers no challenge type that the policy allows
  present_failed = 201,       ///< our side could not publish the answer to a challenge
  key_generation_failed = 202,
  bad_certificate = 203,     ///< the downloaded chain is not what was ordered (RFC 8555 §7.4.2)
  authorization_lost = 204,  ///< expired, revoked or deactivated, without a problem document
  order_lost = 205,          ///< the order is gone or invalid, without a problem document
  order_overdue = 206,       ///< the authority did not finish in our time; the order may still live
  no_renewal_info = 207,     ///< the authority's directory has no renewalInfo
};

const std::error_category& category() noexcept;
inline std::error_code make_error_code(Errc e) noexcept {
  return {static_cast<int>(e), category()};
}

/// Where an Error was met; `unauthorized` means one thing as a reply and another in a challenge.
enum class Origin {
  request = 1,    ///< the reply to a request of ours, or its absence
  order = 2,      ///< an order's `error`
  challenge = 3,  ///< the `error` of a challenge: the name's fault
  local = 4,      ///< this side: keys, publishing, checking a certificate
};

/// The cause for one identifier (RFC 8555 §6.7.1).
struct Subproblem {
  std::optional<Identifier> identifier;  ///< none if the authority names none that we understand
  Errc code;
  std::string detail;  ///< the authority's words: printable, at most 1 KiB
  friend bool operator==(const Subproblem&, const Subproblem&) = default;
};

/// A code for machines, sentences for people, causes per identifier, and when to come back. A value
/// that can be stored.
struct Error {
  Errc code;
  Origin origin = Origin::request;
  std::string context;  ///< what we were doing, e.g. `order https://…/1: finalize`; may be empty
  std::string detail;   ///< the peer's words or ours: printable, at most 1 KiB; may be empty
  std::optional<std::chrono::seconds> retry_after = {};  ///< from the time of the reply; ≥ 0
  std::vector<Subproblem> subproblems = {};              ///< at most 200
  int http_status = 0;                                   ///< 0 without a reply
  std::string instance = {};  ///< a URL for people to visit (RFC 8555 §7.3.3); may be empty
  friend bool operator==(const Error&, const Error&) = default;
};

/// `order <url>: finalize: <what the code means>: <detail>`, and the subproblems in brackets.
std::string describe(const Error& error);

/// The same error with `context + ": "` before its context.
Error with_context(std::string_view context, Error error);

}  // namespace acme

template <>
struct std::is_error_code_enum<acme::Errc> : std::true_type {};
