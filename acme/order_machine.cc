#include "acme/order_machine.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "acme/authorization.h"
#include "acme/order.h"
#include "acme/order_schedule.h"
#include "acme/problem.h"
#include "acme/retry_advice.h"
#include "acme/retry_after.h"

namespace acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Bounds against an authority that keeps us going round in circles.
constexpr int max_orders_placed = 2;
constexpr int max_keys_made = 2;
constexpr int max_finalize_requests = 10;
constexpr int max_chains_refused = 3;
constexpr int max_times_overdue = 8;
constexpr int max_rereads = 5;
constexpr int max_bad_responses = 100;       // a day, at the longest backoff
constexpr std::size_t max_challenges = 400;  // twice an order's authorizations

/// An authority that got a response, but whose acknowledgement we lost, has the authorization
/// judged by then as a rule; a second response would be a second try with some, and hang others.
constexpr seconds lost_response_grace{5};
/// A chain that was wrong may have been cut on its way.
constexpr seconds download_again{60};

std::string_view name_of(OrderStep step) {
  switch (step) {
    case OrderStep::start:
    case OrderStep::suspended: return "start";
    case OrderStep::make_key: return "key";
    case OrderStep::place_order: return "place";
    case OrderStep::read_order: return "read";
    case OrderStep::read_authorization:
    case OrderStep::find_failure: return "authorization";
    case OrderStep::present: return "present";
    case OrderStep::respond: return "challenge";
    case OrderStep::poll: return "poll";
    case OrderStep::finalize: return "finalize";
    case OrderStep::download: return "certificate";
    case OrderStep::clean_up: return "clean up";
    case OrderStep::done: return "done";
    case OrderStep::failed: return "failed";
  }
  return {};
}

template <class T>
const T& expect(const Outcome& outcome) {
  const T* expected = std::get_if<T>(&outcome);
  if (expected == nullptr) throw std::logic_error("an outcome that answers no action of an order");
  return *expected;
}

std::vector<Answer> answers_to(const std::vector<OrderChallenge>& challenges,
                               const Thumbprint& thumbprint) {
  std::vector<Answer> answers;
  answers.reserve(challenges.size());
  for (const OrderChallenge& challenge : challenges) {
    answers.push_back({challenge.type,
                       challenge.identifier,
                       challenge.token,
                       key_authorization(challenge.token, thumbprint)});
  }
  return answers;
}

/// The code of a whole order whose identifiers failed for these reasons.
Errc common_code(const std::vector<Subproblem>& failures) {
  const bool agree =
      std::all_of(failures.begin(), failures.end(), [&failures](const Subproblem& f) {
        return f.code == failures.front().code;
      });
  return agree ? failures.front().code : Errc::compound;
}

/// Whether a refusal of newOrder may be for its `replaces` (RFC 9773 §5). Authorities have said it
/// in many ways: alreadyReplaced, malformed with any of these statuses, unauthorized for a
/// certificate of another account, conflict, or no problem document at all.
bool may_refuse_replaces(const Error& error) {
  constexpr std::array statuses = {400, 403, 404, 405, 409};
  constexpr std::array codes = {Errc::already_replaced,
                                Errc::malformed,
                                Errc::unauthorized,
                                Errc::conflict,
                                Errc::unknown_problem};
  const auto has = [](const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  return has(codes, error.code) && has(statuses, error.http_status);
}

/// One resume(): the state, and a function for each thing that can happen to it.
class Run {
 public:
  Run(OrderState& state, base::WallTime now)
      : record_(state.record), progress_(state.progress), now_(now) {}

  Action resume(const Outcome& outcome) {
    if (std::holds_alternative<Started>(outcome)) {
      progress_ = {};
      return go_on();
    }
    if (const Error* error = std::get_if<Error>(&outcome)) return on_error(*error);
    switch (progress_.step) {
      case OrderStep::make_key: return on_key(expect<KeyGenerated>(outcome));
      case OrderStep::place_order: return on_placed(expect<Response>(outcome));
      case OrderStep::read_order: return on_order(expect<Response>(outcome));
      case OrderStep::read_authorization: return on_authorization(expect<Response>(outcome));
      case OrderStep::present: expect<Presented>(outcome); return on_presented();
      case OrderStep::respond: return on_responded(expect<Response>(outcome));
      case OrderStep::poll: expect<Elapsed>(outcome); return read_order();
      case OrderStep::finalize: return on_finalized(expect<Response>(outcome));
      case OrderStep::download: return on_chain(expect<Response>(outcome));
      case OrderStep::find_failure: return on_failed_authorization(expect<Response>(outcome));
      case OrderStep::clean_up: expect<CleanedUp>(outcome); return on_cleaned_up();
      case OrderStep::start:
      case OrderStep::suspended:
      case OrderStep::done:
      case OrderStep::failed: break;
    }
    throw std::logic_error("an outcome for an order that waits for none");
  }

 private:
  /// What the facts in the record call for; where a run begins.
  Action go_on() {
    const bool is_over = record_.failure || !record_.certificate_chain_pem.empty();
    const bool is_lost = !record_.order_url;
    if (!record_.challenges.empty() && (is_over || is_lost)) return clean_up();
    if (is_over) return conclude();
    if (record_.private_key_pem.empty()) return make_key();
    if (!record_.order_url) return place_order();
    // The authority may be looking for the answers right now.
    return record_.challenges.empty() ? read_order() : present(record_.challenges);
  }

  // --- placing

  Action make_key() {
    progress_.step = OrderStep::make_key;
    return GenerateKey{record_.key_type, record_.identifiers};
  }

  Action on_key(const KeyGenerated& made) {
    record_.private_key_pem = made.key.private_key_pem;
    record_.csr = made.key.csr;
    ++record_.keys_made;
    return go_on();
  }

  Action place_order() {
    progress_.step = OrderStep::place_order;
    const NewOrder order{record_.identifiers, record_.profile, replaces()};
    return Post{Endpoint::new_order, encode_new_order(order), {}, record_.profile};
  }

  std::optional<CertId> replaces() const {
    return record_.is_replaces_refused ? std::nullopt : record_.replaces;
  }

  bool is_replaces_refused_by(const Error& error) const {
    return progress_.step == OrderStep::place_order && replaces() && may_refuse_replaces(error);
  }

  Action place_without_replaces() {
    record_.is_replaces_refused = true;
    return place_order();
  }

  Action on_placed(const Response& response) {
    const std::string_view location = find_header(response.http, "location");
    std::optional<Url> url = location.empty() ? std::nullopt : resolve_url(response.url, location);
    if (!url) return on_error(bad_response("the new order has no usable Location"));
    record_.order_url = *std::move(url);
    ++record_.orders_placed;
    record_.faults_in_a_row = 0;
    return on_order(response);
  }

  // --- the order's status

  Action read_order() {
    progress_.step = OrderStep::read_order;
    return Post{*record_.order_url, {}};
  }

  Action on_order(const Response& response) {
    base::Result<Order, Error> order = parse_order(response.http.body, response.url);
    if (!order) return on_error(order.error());
    progress_.is_order_read = true;
    progress_.authorizations = std::move(order->authorizations);
    progress_.finalize_url = std::move(order->finalize);
    progress_.certificate_url = std::move(order->certificate);
    progress_.order_error = std::move(order->error);
    const auto retry_after = parse_retry_after(find_header(response.http, "retry-after"), now_);
    switch (order->status) {
      case OrderStatus::pending: return on_pending(retry_after);
      case OrderStatus::ready: return on_ready(retry_after);
      case OrderStatus::processing: return poll(OrderPhase::processing, retry_after);
      case OrderStatus::valid: return download();
      case OrderStatus::invalid: return find_failure();
    }
    throw std::logic_error("an order status of no kind");
  }

  Action on_pending(std::optional<seconds> retry_after) {
    const bool is_told = progress_.phase == OrderPhase::validation;
    const bool tell_again = progress_.respond_again_at && now_ >= *progress_.respond_again_at;
    if (is_told && !tell_again) return poll(OrderPhase::validation, retry_after);
    if (progress_.authorizations.empty()) {
      return on_error(bad_response("the order is pending without authorizations"));
    }
    progress_.next_authorization = 0;
    progress_.pending.clear();
    progress_.failures.clear();
    return read_authorization();
  }

  /// The reply to finalize may still say ready; then only another look tells what it meant.
  Action on_ready(std::optional<seconds> retry_after) {
    if (progress_.step == OrderStep::finalize) return poll(OrderPhase::processing, retry_after);
    return finalize();
  }

  /// Waits for the authority, as long as the phase may last.
  Action poll(OrderPhase phase, std::optional<seconds> retry_after) {
    if (progress_.phase != phase) {
      progress_.phase = phase;
      progress_.polls = 0;
      progress_.deadline =
          now_ + (phase == OrderPhase::validation ? validation_time : processing_time);
    }
    if (now_ >= *progress_.deadline) return on_overdue();
    progress_.step = OrderStep::poll;
    return Wait{now_ + poll_delay(progress_.polls++, retry_after, record_.jitter_seed)};
  }

  Action on_overdue() {
    const bool is_validating = progress_.phase == OrderPhase::validation;
    Error error{.code = Errc::order_overdue,
                .origin = Origin::order,
                .context = order_context(),
                .detail = is_validating ? "it is still being validated"
                                        : "the certificate is still being made"};
    if (++record_.times_overdue > max_times_overdue) return fail(std::move(error));
    return suspend(overdue_delay(record_.times_overdue, record_.jitter_seed), std::move(error));
  }

  // --- authorizations

  Action read_authorization() {
    progress_.step = OrderStep::read_authorization;
    return Post{progress_.authorizations.at(progress_.next_authorization), {}};
  }

  Action on_authorization(const Response& response) {
    const auto authorization = parse_authorization(response.http.body, response.url);
    if (!authorization) return on_error(authorization.error());
    const Url& url = progress_.authorizations.at(progress_.next_authorization);
    switch (authorization->status) {
      case AuthorizationStatus::valid: break;
      case AuthorizationStatus::pending: note_pending(*authorization, url); break;
      case AuthorizationStatus::invalid:
      case AuthorizationStatus::deactivated:
      case AuthorizationStatus::expired:
      case AuthorizationStatus::revoked:
        progress_.failures.push_back(failure_of(*authorization));
        break;
    }
    if (++progress_.next_authorization < progress_.authorizations.size()) {
      return read_authorization();
    }
    if (!progress_.failures.empty()) return conclude_failures();
    return begin_challenges();
  }

  /// A challenge that was begun is gone on with; else the policy chooses one.
  void note_pending(const Authorization& authorization, const Url& url) {
    if (const OrderChallenge* begun = find_begun(authorization, url)) {
      progress_.pending.push_back(*begun);
      return doubt_response(progress_.pending.back());
    }
    const auto challenge = choose_challenge(authorization, record_.challenge_types);
    if (!challenge) {
      progress_.failures.push_back({authorization.identifier, Errc::no_usable_challenge, ""});
      return;
    }
    progress_.pending.push_back({challenge->type,
                                 authorization.identifier,
                                 url,
                                 challenge->url,
                                 challenge->token,
                                 ChallengeResponse::none});
  }

  const OrderChallenge* find_begun(const Authorization& authorization, const Url& url) const {
    for (const OrderChallenge& begun : record_.challenges) {
      if (begun.authorization_url != url) continue;
      for (const Challenge& offered : authorization.challenges) {
        if (offered.url == begun.challenge_url && offered.token == begun.token) return &begun;
      }
    }
    return nullptr;
  }

  /// A response without acknowledgement may have arrived: it is sent again only if the
  /// authorization is still pending after some seconds.
  void doubt_response(OrderChallenge& challenge) {
    if (challenge.response != ChallengeResponse::sent) return;
    if (!progress_.respond_again_at) {
      progress_.respond_again_at = now_ + lost_response_grace;
    } else if (now_ >= *progress_.respond_again_at) {
      challenge.response = ChallengeResponse::none;
    }
  }

  /// Presents what this run has not presented yet, and only then tells the authority to look.
  Action begin_challenges() {
    const auto is_doubtful = [](const OrderChallenge& c) {
      return c.response == ChallengeResponse::sent;
    };
    if (std::none_of(progress_.pending.begin(), progress_.pending.end(), is_doubtful)) {
      progress_.respond_again_at = std::nullopt;
    }
    std::vector<OrderChallenge> unpresented = progress_.pending;
    std::erase_if(unpresented, [this](const OrderChallenge& c) { return recorded(c) != nullptr; });
    if (record_.challenges.size() + unpresented.size() > max_challenges) {
      return fail({.code = Errc::bad_response,
                   .context = order_context(),
                   .detail = "the authority gives other challenges each time"});
    }
    for (const OrderChallenge& challenge : progress_.pending) remember(challenge);
    return unpresented.empty() ? respond() : present(unpresented);
  }

  Action present(const std::vector<OrderChallenge>& challenges) {
    progress_.step = OrderStep::present;
    return Present{answers_to(challenges, record_.thumbprint)};
  }

  Action on_presented() { return progress_.is_order_read ? respond() : read_order(); }

  void remember(const OrderChallenge& challenge) {
    if (OrderChallenge* known = recorded(challenge)) {
      *known = challenge;
    } else {
      record_.challenges.push_back(challenge);
    }
  }

  OrderChallenge* recorded(const OrderChallenge& challenge) {
    const auto found = std::find_if(record_.challenges.begin(),
                                    record_.challenges.end(),
                                    [&challenge](const OrderChallenge& c) {
                                      return c.challenge_url == challenge.challenge_url &&
                                             c.token == challenge.token;
                                    });
    return found == record_.challenges.end() ? nullptr : &*found;
  }

  OrderChallenge* next_to_respond() {
    const auto found = std::find_if(
        progress_.pending.begin(), progress_.pending.end(), [](const OrderChallenge& c) {
          return c.response == ChallengeResponse::none;
        });
    return found == progress_.pending.end() ? nullptr : &*found;
  }

  Action respond() {
    OrderChallenge* challenge = next_to_respond();
    if (challenge == nullptr) return poll(OrderPhase::validation, std::nullopt);
    challenge->response = ChallengeResponse::sent;
    remember(*challenge);
    progress_.step = OrderStep::respond;
    return Post{challenge->challenge_url, "{}"};
  }

  Action on_responded(const Response& response) {
    const auto status = parse_challenge_status(response.http.body);
    if (!status) return on_error(status.error());
    for (OrderChallenge& challenge : progress_.pending) {
      if (challenge.challenge_url != response.url) continue;
      challenge.response = ChallengeResponse::acknowledged;
      remember(challenge);
    }
    record_.faults_in_a_row = 0;
    return respond();
  }

  // --- the certificate

  Action finalize() {
    if (!progress_.finalize_url) return on_error(bad_response("the order has no finalize URL"));
    if (++record_.finalize_requests > max_finalize_requests) {
      return fail({.code = Errc::bad_response,
                   .context = order_context(),
                   .detail = "the order stays ready whatever is sent to finalize it"});
    }
    progress_.step = OrderStep::finalize;
    return Post{*progress_.finalize_url, encode_finalize(record_.csr)};
  }

  Action on_finalized(const Response& response) {
    record_.faults_in_a_row = 0;
    // Some authorities answer with an empty body.
    if (parse_order(response.http.body, response.url)) return on_order(response);
    return poll(OrderPhase::processing, std::nullopt);
  }

  Action download() {
    if (!progress_.certificate_url) {
      return on_error(bad_response("the order is valid without a certificate URL"));
    }
    progress_.step = OrderStep::download;
    return Post{*progress_.certificate_url, {}, std::string(pem_certificate_chain)};
  }

  Action on_chain(const Response& response) {
    const std::optional<PrivateKey> key = PrivateKey::parse_pem(record_.private_key_pem);
    if (!key) {
      return fail({.code = Errc::bad_certificate,
                   .origin = Origin::local,
                   .context = order_context(),
                   .detail = "the stored private key cannot be read"});
    }
    base::Result<VerifiedChain, Error> chain =
        verify_chain(response.http.body, *key, record_.identifiers, now_);
    if (!chain) return on_bad_chain(with_context(step_context(), chain.error()));
    record_.certificate_chain_pem = std::move(chain->pem);
    return go_on();
  }

  Action on_bad_chain(Error error) {
    if (++record_.chains_refused >= max_chains_refused) return fail(std::move(error));
    return suspend(spread(download_again, record_.jitter_seed, record_.chains_refused),
                   std::move(error));
  }

  // --- failures

  /// The order is invalid: its authorizations tell why.
  Action find_failure() {
    progress_.next_authorization = 0;
    progress_.failures.clear();
    return find_next_failure();
  }

  Action find_next_failure() {
    if (progress_.next_authorization >= progress_.authorizations.size()) return conclude_failures();
    progress_.step = OrderStep::find_failure;
    return Post{progress_.authorizations[progress_.next_authorization++], {}};
  }

  Action on_failed_authorization(const Response& response) {
    const auto authorization = parse_authorization(response.http.body, response.url);
    // What cannot be read is not the reason; the order's own error remains.
    if (authorization && authorization->status != AuthorizationStatus::valid &&
        authorization->status != AuthorizationStatus::pending) {
      progress_.failures.push_back(failure_of(*authorization));
    }
    return find_next_failure();
  }

  Action conclude_failures() {
    std::vector<Subproblem> causes = progress_.failures;
    std::erase_if(causes, [](const Subproblem& s) { return s.code == Errc::authorization_lost; });
    if (!causes.empty()) {
      const Errc code = common_code(causes);
      const bool is_ours = code == Errc::no_usable_challenge;
      return fail({.code = code,
                   .origin = is_ours ? Origin::local : Origin::challenge,
                   .context = order_context(),
                   .detail = {},
                   .subproblems = std::move(causes)});
    }
    if (progress_.order_error) return fail(with_context(order_context(), *progress_.order_error));
    return lose_order({.code = Errc::order_lost,
                       .origin = Origin::order,
                       .context = order_context(),
                       .detail = "it is invalid and does not say why",
                       .subproblems = progress_.failures});
  }

  /// The order is gone without a reason that another one would meet too: one more is placed.
  Action lose_order(Error error) {
    if (record_.orders_placed >= max_orders_placed) return fail(std::move(error));
    record_.order_url = std::nullopt;
    progress_ = {};
    return go_on();
  }

  Action on_error(const Error& plain) {
    Error error = with_context(step_context(), plain);
    if (error.code == Errc::cancelled) return suspend(milliseconds(0), std::move(error));
    if (progress_.step == OrderStep::clean_up) return on_cleaned_up();
    if (is_replaces_refused_by(error)) return place_without_replaces();
    const Advice advice = retry_advice(error);
    switch (advice.action) {
      case RetryAction::server: return on_fault(advice, std::move(error));
      case RetryAction::wait:
        return suspend(spread(advice.delay, record_.jitter_seed, 0), std::move(error));
      case RetryAction::reread: return reread(advice, std::move(error));
      case RetryAction::new_order:
        if (progress_.step == OrderStep::find_failure) return find_next_failure();
        return record_.order_url ? lose_order(std::move(error)) : fail(std::move(error));
      case RetryAction::new_key: return on_refused_key(std::move(error));
      case RetryAction::now:
      case RetryAction::backoff:
      case RetryAction::split:
      case RetryAction::park:
      case RetryAction::switch_authority:
      case RetryAction::check_account:
      case RetryAction::accept: return on_refusal(advice, std::move(error));
    }
    return fail(std::move(error));
  }

  /// The authority is not well. A reply that makes no sense may never make any.
  Action on_fault(const Advice& advice, Error error) {
    ++record_.faults_in_a_row;
    if (error.code == Errc::bad_response && record_.faults_in_a_row > max_bad_responses) {
      return fail(std::move(error));
    }
    const seconds delay =
        error.retry_after ? advice.delay : server_backoff(record_.faults_in_a_row);
    return suspend(spread(delay, record_.jitter_seed, record_.faults_in_a_row), std::move(error));
  }

  Action reread(const Advice& advice, Error error) {
    if (!record_.order_url) return on_fault(advice, std::move(error));
    if (++progress_.rereads > max_rereads) return fail(std::move(error));
    progress_.step = OrderStep::poll;
    return Wait{now_ + advice.delay};
  }

  Action on_refused_key(Error error) {
    if (record_.keys_made >= max_keys_made) return fail(std::move(error));
    record_.private_key_pem.clear();
    record_.csr.clear();
    progress_ = {};
    return go_on();
  }

  Action on_refusal(const Advice& advice, Error error) {
    // A challenge that was judged meanwhile takes no response; the order tells how it went.
    if (progress_.step == OrderStep::respond) return reread(advice_to_look(), std::move(error));
    if (progress_.step == OrderStep::find_failure && advice.action == RetryAction::backoff) {
      return find_next_failure();
    }
    return fail(std::move(error));
  }

  static Advice advice_to_look() { return {RetryAction::reread, RetryScope::order, seconds(1)}; }

  Action suspend(milliseconds delay, Error reason) {
    progress_ = {};
    progress_.step = OrderStep::suspended;
    return Suspend{now_ + delay, std::move(reason)};
  }

  // --- the end

  Action fail(Error error) {
    record_.failure = std::move(error);
    return go_on();
  }

  Action clean_up() {
    progress_.step = OrderStep::clean_up;
    return CleanUp{answers_to(record_.challenges, record_.thumbprint)};
  }

  Action on_cleaned_up() {
    record_.challenges.clear();
    return go_on();
  }

  Action conclude() {
    if (record_.failure) {
      progress_.step = OrderStep::failed;
      return Failed{*record_.failure};
    }
    const auto chain = parse_chain(record_.certificate_chain_pem);
    if (!chain) return fail(with_context(order_context(), chain.error()));
    progress_.step = OrderStep::done;
    return Done{chain->front()};
  }

  // --- words

  std::string order_context() const {
    if (record_.order_url) return "order " + record_.order_url->text();
    const std::size_t others = record_.identifiers.size() - 1;
    return "new order for " + record_.identifiers.front().value() +
           (others == 0 ? "" : " and " + std::to_string(others) + " more");
  }

  std::string step_context() const {
    if (progress_.step == OrderStep::place_order && !record_.order_url) return order_context();
    return order_context() + ": " + std::string(name_of(progress_.step));
  }

  OrderRecord& record_;
  OrderProgress& progress_;
  const base::WallTime now_;
};

}  // namespace

Action resume(OrderState& state, const Outcome& outcome, base::WallTime now) {
  return Run(state, now).resume(outcome);
}

}  // namespace acme
