#include "agent/issuer/renewal_check.h"

#include <cmath>
#include <utility>

#include "acme/http_client.h"
#include "acme/renewal_info.h"
#include "acme/retry_after.h"
#include "agent/planner/renewal_time.h"

namespace agent {
namespace {

using Reply = base::Result<acme::Response, acme::Error>;

base::Result<acme::RenewalInfo, acme::Error> info_of(const Reply& reply) {
  if (!reply) return base::Unexpected(reply.error());
  return acme::parse_renewal_info(reply->http.body);
}

RenewalAdvice advice_of(const Certificate& certificate,
                        const acme::RenewalInfo& info,
                        double jitter) {
  const std::optional<RenewalAdvice>& known = certificate.advice;
  const bool is_same = known && known->window_start == info.start && known->window_end == info.end;
  const base::WallTime instant = is_same ? known->instant : acme::renewal_instant(info, jitter);
  return {info.start, info.end, instant, info.explanation_url};
}

/// Up to a tenth after `delay`.
base::WallTime later(base::WallTime now, std::chrono::milliseconds delay, double jitter) {
  const double factor = 1 + jitter / 10;
  return now + std::chrono::milliseconds(std::llround(factor * static_cast<double>(delay.count())));
}

}  // namespace

ConcludedCheck conclude_renewal_check(const Certificate& certificate,
                                      const Reply& reply,
                                      base::WallTime now,
                                      RenewalJitter jitter) {
  ConcludedCheck concluded{{.certificate = certificate.id}};
  RenewalCheck& check = concluded.check;
  base::Result<acme::RenewalInfo, acme::Error> info = info_of(reply);
  if (!info) {
    check.failed_checks = certificate.failed_checks + 1;
    const auto delay =
        acme::renewal_check_backoff(info.error(), static_cast<int>(check.failed_checks));
    check.next_check = later(now, delay, jitter.next_check);
    concluded.error = std::move(info).error();
    return concluded;
  }
  const auto retry_after =
      acme::parse_retry_after(acme::find_header(reply->http, "retry-after"), now);
  check.next_check = later(now, acme::renewal_check_delay(retry_after), jitter.next_check);
  RenewalAdvice advice = advice_of(certificate, *info, jitter.instant);
  const base::WallTime renew_at =
      renewal_time_by_advice(certificate.not_before, certificate.not_after, advice.instant);
  check.advised = RenewalCheck::Advised{std::move(advice), renew_at};
  return concluded;
}

}  // namespace agent
