#pragma once

#include <optional>

#include "acme/error.h"
#include "acme/request.h"
#include "agent/model/certificate.h"
#include "agent/store/store.h"
#include "base/clock.h"
#include "base/result.h"

namespace agent {

/// Numbers uniform in [0, 1): where in a new window, and how much later to look again.
struct RenewalJitter {
  double instant = 0;
  double next_check = 0;
};

/// What is to be stored of a look at a certificate's renewal info, and why it brought no advice.
struct ConcludedCheck {
  RenewalCheck check;
  std::optional<acme::Error> error = std::nullopt;
};

/// What the reply to Client::fetch_renewal_info() means. With advice the moment in the window is
/// kept as long as the window is the same (RFC 9773 §4.2), and renew_at is
/// renewal_time_by_advice(); the next look is when the authority says, or up to 10 % later, so that
/// many do not come together. A failure leaves what is known, and the next look is later each time.
/// Pure.
ConcludedCheck conclude_renewal_check(const Certificate& certificate,
                                      const base::Result<acme::Response, acme::Error>& reply,
                                      base::WallTime now,
                                      RenewalJitter jitter);

}  // namespace agent
