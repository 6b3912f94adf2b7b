#include <algorithm>
#include <utility>

#include "acme/answer.h"
#include "acme/authorization.h"
#include "acme/order_run.h"

namespace acme {
namespace {

constexpr std::size_t max_challenges = 400;  // twice an order's authorizations
/// An authority that got a response, but whose acknowledgement we lost, has the authorization
/// judged by then as a rule; a second response would be a second try with some, and hang others.
constexpr std::chrono::seconds lost_response_grace{5};

}  // namespace

Action OrderRun::read_authorization() {
  progress_.step = OrderStep::read_authorization;
  return Post{progress_.authorizations.at(progress_.next_authorization), {}};
}

Action OrderRun::on_authorization(const Response& response) {
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

void OrderRun::note_pending(const Authorization& authorization, const Url& url) {
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

const OrderChallenge* OrderRun::find_begun(const Authorization& authorization,
                                           const Url& url) const {
  for (const OrderChallenge& begun : record_.challenges) {
    if (begun.authorization_url != url) continue;
    for (const Challenge& offered : authorization.challenges) {
      if (offered.url == begun.challenge_url && offered.token == begun.token) return &begun;
    }
  }
  return nullptr;
}

void OrderRun::doubt_response(OrderChallenge& challenge) {
  if (challenge.response != ChallengeResponse::sent) return;
  if (!progress_.respond_again_at) {
    progress_.respond_again_at = now_ + lost_response_grace;
  } else if (now_ >= *progress_.respond_again_at) {
    challenge.response = ChallengeResponse::none;
  }
}

Action OrderRun::begin_challenges() {
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

Action OrderRun::present(const std::vector<OrderChallenge>& challenges) {
  progress_.step = OrderStep::present;
  return Present{answers_to(challenges, record_.thumbprint)};
}

Action OrderRun::on_presented() {
  return progress_.is_order_read ? respond() : read_order();
}

void OrderRun::remember(const OrderChallenge& challenge) {
  if (OrderChallenge* known = recorded(challenge)) {
    *known = challenge;
  } else {
    record_.challenges.push_back(challenge);
  }
}

OrderChallenge* OrderRun::recorded(const OrderChallenge& challenge) {
  const auto found = std::find_if(
      record_.challenges.begin(), record_.challenges.end(), [&challenge](const OrderChallenge& c) {
        return c.challenge_url == challenge.challenge_url && c.token == challenge.token;
      });
  return found == record_.challenges.end() ? nullptr : &*found;
}

OrderChallenge* OrderRun::next_to_respond() {
  const auto found =
      std::find_if(progress_.pending.begin(), progress_.pending.end(), [](const OrderChallenge& c) {
        return c.response == ChallengeResponse::none;
      });
  return found == progress_.pending.end() ? nullptr : &*found;
}

Action OrderRun::respond() {
  OrderChallenge* challenge = next_to_respond();
  if (challenge == nullptr) return poll(OrderPhase::validation, std::nullopt);
  challenge->response = ChallengeResponse::sent;
  remember(*challenge);
  progress_.step = OrderStep::respond;
  return Post{challenge->challenge_url, "{}"};
}

Action OrderRun::on_responded(const Response& response) {
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

}  // namespace acme
