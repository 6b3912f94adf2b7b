#include "acme/retry_advice.h"

#include <algorithm>
#include <array>

namespace acme {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds first_server_delay{5};
constexpr seconds longest_server_delay = minutes(15);
/// Let's Encrypt's longest limit is a week.
constexpr seconds longest_wait = days(7);
constexpr auto elsewhere = Advice::Elsewhere::worth_trying;
constexpr auto nowhere_else = Advice::Elsewhere::useless;
constexpr auto alarm = Advice::Alarm::operator_needed;

bool contains(const Error& error, std::string_view words) {
  return error.detail.find(words) != std::string::npos;
}

/// The authority's Retry-After, or our own idea.
seconds delay_of(const Error& error, seconds otherwise) {
  return error.retry_after ? std::clamp(*error.retry_after, seconds(1), longest_wait) : otherwise;
}

Advice wait_advice(const Error& error, RetryScope scope, seconds otherwise) {
  return {RetryAction::wait, scope, delay_of(error, otherwise), elsewhere};
}

Advice server_advice(const Error& error) {
  return {
      RetryAction::server, RetryScope::authority, delay_of(error, first_server_delay), elsewhere};
}

Advice reread_advice(const Error& error, seconds otherwise) {
  return {RetryAction::reread, RetryScope::order, delay_of(error, otherwise)};
}

Advice backoff_advice() {
  return {RetryAction::backoff, RetryScope::identifiers, identifier_backoff(1)};
}

/// We or the authority have a fault that time alone will hardly mend.
Advice loud_backoff_advice(seconds delay) {
  return {RetryAction::backoff, RetryScope::identifiers, delay, elsewhere, alarm};
}

Advice park_advice(RetryScope scope, Advice::Elsewhere where, Advice::Alarm loudness) {
  return {RetryAction::park, scope, days(1), where, loudness};
}

/// What one authority's policy or the names' CAA records forbid, another may be allowed to do.
Advice switch_advice() {
  return {RetryAction::switch_authority, RetryScope::identifiers, days(1), elsewhere};
}

Advice park_authority() {
  return park_advice(RetryScope::authority, elsewhere, alarm);
}

/// Boulder's words; other authorities word it otherwise, and what we do not know counts for the
/// whole account.
RetryScope limit_scope(const Error& error) {
  if (contains(error, "exact set")) return RetryScope::identifiers;
  if (contains(error, "failed authorizations")) return RetryScope::identifiers;
  if (contains(error, "too many certificates")) return RetryScope::registered_domain;
  return RetryScope::account;
}

Advice rate_limit_advice(const Error& error) {
  if (!error.retry_after && contains(error, "paused")) {
    return park_advice(RetryScope::identifiers, elsewhere, alarm);
  }
  return wait_advice(error, limit_scope(error), minutes(10));
}

/// A CAA record that could not be looked up may be looked up later; one that forbids will stay.
Advice caa_advice(const Error& error) {
  for (const std::string_view sign :
       {"DNS problem", "SERVFAIL", "timed out", "timeout", "lookup"}) {
    if (contains(error, sign)) return backoff_advice();
  }
  return switch_advice();
}

Advice malformed_advice(const Error& error) {
  const bool gone = error.http_status == 404 || error.http_status == 410;
  if (gone) return {RetryAction::new_order, RetryScope::order};
  return loud_backoff_advice(days(1));
}

/// No type we know: the status decides.
Advice unknown_advice(const Error& error) {
  const int status = error.http_status;
  if (status == 404 || status == 410) return {RetryAction::new_order, RetryScope::order};
  // A redirect is a proxy's or a captive portal's: ACME has none.
  if (status / 100 == 3 || status == 408) return server_advice(error);
  return backoff_advice();
}

Advice rejected_advice(const Error& error) {
  if (!error.subproblems.empty()) return {RetryAction::split, RetryScope::identifiers};
  return switch_advice();
}

Advice compound_advice(const Error& error) {
  if (error.subproblems.empty()) return backoff_advice();
  return {RetryAction::split, RetryScope::identifiers};
}

Advice unauthorized_advice(const Error& error) {
  if (error.origin != Origin::request) return backoff_advice();
  return {RetryAction::check_account, RetryScope::account, hours(1), elsewhere, alarm};
}

}  // namespace

Advice retry_advice(const Error& error) {
  switch (error.code) {
    case Errc::account_does_not_exist:
      return {RetryAction::check_account, RetryScope::account, minutes(30), elsewhere, alarm};
    case Errc::agreement_required:
    case Errc::bad_public_key:
    case Errc::bad_signature_algorithm:
    case Errc::external_account_required:
    case Errc::invalid_contact:
    case Errc::invalid_profile:
    case Errc::unsupported_contact:
    case Errc::user_action_required: return park_authority();
    case Errc::already_replaced:
    case Errc::cancelled: return {RetryAction::now, RetryScope::order};
    case Errc::already_revoked: return {RetryAction::accept, RetryScope::order};
    case Errc::bad_csr: return {RetryAction::new_key, RetryScope::order};
    case Errc::bad_revocation_reason: return park_advice(RetryScope::order, nowhere_else, alarm);
    case Errc::caa: return caa_advice(error);
    case Errc::compound: return compound_advice(error);
    case Errc::conflict: return reread_advice(error, seconds(5));
    case Errc::order_not_ready: return reread_advice(error, seconds(1));
    case Errc::authorization_lost:
    case Errc::connection:
    case Errc::dns:
    case Errc::incorrect_response:
    case Errc::order_lost:
    case Errc::tls: return backoff_advice();
    case Errc::malformed: return malformed_advice(error);
    case Errc::rate_limited: return rate_limit_advice(error);
    case Errc::rejected_identifier: return rejected_advice(error);
    case Errc::unauthorized: return unauthorized_advice(error);
    case Errc::unknown_problem: return unknown_advice(error);
    case Errc::unsupported_identifier: return switch_advice();
    case Errc::bad_nonce:  // the client has tried it five times over
    case Errc::bad_response:
    case Errc::connection_failed:
    case Errc::server_internal:
    case Errc::timeout:
    case Errc::tls_failed: return server_advice(error);
    case Errc::no_usable_challenge:
      return park_advice(RetryScope::identifiers, nowhere_else, alarm);
    case Errc::no_renewal_info:
      return park_advice(RetryScope::identifiers, nowhere_else, Advice::Alarm::none);
    case Errc::bad_certificate: return loud_backoff_advice(hours(1));
    case Errc::key_generation_failed:
    case Errc::present_failed: return loud_backoff_advice(identifier_backoff(1));
    case Errc::order_overdue: return wait_advice(error, RetryScope::order, minutes(1));
  }
  return backoff_advice();
}

Advice retry_advice(const Subproblem& subproblem, Origin origin) {
  return retry_advice(
      Error{.code = subproblem.code, .origin = origin, .context = {}, .detail = subproblem.detail});
}

seconds server_backoff(int faults_in_a_row) {
  seconds delay = first_server_delay;
  for (int i = 1; i < faults_in_a_row && delay < longest_server_delay; ++i) delay *= 2;
  return std::min(delay, longest_server_delay);
}

seconds identifier_backoff(int failures_in_a_row) {
  constexpr std::array<seconds, 4> steps = {minutes(1), minutes(10), minutes(100), days(1)};
  const int last = static_cast<int>(steps.size()) - 1;
  return steps.at(static_cast<std::size_t>(std::clamp(failures_in_a_row - 1, 0, last)));
}

std::string_view name_of(RetryAction action) {
  switch (action) {
    case RetryAction::now: return "now";
    case RetryAction::reread: return "reread";
    case RetryAction::wait: return "wait";
    case RetryAction::server: return "server";
    case RetryAction::backoff: return "backoff";
    case RetryAction::split: return "split";
    case RetryAction::park: return "park";
    case RetryAction::switch_authority: return "switch";
    case RetryAction::new_order: return "new_order";
    case RetryAction::new_key: return "new_key";
    case RetryAction::check_account: return "check_account";
    case RetryAction::accept: return "accept";
  }
  return {};
}

}  // namespace acme
