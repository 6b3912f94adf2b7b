#pragma once

#include <chrono>
#include <functional>

#include "tests/fake_ca/faults.h"

namespace fake_ca {

/// What a test may ask and change while the authority runs, as plain HTTP with JSON:
///
///     GET  /roots/N, /intermediates/N   PEM of chain N
///     GET  /statistics                  counts
///     GET  /certificates                serial, certID, names, dates, revocation
///     POST /options                     changes what it names (apply_options())
///     POST /faults                      an array of rules in place of all former ones
///     POST /renewal-window              {"cert_id" or "serial" or "name", "start_in_seconds",
///                                        "end_in_seconds", "explanation_url"}; no start: as
///                                        Boulder
///     POST /clock                       {"advance_seconds": n}
///     POST /forget                      {"what": "accounts" | "orders" | "nonces" | "limits"}
///     POST /deactivate-accounts
///     POST /unpause
///
/// A mistake is a 400 with a sentence. `advance_clock` moves the authority's clock.
Reply manage(Ca& ca,
             FaultPlan& faults,
             const std::function<void(std::chrono::milliseconds)>& advance_clock,
             const Request& request);

}  // namespace fake_ca
