#include "agent/issuer/renewal_check.h"

#include <string>

#include <gtest/gtest.h>

namespace agent {
namespace {

using namespace std::chrono_literals;
using Reply = base::Result<acme::Response, acme::Error>;

constexpr base::WallTime issued = std::chrono::sys_days{2030y / 1 / 1};
constexpr base::WallTime now = issued + 24h;
/// Days 60 to 62.
constexpr const char* window = R"({"start":"2030-03-02T00:00:00Z","end":"2030-03-04T00:00:00Z"})";
constexpr base::WallTime window_start = issued + 24h * 60;

Certificate certificate() {
  Certificate result{.id = CertificateId(7)};
  result.not_before = issued;
  result.not_after = issued + 24h * 90;
  return result;
}

Reply reply(const std::string& suggested_window, const std::string& retry_after = "3600") {
  acme::HttpResponse http{
      200, {{"retry-after", retry_after}}, R"({"suggestedWindow":)" + suggested_window + "}"};
  return acme::Response{*acme::Url::parse("https://ca.example/ari/x"), std::move(http)};
}

Reply failure(acme::Errc code) {
  return base::Unexpected(acme::Error{.code = code, .context = {}, .detail = {}});
}

TEST(RenewalCheckOf, AdviceChoosesAMomentInTheWindow) {
  const ConcludedCheck concluded =
      conclude_renewal_check(certificate(), reply(window), now, {.instant = 0.25});
  ASSERT_TRUE(concluded.check.advised);
  EXPECT_EQ(concluded.check.certificate, CertificateId(7));
  EXPECT_EQ(concluded.check.advised->advice,
            (RenewalAdvice{window_start, window_start + 48h, window_start + 12h, ""}));
  EXPECT_EQ(concluded.check.advised->renew_at, window_start + 12h);
  EXPECT_EQ(concluded.error, std::nullopt);
}

TEST(RenewalCheckOf, TheSameWindowKeepsItsMoment) {
  Certificate known = certificate();
  known.advice = {window_start, window_start + 48h, window_start + 7h, "https://ca.example/old"};
  const auto concluded = conclude_renewal_check(known, reply(window), now, {.instant = 0.9});
  EXPECT_EQ(concluded.check.advised->advice.instant, window_start + 7h);
  EXPECT_EQ(concluded.check.advised->advice.explanation_url, "") << "that may change";
}

TEST(RenewalCheckOf, AnotherWindowHasAnotherMoment) {
  Certificate known = certificate();
  known.advice = {window_start, window_start + 24h, window_start + 7h, ""};
  const auto concluded = conclude_renewal_check(known, reply(window), now, {.instant = 0.5});
  EXPECT_EQ(concluded.check.advised->advice.instant, window_start + 24h);
}

TEST(RenewalCheckOf, AWindowInThePastIsDueNow) {
  const Reply revoked = reply(R"({"start":"2030-01-01T23:00:00Z","end":"2030-01-01T23:30:00Z"})");
  const auto concluded = conclude_renewal_check(certificate(), revoked, now, {.instant = 0.5});
  EXPECT_LT(concluded.check.advised->renew_at, now);
}

TEST(RenewalCheckOf, AWindowAfterTheEndLeavesASixthOfTheLifetime) {
  const Reply late = reply(R"({"start":"2031-01-01T00:00:00Z","end":"2031-01-02T00:00:00Z"})");
  const auto concluded = conclude_renewal_check(certificate(), late, now, {});
  EXPECT_EQ(concluded.check.advised->renew_at, issued + 24h * 75);
}

TEST(RenewalCheckOf, AdviceIsAskedForAgainNotBeforeTheAuthorityWantsIt) {
  EXPECT_EQ(conclude_renewal_check(certificate(), reply(window), now, {}).check.next_check,
            now + 1h);
  const auto later = conclude_renewal_check(certificate(), reply(window), now, {0, 0.5});
  EXPECT_EQ(later.check.next_check, now + 63min);
  const auto none = conclude_renewal_check(certificate(), reply(window, "soon"), now, {});
  EXPECT_EQ(none.check.next_check, now + 6h);
}

TEST(RenewalCheckOf, AFailureKeepsWhatIsKnownAndComesBackLaterEachTime) {
  Certificate known = certificate();
  known.failed_checks = 2;
  const auto concluded = conclude_renewal_check(known, failure(acme::Errc::timeout), now, {0.5, 0});
  EXPECT_FALSE(concluded.check.advised);
  EXPECT_EQ(concluded.check.failed_checks, 3U);
  EXPECT_EQ(concluded.check.next_check, now + 4min);
  EXPECT_EQ(concluded.error->code, acme::Errc::timeout);
}

TEST(RenewalCheckOf, ADocumentThatMakesNoSenseIsAFailure) {
  const auto concluded = conclude_renewal_check(certificate(), reply("{}"), now, {});
  EXPECT_FALSE(concluded.check.advised);
  EXPECT_EQ(concluded.error->code, acme::Errc::bad_response);
  EXPECT_EQ(concluded.check.next_check, now + 6h);
}

TEST(RenewalCheckOf, ASuccessForgetsTheFailures) {
  Certificate known = certificate();
  known.failed_checks = 9;
  EXPECT_EQ(conclude_renewal_check(known, reply(window), now, {}).check.failed_checks, 0U);
}

}  // namespace
}  // namespace agent
