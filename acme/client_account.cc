#include <utility>

#include "acme/account.h"
#include "acme/client_impl.h"
#include "acme/problem.h"

namespace acme {
namespace {

/// Let's Encrypt allows 10 new accounts per IP in three hours.
constexpr std::chrono::minutes between_registrations{30};

}  // namespace

void Client::Impl::start_anew(PrivateKey key) {
  use_key(std::move(key));
  record_.account_url = std::nullopt;
  doubted_account_url_ = std::nullopt;
  registered_again_ = std::nullopt;
  looks_first_ = false;
}

void Client::Impl::await_account(CallId id) {
  awaiting_account_.push_back(id);
  if (awaiting_account_.size() > 1) return;
  looks_first_ ? look_for_account() : register_for_waiting();
}

void Client::Impl::look_for_account() {
  start({Purpose::find_account,
         Endpoint::new_account,
         [this](const base::Result<Response, Error>& result) {
           const bool is_absent = !result && result.error().code == Errc::account_does_not_exist;
           if (!is_absent || !may_register()) return end_of_account(result);
           if (doubted_account_url_) {
             registered_again_ = clock_.monotonic();
             tell(AccountNews::lost, *std::exchange(doubted_account_url_, std::nullopt));
           }
           register_for_waiting();
         }});
}

void Client::Impl::register_for_waiting() {
  start({Purpose::register_account,
         Endpoint::new_account,
         [this](const base::Result<Response, Error>& result) { end_of_account(result); }});
}

void Client::Impl::end_of_account(const base::Result<Response, Error>& result) {
  const auto waiting = std::exchange(awaiting_account_, {});
  if (!result) return finish_all(waiting, with_context("account", result.error()));
  advance_all(waiting);
}

void Client::Impl::tell(AccountNews news, const Url& url) {
  if (account_listener_) account_listener_(news, url);
}

/// The account's URL becomes known. An Error if the reply names none, or no living one.
std::optional<Error> Client::Impl::learn_account(const HttpResponse& reply,
                                                 const Url& request_url) {
  const std::string_view location = find_header(reply, "location");
  const auto url = location.empty() ? std::nullopt : resolve_url(request_url, location);
  if (!url) return bad_response("the account's reply has no usable Location");
  const base::Result<Account, Error> account = parse_account(reply.body);
  if (account && account->status != AccountStatus::valid) {
    const bool is_ours = account->status == AccountStatus::deactivated;
    return Error{.code = Errc::unauthorized,
                 .context = {},
                 .detail = is_ours ? "the account is deactivated" : "the account is revoked"};
  }
  doubted_account_url_ = std::nullopt;
  looks_first_ = true;
  if (record_.account_url == url) return std::nullopt;
  record_.account_url = url;
  listener_(record_);
  tell(reply.status == 201 ? AccountNews::registered : AccountNews::found, *url);
  return std::nullopt;
}

/// An authority that has forgotten our account is not asked for a new one again and again.
bool Client::Impl::may_register() const {
  if (!doubted_account_url_ || !registered_again_) return true;
  return clock_.monotonic() - *registered_again_ >= between_registrations;
}

/// The reply was accountDoesNotExist. Several requests may hear so at once: the first one doubts
/// the account, the others find it doubted or already replaced.
bool Client::Impl::recover_account(Call& call, const Sent& sent) {
  if (call.purpose != Purpose::post || call.account_recovered) return false;
  if (record_.account_url == sent.account_url) {
    doubted_account_url_ = std::exchange(record_.account_url, std::nullopt);
    looks_first_ = true;
  }
  call.account_recovered = true;
  return true;
}

void Client::Impl::use_key(PrivateKey key) {
  key_ = std::move(key);
  thumbprint_ = key_.thumbprint();
}

}  // namespace acme
