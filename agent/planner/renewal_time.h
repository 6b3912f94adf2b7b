#pragma once

#include "base/clock.h"

namespace agent {

/// When to renew a certificate whose authority gives no advice (RFC 9773 apart): at 2/3 of its
/// lifetime, at 1/2 if that is below ten days, moved by up to 1/12 of the lifetime to either side,
/// so that certificates issued together do not renew together: 90 days give a window of 15 days,
/// from day 52.5 to day 67.5. Hence at least 1/4 of the lifetime is left, and never less than the
/// 1/6 that retries need. `jitter` is uniform in [0, 1).
base::WallTime renewal_time(base::WallTime not_before, base::WallTime not_after, double jitter);

/// When to renew a certificate whose authority advises `instant` (RFC 9773 §4.2): then, within two
/// bounds against an authority that is wrong. Not later than with 1/6 of the lifetime left: retries
/// need that. Not before 1/24 of it has passed, or seven hours if that is less: advice that is
/// always in the past would else have us order the same certificate without end.
base::WallTime renewal_time_by_advice(base::WallTime not_before,
                                      base::WallTime not_after,
                                      base::WallTime instant);

}  // namespace agent
