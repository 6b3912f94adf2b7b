#include "acme/renewal_info.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "acme/json.h"
#include "acme/problem.h"
#include "acme/timestamp.h"
#include "base/encoding.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds shortest_check_delay = minutes(1);
constexpr seconds longest_check_delay = hours(24);
constexpr seconds usual_check_delay = hours(6);
constexpr std::size_t max_explanation = 1024;

seconds clamped(seconds retry_after) {
  return std::clamp(retry_after, shortest_check_delay, longest_check_delay);
}

/// A serial's digits as DER has them: a leading 00 keeps the number positive.
std::vector<std::byte> integer_content(std::vector<std::byte> magnitude) {
  const bool looks_negative =
      !magnitude.empty() && (magnitude.front() & std::byte{0x80}) != std::byte{0};
  if (looks_negative) magnitude.insert(magnitude.begin(), std::byte{0});
  return magnitude;
}

/// Whether another try soon may go better (RFC 9773 §4.3.3).
bool is_passing(Errc code) {
  return code == Errc::connection_failed || code == Errc::timeout ||
         code == Errc::server_internal || code == Errc::rate_limited;
}

std::string explanation_of(const Json& info) {
  const std::optional<Url> url = Url::parse(info.string("explanationURL").value_or(""));
  return url && url->text().size() <= max_explanation ? url->text() : std::string();
}

}  // namespace

std::optional<CertId> cert_id(const CertificateInfo& certificate) {
  const auto key_id = base::decode_hex(certificate.authority_key_id);
  const auto serial = base::decode_hex(certificate.serial);
  if (!key_id || key_id->empty() || !serial || serial->empty()) return std::nullopt;
  return CertId(base::encode_base64url(*key_id) + "." +
                base::encode_base64url(integer_content(*serial)));
}

base::Result<RenewalInfo, Error> parse_renewal_info(std::string_view json) {
  const std::optional<Json> object = Json::parse_object(json);
  if (!object) return base::Unexpected(bad_response("the renewal info is no JSON object"));
  const std::optional<Json> window = object->object("suggestedWindow");
  if (!window) return base::Unexpected(bad_response("the renewal info has no suggestedWindow"));
  const auto start = parse_timestamp(window->string("start").value_or(""));
  const auto end = parse_timestamp(window->string("end").value_or(""));
  if (!start || !end) {
    return base::Unexpected(bad_response("the suggestedWindow has no start and end"));
  }
  if (*end <= *start) {
    return base::Unexpected(bad_response("the suggestedWindow does not end after its start"));
  }
  return RenewalInfo{*start, *end, explanation_of(*object)};
}

base::WallTime renewal_instant(const RenewalInfo& info, double jitter) {
  const auto width = static_cast<double>((info.end - info.start).count());
  return info.start + milliseconds(std::llround(jitter * width));
}

seconds renewal_check_delay(std::optional<seconds> retry_after) {
  return retry_after ? clamped(*retry_after) : usual_check_delay;
}

seconds renewal_check_backoff(const Error& error, int failures_in_a_row) {
  if (error.retry_after) return clamped(*error.retry_after);
  if (!is_passing(error.code)) return usual_check_delay;
  seconds delay = shortest_check_delay;
  for (int i = 1; i < failures_in_a_row && delay < usual_check_delay; ++i) delay *= 2;
  return std::min(delay, usual_check_delay);
}

}  // namespace acme
