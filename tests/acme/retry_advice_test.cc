#include "acme/retry_advice.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto elsewhere = Advice::Elsewhere::worth_trying;
constexpr auto nowhere_else = Advice::Elsewhere::useless;
constexpr auto quiet = Advice::Alarm::none;
constexpr auto alarm = Advice::Alarm::operator_needed;

struct Row {
  std::string name;
  Error error;
  Advice advice;
};

Error refusal(Errc code, int status, std::string detail = {}) {
  return {.code = code, .context = {}, .detail = std::move(detail), .http_status = status};
}
Error refusal_until(Errc code, int status, seconds retry_after, std::string detail = {}) {
  return {.code = code,
          .context = {},
          .detail = std::move(detail),
          .retry_after = retry_after,
          .http_status = status};
}
Error of(Origin origin, Errc code, std::string detail = {}) {
  return {.code = code, .origin = origin, .context = {}, .detail = std::move(detail)};
}
Error with_cause(Error error) {
  error.subproblems.push_back({std::nullopt, Errc::dns, ""});
  return error;
}

class RetryAdvice : public testing::TestWithParam<Row> {};

TEST_P(RetryAdvice, IsThatOfTheTable) {
  const Advice advice = retry_advice(GetParam().error);
  EXPECT_EQ(name_of(advice.action), name_of(GetParam().advice.action));
  EXPECT_EQ(advice.scope, GetParam().advice.scope);
  EXPECT_EQ(advice.delay, GetParam().advice.delay);
  EXPECT_EQ(advice.elsewhere, GetParam().advice.elsewhere);
  EXPECT_EQ(advice.alarm, GetParam().advice.alarm);
}

const Advice back_off{RetryAction::backoff, RetryScope::identifiers, minutes(1)};
const Advice server{RetryAction::server, RetryScope::authority, seconds(5), elsewhere};
const Advice park_authority{RetryAction::park, RetryScope::authority, days(1), elsewhere, alarm};
const Advice switch_names{
    RetryAction::switch_authority, RetryScope::identifiers, days(1), elsewhere, quiet};

INSTANTIATE_TEST_SUITE_P(
    Requests,
    RetryAdvice,
    testing::Values(
        Row{"bad_nonce", refusal(Errc::bad_nonce, 400), server},
        Row{"rate_limit_orders",
            refusal_until(Errc::rate_limited,
                          429,
                          seconds(36),
                          "too many new orders (300) from this account in the last 3h0m0s"),
            {RetryAction::wait, RetryScope::account, seconds(36), elsewhere}},
        Row{"rate_limit_domain",
            refusal_until(Errc::rate_limited,
                          429,
                          hours(3),
                          "too many certificates (50) already issued for \"example.com\" in"),
            {RetryAction::wait, RetryScope::registered_domain, hours(3), elsewhere}},
        Row{"rate_limit_exact_set",
            refusal_until(Errc::rate_limited,
                          429,
                          hours(34),
                          "too many certificates (5) already issued for this exact set of"),
            {RetryAction::wait, RetryScope::identifiers, hours(34), elsewhere}},
        Row{"rate_limit_failures",
            refusal_until(
                Errc::rate_limited,
                429,
                minutes(12),
                "too many failed authorizations (5) for \"a.example\" in the last 1h0m0s"),
            {RetryAction::wait, RetryScope::identifiers, minutes(12), elsewhere}},
        Row{"rate_limit_in_other_words",
            refusal_until(Errc::rate_limited, 429, minutes(7), "slow down"),
            {RetryAction::wait, RetryScope::account, minutes(7), elsewhere}},
        Row{"rate_limit_without_time",
            refusal(Errc::rate_limited, 429),
            {RetryAction::wait, RetryScope::account, minutes(10), elsewhere}},
        Row{"rate_limit_for_ever",
            refusal_until(Errc::rate_limited, 429, days(300)),
            {RetryAction::wait, RetryScope::account, days(7), elsewhere}},
        Row{"paused",
            refusal(Errc::rate_limited,
                    429,
                    "Your account is temporarily prevented from requesting certificates: these "
                    "names are paused, visit https://portal.example"),
            {RetryAction::park, RetryScope::identifiers, days(1), elsewhere, alarm}},
        Row{"server_internal", refusal(Errc::server_internal, 500), server},
        Row{"server_internal_until",
            refusal_until(Errc::server_internal, 500, seconds(60)),
            {RetryAction::server, RetryScope::authority, seconds(60), elsewhere}},
        Row{"server_retry_after_zero",
            refusal_until(Errc::server_internal, 503, seconds(0)),
            {RetryAction::server, RetryScope::authority, seconds(1), elsewhere}},
        Row{"connection_failed", refusal(Errc::connection_failed, 0), server},
        Row{"timeout", refusal(Errc::timeout, 0), server},
        Row{"tls_failed", refusal(Errc::tls_failed, 0), server},
        Row{"bad_response", refusal(Errc::bad_response, 200), server},
        Row{"account_does_not_exist",
            refusal(Errc::account_does_not_exist, 400),
            {RetryAction::check_account, RetryScope::account, minutes(30), elsewhere, alarm}},
        Row{"unauthorized",
            refusal(Errc::unauthorized, 403),
            {RetryAction::check_account, RetryScope::account, hours(1), elsewhere, alarm}},
        Row{"external_account_required",
            refusal(Errc::external_account_required, 403),
            park_authority},
        Row{"user_action_required", refusal(Errc::user_action_required, 403), park_authority},
        Row{"agreement_required", refusal(Errc::agreement_required, 403), park_authority},
        Row{"bad_signature_algorithm", refusal(Errc::bad_signature_algorithm, 400), park_authority},
        Row{"bad_public_key", refusal(Errc::bad_public_key, 400), park_authority},
        Row{"malformed",
            refusal(Errc::malformed, 400),
            {RetryAction::backoff, RetryScope::identifiers, days(1), elsewhere, alarm}},
        Row{"malformed_405",
            refusal(Errc::malformed, 405),
            {RetryAction::backoff, RetryScope::identifiers, days(1), elsewhere, alarm}},
        Row{"malformed_404",
            refusal(Errc::malformed, 404),
            {RetryAction::new_order, RetryScope::order}},
        Row{"empty_404",
            refusal(Errc::unknown_problem, 404),
            {RetryAction::new_order, RetryScope::order}},
        Row{"gone_410",
            refusal(Errc::unknown_problem, 410),
            {RetryAction::new_order, RetryScope::order}},
        Row{"redirect", refusal(Errc::unknown_problem, 302), server},
        Row{"request_timeout_408", refusal(Errc::unknown_problem, 408), server},
        Row{"other_4xx", refusal(Errc::unknown_problem, 418), back_off},
        Row{"invalid_contact", refusal(Errc::invalid_contact, 400), park_authority},
        Row{"unsupported_contact", refusal(Errc::unsupported_contact, 400), park_authority},
        Row{"rejected_identifier", refusal(Errc::rejected_identifier, 400), switch_names},
        Row{"rejected_identifier_of_several",
            with_cause(refusal(Errc::rejected_identifier, 400)),
            {RetryAction::split, RetryScope::identifiers}},
        Row{"unsupported_identifier", refusal(Errc::unsupported_identifier, 400), switch_names},
        Row{"invalid_profile", refusal(Errc::invalid_profile, 400), park_authority},
        Row{"already_replaced",
            refusal(Errc::already_replaced, 409),
            {RetryAction::now, RetryScope::order}},
        Row{"conflict",
            refusal(Errc::conflict, 409),
            {RetryAction::reread, RetryScope::order, seconds(5)}},
        Row{"order_not_ready",
            refusal(Errc::order_not_ready, 403),
            {RetryAction::reread, RetryScope::order, seconds(1)}},
        Row{"bad_csr", refusal(Errc::bad_csr, 400), {RetryAction::new_key, RetryScope::order}},
        Row{"caa_at_finalize",
            refusal(Errc::caa, 403, "CAA record for a.example prevents issuance"),
            switch_names},
        Row{"compound", refusal(Errc::compound, 400), back_off},
        Row{"compound_of_several",
            with_cause(refusal(Errc::compound, 400)),
            {RetryAction::split, RetryScope::identifiers}},
        Row{"already_revoked",
            refusal(Errc::already_revoked, 400),
            {RetryAction::accept, RetryScope::order}},
        Row{"bad_revocation_reason",
            refusal(Errc::bad_revocation_reason, 400),
            {RetryAction::park, RetryScope::order, days(1), nowhere_else, alarm}},
        Row{"cancelled", refusal(Errc::cancelled, 0), {RetryAction::now, RetryScope::order}}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    ChallengesAndOrders,
    RetryAdvice,
    testing::Values(
        Row{"unauthorized_answer", of(Origin::challenge, Errc::unauthorized), back_off},
        Row{"unauthorized_order", of(Origin::order, Errc::unauthorized), back_off},
        Row{"connection", of(Origin::challenge, Errc::connection), back_off},
        Row{"dns", of(Origin::challenge, Errc::dns), back_off},
        Row{"tls", of(Origin::challenge, Errc::tls), back_off},
        Row{"incorrect_response", of(Origin::challenge, Errc::incorrect_response), back_off},
        Row{"caa", of(Origin::challenge, Errc::caa, "a.example forbids it"), switch_names},
        Row{"caa_lookup",
            of(Origin::challenge, Errc::caa, "DNS problem: SERVFAIL looking up CAA"),
            back_off},
        Row{"order_server_internal", of(Origin::order, Errc::server_internal), server},
        Row{"order_unknown", of(Origin::order, Errc::unknown_problem), back_off},
        Row{"authorization_lost", of(Origin::order, Errc::authorization_lost), back_off},
        Row{"order_lost", of(Origin::order, Errc::order_lost), back_off},
        Row{"order_overdue",
            of(Origin::order, Errc::order_overdue),
            {RetryAction::wait, RetryScope::order, minutes(1), elsewhere}}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    OurSide,
    RetryAdvice,
    testing::Values(
        Row{"no_usable_challenge",
            of(Origin::local, Errc::no_usable_challenge),
            {RetryAction::park, RetryScope::identifiers, days(1), nowhere_else, alarm}},
        Row{"present_failed",
            of(Origin::local, Errc::present_failed),
            {RetryAction::backoff, RetryScope::identifiers, minutes(1), elsewhere, alarm}},
        Row{"key_generation_failed",
            of(Origin::local, Errc::key_generation_failed),
            {RetryAction::backoff, RetryScope::identifiers, minutes(1), elsewhere, alarm}},
        Row{"bad_certificate",
            of(Origin::local, Errc::bad_certificate),
            {RetryAction::backoff, RetryScope::identifiers, hours(1), elsewhere, alarm}}),
    [](const auto& row) { return row.param.name; });

TEST(RetryAdviceOfASubproblem, IsThatOfItsCode) {
  EXPECT_EQ(retry_advice(Subproblem{std::nullopt, Errc::unauthorized, ""}, Origin::challenge),
            back_off);
  EXPECT_EQ(retry_advice(Subproblem{std::nullopt, Errc::rejected_identifier, ""}, Origin::request),
            switch_names);
}

TEST(ServerBackoff, DoublesFromFiveSecondsToAQuarterHour) {
  EXPECT_EQ(server_backoff(1), seconds(5));
  EXPECT_EQ(server_backoff(2), seconds(10));
  EXPECT_EQ(server_backoff(8), seconds(640));
  EXPECT_EQ(server_backoff(9), minutes(15));
  EXPECT_EQ(server_backoff(1000000), minutes(15));
  EXPECT_EQ(server_backoff(0), seconds(5));
}

TEST(IdentifierBackoff, IsThatOfLetsEncryptsIntegrationAdvice) {
  EXPECT_EQ(identifier_backoff(1), minutes(1));
  EXPECT_EQ(identifier_backoff(2), minutes(10));
  EXPECT_EQ(identifier_backoff(3), minutes(100));
  EXPECT_EQ(identifier_backoff(4), days(1));
  EXPECT_EQ(identifier_backoff(1000), days(1));
  EXPECT_EQ(identifier_backoff(0), minutes(1));
}

}  // namespace
}  // namespace acme
